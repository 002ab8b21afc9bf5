"""How much is remembered, in numbers only."""

from __future__ import annotations

from sqlalchemy import func, select

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


async def count_rows(database: Database) -> dict[str, int]:
    """How many people there are, and how much of each thing that is stored.

    Raises:
        DatabaseBusy: another process held a lock for too long.
    """
    columns = [
        select(func.count()).select_from(table).scalar_subquery().label(name)
        for name, table in _COUNTED.items()
    ]
    async with database.reading() as connection:
        row = (await connection.execute(select(*columns))).one()
    return dict(zip(_COUNTED, row, strict=True))
