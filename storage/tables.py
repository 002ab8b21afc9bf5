"""The schema.

Every row about a person hangs on `users` and goes with it. What a person would recognise (titles,
file names, chats) stands in `personal` columns, written and read by `storage.personal` alone and
sealed under the person's secret; only what rows are looked up by stands in the open, and the ids
of platforms as their HMAC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: timezone-aware UTC in Python, on every engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Raises `ValueError` for a moment without a timezone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Expected a moment with a timezone, found {value!r}.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only
_Sha256 = String(64)


def _owner(*, primary_key: bool = False, index: bool = True) -> Column[int]:
    reference = ForeignKey("users.id", ondelete="CASCADE")
    if primary_key:
        return Column("user_id", _Id, reference, primary_key=True, autoincrement=False)
    return Column("user_id", _Id, reference, nullable=False, index=index)


installation = Table(
    "installation",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),  # 1: there is but one row
    Column("id", String(32), nullable=False),
    Column("keys_check", String(32)),  # of which key of look-ups; NULL before there is one
    Column("blobs_sealed", Boolean, nullable=False, server_default=false()),
)

users = Table(
    "users",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("model_versions", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,  # the number of a deleted user is never given again
)

identities = Table(
    "identities",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("platform_id_hmac", String(64), primary_key=True),
    Column("platform_id", LargeBinary, nullable=False),  # personal
    _owner(),
)

histories = Table(
    "histories",
    metadata,
    _owner(primary_key=True),
    Column("version", Integer, nullable=False),
    Column("blob_key", String(512), nullable=False),
    Column("sha256", _Sha256, nullable=False),
    Column("byte_size", BigInteger, nullable=False),
    Column("plays", Integer, nullable=False),
    Column("tracks", Integer, nullable=False),
    Column("first_play", UtcDateTime, nullable=False),
    Column("last_play", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", String(64), primary_key=True),
    _owner(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("chat", LargeBinary, nullable=False),  # personal
    Column("message", LargeBinary),  # personal
    Column("file_names", LargeBinary, nullable=False),  # personal
    Column("report", LargeBinary),  # personal
    Column("failure", LargeBinary),  # personal
    Column("announced_at", UtcDateTime),
)
Index(
    "ix_imports_unannounced",
    imports.c.created_at,
    sqlite_where=imports.c.announced_at.is_(None),
    postgresql_where=imports.c.announced_at.is_(None),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(80), primary_key=True),
    Column(
        "import_id", String(64), ForeignKey("imports.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    _owner(),
    Column("position", Integer, nullable=False),
    Column("file_name", LargeBinary, nullable=False),  # personal
    Column("byte_size", BigInteger, nullable=False),
    Column("blob_key", String(512), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

models = Table(
    "models",
    metadata,
    Column("id", _Id, primary_key=True),
    _owner(),
    Column("version", Integer, nullable=False),
    Column("blob_key", String(512), nullable=False),
    Column("sha256", _Sha256, nullable=False),
    Column("byte_size", BigInteger, nullable=False),
    Column("history_version", Integer, nullable=False),
    Column("facts", LargeBinary, nullable=False),  # personal
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "uq_models_active",
    models.c.user_id,
    unique=True,
    sqlite_where=models.c.is_active,
    postgresql_where=models.c.is_active,
)

playlists = Table(
    "playlists",
    metadata,
    Column("id", String(64), primary_key=True),
    _owner(index=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("model_id", BigInteger),  # no reference: a playlist outlives the model that made it
    Column("seeds", LargeBinary, nullable=False),  # personal
    Column("tracks", LargeBinary, nullable=False),  # personal
    Column("options", LargeBinary, nullable=False),  # personal
    # Of a playlist of several people: it goes when one of them takes their consent back.
    Column("blend_id", String(32), ForeignKey("blends.id", ondelete="CASCADE"), index=True),
    # Made while its owner typed, and not sent into a chat so far.
    Column("is_offered", Boolean, nullable=False, server_default=false()),
    Index("ix_playlists_user_id", "user_id", "created_at"),
)

avoided = Table(
    "avoided",
    metadata,
    Column("id", String(64), primary_key=True),
    _owner(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("track", LargeBinary, nullable=False),  # personal
)

shares = Table(
    "shares",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "playlist_id", String(64), ForeignKey("playlists.id", ondelete="CASCADE"),
        nullable=False, unique=True,
    ),
    _owner(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("is_offered", Boolean, nullable=False, server_default=false()),  # and not shared so far
)  # fmt: skip

votes = Table(
    "votes",
    metadata,
    Column(
        "share_id", String(64), ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True
    ),
    Column(
        "user_id", _Id, ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False, index=True,
    ),
    Column("is_up", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

postings = Table(
    "postings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "playlist_id", String(64), ForeignKey("playlists.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    _owner(),
    Column("message", LargeBinary, nullable=False),  # personal
    Column("expires_at", UtcDateTime, nullable=False),
)  # fmt: skip

notices = Table(
    "notices",
    metadata,
    Column("id", String(64), primary_key=True),
    _owner(),
    Column("model_id", BigInteger),  # no reference: the model goes before the notice does
    Column("created_at", UtcDateTime, nullable=False),
)

undelivered = Table(
    "undelivered",
    metadata,
    Column("id", String(32), primary_key=True),
    _owner(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answer", LargeBinary, nullable=False),  # personal
)

gathered = Table(
    "gathered",
    metadata,
    Column("id", String(32), primary_key=True),
    _owner(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("files", LargeBinary, nullable=False),  # personal
)

preferences = Table(
    "preferences",
    metadata,
    _owner(primary_key=True),
    Column("chosen", LargeBinary, nullable=False),  # personal
    Column("updated_at", UtcDateTime, nullable=False),
)

blends = Table(
    "blends",
    metadata,
    Column("id", String(32), primary_key=True),
    _owner(),
    Column("request", LargeBinary, nullable=False),  # personal
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

blend_members = Table(
    "blend_members",
    metadata,
    Column(
        "blend_id", String(32), ForeignKey("blends.id", ondelete="CASCADE"), primary_key=True
    ),
    Column(
        "user_id", _Id, ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False, index=True,
    ),
    Column("names", LargeBinary, nullable=False),  # personal
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

join_codes = Table(
    "join_codes",
    metadata,
    _owner(primary_key=True),
    Column("code_hmac", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

spotify_links = Table(
    "spotify_links",
    metadata,
    Column("key_sha256", _Sha256, primary_key=True),
    Column("uri", String(255)),
    Column("looked_up_at", UtcDateTime, nullable=False),
)

spotify_budget = Table(
    "spotify_budget",
    metadata,
    Column("day", Date, primary_key=True),
    Column("spent", Integer, nullable=False),
)
