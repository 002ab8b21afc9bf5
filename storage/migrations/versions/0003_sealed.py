"""What a person would recognise is sealed under their secret; ids are looked up by HMAC."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.util import await_only

from storage.errors import BlobMissing, Mismatched
from storage.keys import Keys, LookupKey
from storage.sealing import Secret

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PERSONAL = {
    "imports": ("chat", "message", "file_names", "report", "failure"),
    "uploads": ("file_name",),
    "models": ("facts",),
    "playlists": ("seeds", "tracks", "options"),
}


def upgrade() -> None:
    op.add_column("installation", sa.Column("keys_check", sa.String(32)))
    op.add_column(
        "installation",
        sa.Column("blobs_sealed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    connection = op.get_bind()
    people = list(connection.scalars(sa.text("SELECT id FROM users ORDER BY id")))
    identities = list(
        connection.execute(sa.text("SELECT platform, platform_id, user_id FROM identities"))
    )
    _make_identities()
    if not people:
        return
    number = connection.scalar(sa.text("SELECT id FROM installation"))
    lookup, secrets = await_only(_make_keys(_keys(), number, people))
    connection.execute(sa.text("UPDATE installation SET keys_check = :c"), {"c": lookup.check})
    _fill_identities(connection, identities, lookup, secrets)
    for table, columns in _PERSONAL.items():
        _seal(connection, table, columns, secrets)


def _make_identities() -> None:
    """The old table had the platforms' ids in its primary key: a new one takes its place."""
    op.drop_table("identities")
    op.create_table(
        "identities",
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("platform_id_hmac", sa.String(64), nullable=False),
        sa.Column("platform_id", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_identities_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform", "platform_id_hmac", name="pk_identities"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def _keys() -> Keys:
    config = op.get_context().config
    keys = None if config is None else config.attributes.get("keys")
    if keys is None:
        raise RuntimeError("There are people in the database; their rows need keys to be sealed.")
    assert isinstance(keys, Keys)
    return keys


async def _make_keys(
    keys: Keys, number: str | None, people: Iterable[int]
) -> tuple[LookupKey, dict[int, Secret]]:
    """Makes everybody's keys; what a migration that was cut made is made anew."""
    try:
        found = (await keys.store.read("installation")).decode()
    except BlobMissing:
        found = number or ""
    if found != number:
        raise Mismatched(number, found)
    return await keys.lookup_or_new(), {user_id: await keys.create(user_id) for user_id in people}


def _fill_identities(
    connection: sa.Connection,
    identities: Iterable[sa.Row[Any]],
    lookup: LookupKey,
    secrets: dict[int, Secret],
) -> None:
    table = sa.table(
        "identities",
        *(sa.column(name) for name in ("platform", "platform_id_hmac", "platform_id", "user_id")),
    )
    for row in identities:
        quoted = _json_string(row.platform_id)
        connection.execute(
            table.insert().values(
                platform=row.platform,
                platform_id_hmac=lookup.digest(row.platform, row.platform_id),
                platform_id=secrets[row.user_id].seal(quoted),
                user_id=row.user_id,
            )
        )


def _json_string(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _seal(
    connection: sa.Connection, name: str, columns: tuple[str, ...], secrets: dict[int, Secret]
) -> None:
    table = sa.table(name, *(sa.column(column) for column in ("id", "user_id", *columns)))
    for row in list(connection.execute(table.select())):
        found = {column: getattr(row, column) for column in columns}
        sealed = {
            column: secrets[row.user_id].seal(bytes(content))
            for column, content in found.items()
            if content is not None
        }
        connection.execute(table.update().where(table.c.id == row.id).values(sealed))
