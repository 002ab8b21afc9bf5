"""How much is stored: what limits are measured against."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from storage import tables
from storage.database import Database

_WITH_BYTES = (tables.uploads, tables.histories, tables.models)


class Usage:
    """Counts what stands in the rows; no blob is looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bytes_of_user(self, user_id: int) -> int:
        """The bytes of a person's raw files, history and models."""
        return await self._sum([table.c.user_id == user_id for table in _WITH_BYTES])

    async def bytes_in_all(self) -> int:
        """The bytes of everybody's raw files, histories and models."""
        return await self._sum([])

    async def imports_since(self, user_id: int, moment: datetime) -> list[datetime]:
        """When a person's imports after a moment were accepted, oldest first."""
        imports = tables.imports.c
        async with self._database.reading() as connection:
            times = await connection.scalars(
                select(imports.created_at)
                .where(imports.user_id == user_id, imports.created_at > moment)
                .order_by(imports.created_at)
            )
            return list(times)

    async def _sum(self, where: list[ColumnElement[bool]]) -> int:
        total = 0
        async with self._database.reading() as connection:
            for number, table in enumerate(_WITH_BYTES):
                # PostgreSQL adds up BIGINT to NUMERIC, which comes back as a Decimal.
                statement = select(func.coalesce(func.sum(table.c.byte_size), 0))
                found = await connection.scalar(statement.where(*where[number : number + 1]))
                total += int(found or 0)
        return total
