"""Songs that people do not want, playlists that they shared, and votes on those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "avoided",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("track", sa.LargeBinary(), nullable=False),
        _owner("avoided"),
        sa.PrimaryKeyConstraint("id", name="pk_avoided"),
    )
    op.create_index("ix_avoided_user_id", "avoided", ["user_id"])
    op.create_table(
        "shares",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("playlist_id", sa.String(64), nullable=False),
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name="fk_shares_playlist_id", ondelete="CASCADE"
        ),
        _owner("shares"),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.UniqueConstraint("playlist_id", name="uq_shares_playlist_id"),
    )
    op.create_index("ix_shares_user_id", "shares", ["user_id"])
    op.create_table(
        "votes",
        sa.Column("share_id", sa.String(64), nullable=False),
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("is_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["share_id"], ["shares.id"], name="fk_votes_share_id", ondelete="CASCADE"
        ),
        _owner("votes"),
        sa.PrimaryKeyConstraint("share_id", "user_id", name="pk_votes"),
    )
    op.create_index("ix_votes_user_id", "votes", ["user_id"])


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
    )
