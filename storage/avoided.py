"""Songs that people do not want in their playlists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from storage import personal, tables
from storage.database import Database
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret


@dataclass(frozen=True)
class AvoidedRecord:
    """A song that a person does not want."""

    id: str
    user_id: int
    created_at: datetime
    track: dict[str, Any]


class Avoided:
    """Unwanted songs by person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(self, user_id: int, track: dict[str, Any]) -> str:
        """Enters a song, which is JSON with a `track_id`; returns the entry's id.

        A song that is there already keeps its entry, which tells of it what was said last.

        Raises:
            RecordMissing: the user is gone.
        """
        secret = await self._keys.secret(user_id)
        sealed = personal.encode(secret, track)
        avoided = tables.avoided.c
        async with self._database.transaction() as connection:
            # Two entries of one person stand in line.
            await connection.execute(
                select(tables.users.c.id).where(tables.users.c.id == user_id).with_for_update()
            )
            for known in await connection.execute(
                select(tables.avoided).where(avoided.user_id == user_id)
            ):
                if personal.decode(secret, known.track)["track_id"] == track["track_id"]:
                    await connection.execute(
                        update(tables.avoided).where(avoided.id == known.id).values(track=sealed)
                    )
                    return str(known.id)
            entry_id = token_hex(6)
            await connection.execute(
                insert(tables.avoided).values(
                    id=entry_id, user_id=user_id, created_at=datetime.now(UTC), track=sealed
                )
            )
        return entry_id

    async def of_user(self, user_id: int) -> list[AvoidedRecord]:
        """A person's, oldest first."""
        avoided = tables.avoided.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.avoided)
            .where(avoided.user_id == user_id)
            .order_by(avoided.created_at, avoided.id),
            _record,
        )

    async def delete(self, user_id: int, entry_id: str) -> None:
        """The person wants the song again; an entry that is not theirs or is gone is left alone."""
        avoided = tables.avoided.c
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(tables.avoided).where(avoided.id == entry_id, avoided.user_id == user_id)
            )


def _record(row: Row[Any], secret: Secret) -> AvoidedRecord:
    return AvoidedRecord(row.id, row.user_id, row.created_at, personal.decode(secret, row.track))
