"""Preferences: what a person chose for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import personal, tables
from storage.database import Database, insert
from storage.errors import RecordMissing
from storage.keys import Keys
from storage.sealing import Secret

CONSENTS = frozenset({"pretraining"})
"""Names of choices that are consents: one that was taken back is not there, as one never given."""


@dataclass(frozen=True)
class PreferencesRecord:
    """What a person chose."""

    user_id: int
    chosen: dict[str, Any]
    """JSON by name; what was not chosen is not in it."""
    updated_at: datetime


class Preferences:
    """One set a person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def get(self, user_id: int) -> PreferencesRecord | None:
        """What a person chose, None where that is nothing."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(tables.preferences).where(tables.preferences.c.user_id == user_id)
                )
            ).one_or_none()
        if row is None:
            return None
        try:
            secret = await self._keys.secret(user_id)
        except RecordMissing:  # the person goes at this very moment
            return None
        return PreferencesRecord(user_id, personal.decode(secret, row.chosen), row.updated_at)

    async def with_chosen(self, name: str) -> list[int]:
        """The people who chose something by this name, in the order of their numbers.

        All are read, since what they chose is sealed under the key of each.
        """
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(tables.preferences.c.user_id, tables.preferences.c.chosen).order_by(
                    tables.preferences.c.user_id
                )
            )
            found = list(rows)
        people = []
        for row in found:
            try:
                secret = await self._keys.secret(row.user_id)
            except RecordMissing:  # the person goes at this very moment
                continue
            if name in personal.decode(secret, row.chosen):
                people.append(row.user_id)
        return people

    async def change(self, user_id: int, **changes: Any) -> dict[str, Any]:
        """Changes some of them, None for 'not chosen'; returns what holds then.

        Raises:
            RecordMissing: the person is gone.
        """
        secret = await self._keys.secret(user_id)
        async with self._database.transaction() as connection:
            # Changes of one person stand in line.
            await connection.execute(
                select(tables.users.c.id).where(tables.users.c.id == user_id).with_for_update()
            )
            chosen = await stored(connection, secret, user_id) | changes
            chosen = {name: value for name, value in chosen.items() if value is not None}
            await put(connection, secret, user_id, chosen)
        return chosen


async def stored(connection: AsyncConnection, secret: Secret, user_id: int) -> dict[str, Any]:
    """What a person chose, inside a transaction."""
    content = await connection.scalar(
        select(tables.preferences.c.chosen).where(tables.preferences.c.user_id == user_id)
    )
    chosen: dict[str, Any] = {} if content is None else personal.decode(secret, content)
    return chosen


async def put(
    connection: AsyncConnection, secret: Secret, user_id: int, chosen: dict[str, Any]
) -> None:
    """Writes what a person chose, inside a transaction."""
    values = {"chosen": personal.encode(secret, chosen), "updated_at": datetime.now(UTC)}
    await connection.execute(
        insert(connection, tables.preferences)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )
