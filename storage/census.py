"""How much is remembered, in numbers only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, func, select, true

from storage import tables
from storage.database import Database

_COUNTED = {
    "people": tables.users,
    "imports": tables.imports,
    "histories": tables.histories,
    "models": tables.models,
    "playlists": tables.playlists,
    "shares": tables.shares,
    "votes": tables.votes,
}


def _counts(table: Table) -> ColumnElement[bool]:
    """What is only offered is none so far."""
    return ~table.c.is_offered if "is_offered" in table.c else true()


async def count_rows(database: Database) -> dict[str, int]:
    """How many people there are, and how much of each thing that is stored.

    Raises:
        DatabaseBusy: another process held a lock for too long.
    """
    columns = [
        select(func.count()).select_from(table).where(_counts(table)).scalar_subquery().label(name)
        for name, table in _COUNTED.items()
    ]
    async with database.reading() as connection:
        row = (await connection.execute(select(*columns))).one()
    return dict(zip(_COUNTED, row, strict=True))
