"""Files that a person sent one by one and that wait for their word, until it is given.

Only how they are found again at the platform is kept, and nothing of what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from storage import personal, tables
from storage.database import Database
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret


@dataclass(frozen=True)
class GatheredRecord:
    """Files that become one import."""

    id: str
    user_id: int
    created_at: datetime
    expires_at: datetime
    starts: int
    """How often their import was begun; none that came to its end is still here."""
    files: dict[str, Any]
    """Their names and sizes, where they lie, and where their person is told of them; JSON."""


class Gathered:
    """Files that wait, by person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(
        self, gathered_id: str, user_id: int, files: dict[str, Any], lifetime: timedelta
    ) -> None:
        """Notes files that wait.

        Raises:
            RecordMissing: the person is gone.
        """
        secret = await self._keys.secret(user_id)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(tables.gathered).values(
                    id=gathered_id,
                    user_id=user_id,
                    created_at=now,
                    expires_at=now + lifetime,
                    starts=0,
                    files=personal.encode(secret, files),
                )
            )

    async def change(
        self, gathered_id: str, user_id: int, files: dict[str, Any], lifetime: timedelta
    ) -> bool:
        """Notes what there is by now; False where they are gone.

        Raises:
            RecordMissing: the person is gone.
        """
        secret = await self._keys.secret(user_id)
        gathered = tables.gathered.c
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(tables.gathered)
                .where(gathered.id == gathered_id, gathered.user_id == user_id)
                .values(
                    expires_at=datetime.now(UTC) + lifetime, files=personal.encode(secret, files)
                )
            )
            return changed.rowcount > 0

    async def begin(self, gathered_id: str) -> bool:
        """Counts a beginning of their import; False where they are gone."""
        gathered = tables.gathered.c
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(tables.gathered)
                .where(gathered.id == gathered_id)
                .values(starts=gathered.starts + 1)
            )
            return changed.rowcount > 0

    async def of_user(self, user_id: int) -> list[GatheredRecord]:
        """A person's that are not too old, oldest first."""
        gathered = tables.gathered.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.gathered)
            .where(gathered.user_id == user_id, gathered.expires_at > datetime.now(UTC))
            .order_by(gathered.created_at, gathered.id),
            _record,
        )

    async def owners(self) -> list[int]:
        """Whose files wait."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(tables.gathered.c.user_id).distinct().order_by(tables.gathered.c.user_id)
            )
            return list(found)

    async def delete(self, gathered_id: str) -> None:
        """They are taken in or not wanted; what is gone counts as deleted."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.gathered).where(tables.gathered.c.id == gathered_id)
            )

    async def delete_expired(self) -> None:
        """Deletes what nobody came back for."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.gathered).where(tables.gathered.c.expires_at <= datetime.now(UTC))
            )


def _record(row: Row[Any], secret: Secret) -> GatheredRecord:
    files = personal.decode(secret, row.files)
    return GatheredRecord(row.id, row.user_id, row.created_at, row.expires_at, row.starts, files)
