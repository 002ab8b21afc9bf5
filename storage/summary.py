"""How much is stored about one person, in numbers only: of every table that there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, func, null, select

from storage import tables
from storage.database import Database

PERSONAL_TABLES = tuple(
    table for table in tables.metadata.sorted_tables if "user_id" in table.columns
)
OFFERS = "offers"
"""Counted beside the tables: the shares of what a person may send into a chat and has not, as far
as is known. They, and playlists that were made for nothing else, count as nothing else."""
_MOMENTS = ("created_at", "updated_at")


@dataclass(frozen=True)
class Stored:
    """The rows of one table."""

    rows: int
    first: datetime | None
    """When the oldest was made; None where a table does not say."""
    last: datetime | None


async def count_of_user(database: Database, user_id: int) -> dict[str, Stored]:
    """What is stored about a person, by table; tables without a row of theirs are left out."""
    counted = {table.name: _rows(table, user_id) for table in PERSONAL_TABLES}
    for table in (tables.playlists, tables.shares):
        counted[table.name] = counted[table.name].where(~table.c.is_offered)
    counted[OFFERS] = _rows(tables.playlists, user_id).where(
        # Of what was typed, too, of which there is no share: the bot died in between.
        tables.playlists.c.is_offered
        | tables.playlists.c.id.in_(
            select(tables.shares.c.playlist_id).where(
                tables.shares.c.is_offered,
                # Asked for where others read along, it is there for their versions of it.
                tables.shares.c.playlist_id.not_in(select(tables.postings.c.playlist_id)),
            )
        )
    )
    found = {}
    async with database.reading() as connection:
        for name, statement in counted.items():
            stored = Stored(*(await connection.execute(statement)).one())
            if stored.rows:
                found[name] = stored
    return found


def _rows(table: Table, user_id: int) -> Select[*tuple[Any, ...]]:
    """How many there are of a person, when the oldest was made, and the newest."""
    name = next((name for name in _MOMENTS if name in table.columns), None)
    moment = table.columns[name] if name else None
    ends = (
        (func.min(moment, type_=moment.type), func.max(moment, type_=moment.type))
        if moment is not None
        else (null(), null())
    )
    return select(func.count(), *ends).select_from(table).where(table.columns.user_id == user_id)
