"""The first schema: users, their imports, histories, models, playlists; links that were found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_installation"),
    )
    op.create_table(
        "users",
        sa.Column("id", _Id, nullable=False),
        _moment("created_at"),
        sa.Column("model_versions", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identities",
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("platform_id", sa.String(255), nullable=False),
        *_owner("identities"),
        sa.PrimaryKeyConstraint("platform", "platform_id", name="pk_identities"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_table(
        "histories",
        *_owner("histories"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_blob(),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("tracks", sa.Integer(), nullable=False),
        _moment("first_play"),
        _moment("last_play"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("user_id", name="pk_histories"),
    )
    _create_imports_and_uploads()
    _create_models_and_playlists()
    _create_spotify_tables()


def _create_imports_and_uploads() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.String(64), nullable=False),
        *_owner("imports"),
        _moment("created_at"),
        sa.Column("chat", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary()),
        sa.Column("file_names", sa.LargeBinary(), nullable=False),
        sa.Column("report", sa.LargeBinary()),
        sa.Column("failure", sa.LargeBinary()),
        sa.Column("announced_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_user_id", "imports", ["user_id"])
    unannounced = sa.text("announced_at IS NULL")
    op.create_index(
        "ix_imports_unannounced",
        "imports",
        ["created_at"],
        sqlite_where=unannounced,
        postgresql_where=unannounced,
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("import_id", sa.String(64), nullable=False),
        *_owner("uploads"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.LargeBinary(), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("blob_key", sa.String(512), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_uploads_import_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_import_id", "uploads", ["import_id"])
    op.create_index("ix_uploads_user_id", "uploads", ["user_id"])


def _create_models_and_playlists() -> None:
    op.create_table(
        "models",
        sa.Column("id", _Id, nullable=False),
        *_owner("models"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_blob(),
        sa.Column("history_version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_models_user_id", "models", ["user_id"])
    active = sa.text("is_active")
    op.create_index(
        "uq_models_active",
        "models",
        ["user_id"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_table(
        "playlists",
        sa.Column("id", sa.String(64), nullable=False),
        *_owner("playlists"),
        _moment("created_at"),
        sa.Column("model_id", sa.BigInteger()),
        sa.Column("seeds", sa.LargeBinary(), nullable=False),
        sa.Column("tracks", sa.LargeBinary(), nullable=False),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playlists"),
    )
    op.create_index("ix_playlists_user_id", "playlists", ["user_id", "created_at"])


def _create_spotify_tables() -> None:
    op.create_table(
        "spotify_links",
        sa.Column("key_sha256", sa.String(64), nullable=False),
        sa.Column("uri", sa.String(255)),
        _moment("looked_up_at"),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_spotify_links"),
    )
    op.create_table(
        "spotify_budget",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_spotify_budget"),
    )


def _owner(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
        ),
    )


def _blob() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("blob_key", sa.String(512), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
    )


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
