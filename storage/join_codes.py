"""One-time codes with which a person joins two accounts; stored as their HMAC only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from storage import tables
from storage.database import Database, insert
from storage.keys import Keys

PURPOSE = "join code"
"""What the look-up key digests codes under: no platform has that name."""


@dataclass(frozen=True)
class JoinCodeRecord:
    """A code that can still be used."""

    user_id: int
    created_at: datetime
    expires_at: datetime


class JoinCodes:
    """At most one code a person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def put(self, user_id: int, code: str, lifetime: timedelta) -> JoinCodeRecord:
        """Enters a person's code in the place of their older one.

        Raises:
            RecordMissing: the person is gone.
        """
        now = datetime.now(UTC)
        record = JoinCodeRecord(user_id, now, now + lifetime)
        values = {
            "code_hmac": (await self._keys.lookup()).digest(PURPOSE, code),
            "created_at": record.created_at,
            "expires_at": record.expires_at,
        }
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.join_codes).where(tables.join_codes.c.expires_at <= now)
            )
            await connection.execute(
                insert(connection, tables.join_codes)
                .values(user_id=user_id, **values)
                .on_conflict_do_update(index_elements=["user_id"], set_=values)
            )
        return record

    async def find(self, code: str) -> JoinCodeRecord | None:
        """Whose code that is, None where it is nobody's or too old."""
        digest = (await self._keys.lookup()).digest(PURPOSE, code)
        return await self._find(tables.join_codes.c.code_hmac == digest)

    async def of_user(self, user_id: int) -> JoinCodeRecord | None:
        """A person's code, as far as it is known: not the code itself."""
        return await self._find(tables.join_codes.c.user_id == user_id)

    async def void(self, code: str) -> None:
        """Takes a code out of use; one that is gone counts as taken."""
        digest = (await self._keys.lookup()).digest(PURPOSE, code)
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.join_codes).where(tables.join_codes.c.code_hmac == digest)
            )

    async def _find(self, condition: object) -> JoinCodeRecord | None:
        codes = tables.join_codes.c
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(codes.user_id, codes.created_at, codes.expires_at).where(
                        condition,  # type: ignore[arg-type]  # a comparison
                        codes.expires_at > datetime.now(UTC),
                    )
                )
            ).one_or_none()
        return None if row is None else JoinCodeRecord(*row)
