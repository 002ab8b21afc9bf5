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
}


async def count_rows(database: Database) -> dict[str, int]:
    """How many people, imports, histories, models and playlists there are.

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
