"""Playlists of several people are kept like others, as long as all of them agree."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As SQL, which both engines take: Alembic would have SQLite copy the whole table.
    op.execute(
        "ALTER TABLE playlists ADD COLUMN blend_id VARCHAR(32)"
        " CONSTRAINT fk_playlists_blend_id REFERENCES blends (id) ON DELETE CASCADE"
    )
    op.create_index("ix_playlists_blend_id", "playlists", ["blend_id"])
