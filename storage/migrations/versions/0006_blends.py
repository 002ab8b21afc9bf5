"""Blends: requests for a playlist of several people, and who consented."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "blends",
        sa.Column("id", sa.String(32), nullable=False),
        *_owner("blends"),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blends"),
    )
    op.create_index("ix_blends_user_id", "blends", ["user_id"])
    op.create_table(
        "blend_members",
        sa.Column("blend_id", sa.String(32), nullable=False),
        *_owner("blend_members"),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["blend_id"], ["blends.id"], name="fk_blend_members_blend_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("blend_id", "user_id", name="pk_blend_members"),
    )
    op.create_index("ix_blend_members_user_id", "blend_members", ["user_id"])


def _owner(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
        ),
    )
