"""How much is stored about one person, in numbers only: of every table that there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, null, select

from storage import tables
from storage.database import Database

PERSONAL_TABLES = tuple(
    table for table in tables.metadata.sorted_tables if "user_id" in table.columns
)
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
    found = {}
    async with database.reading() as connection:
        for table in PERSONAL_TABLES:
            name = next((name for name in _MOMENTS if name in table.columns), None)
            moment = table.columns[name] if name else None
            ends = (
                (func.min(moment, type_=moment.type), func.max(moment, type_=moment.type))
                if moment is not None
                else (null(), null())
            )
            row = (
                await connection.execute(
                    select(func.count(), *ends)
                    .select_from(table)
                    .where(table.columns.user_id == user_id)
                )
            ).one()
            if row[0]:
                found[table.name] = Stored(*row)
    return found
