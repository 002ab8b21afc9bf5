"""What was only offered for a chat is told from what was shared there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("playlists", "shares"):
        op.add_column(
            table, sa.Column("is_offered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
