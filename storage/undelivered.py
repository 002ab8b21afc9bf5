"""Answers that could not be delivered, until their person hears of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Row, delete, insert, select

from storage import personal, tables
from storage.database import Database
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret

MOST_OF_USER = 10
"""So many of a person are kept, the newest."""


@dataclass(frozen=True)
class UndeliveredRecord:
    """An answer that a person did not get."""

    id: str
    user_id: int
    created_at: datetime
    answer: dict[str, Any]
    """To which command, and the playlist's id if it was one; JSON."""


class Undelivered:
    """Lost answers by person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(self, user_id: int, answer: dict[str, Any]) -> None:
        """Notes an answer; the oldest ones of too many go.

        Raises:
            RecordMissing: the person is gone.
        """
        secret = await self._keys.secret(user_id)
        lost = tables.undelivered.c
        newest = (
            select(lost.id)
            .where(lost.user_id == user_id)
            .order_by(lost.created_at.desc(), lost.id)
            .limit(MOST_OF_USER)
        )
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(tables.undelivered).values(
                    id=token_hex(8),
                    user_id=user_id,
                    created_at=datetime.now(UTC),
                    answer=personal.encode(secret, answer),
                )
            )
            await connection.execute(
                delete(tables.undelivered).where(lost.user_id == user_id, lost.id.not_in(newest))
            )

    async def of_user(self, user_id: int) -> list[UndeliveredRecord]:
        """A person's, oldest first."""
        lost = tables.undelivered.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.undelivered)
            .where(lost.user_id == user_id)
            .order_by(lost.created_at, lost.id),
            _record,
        )

    async def delete(self, ids: Collection[str]) -> None:
        """Their person knows of them; what is gone counts as deleted."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.undelivered).where(tables.undelivered.c.id.in_(ids))
            )


def _record(row: Row[Any], secret: Secret) -> UndeliveredRecord:
    answer = personal.decode(secret, row.answer)
    return UndeliveredRecord(row.id, row.user_id, row.created_at, answer)
