"""Blends: what was asked of whom, and who of them consented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from storage import personal, postings, tables
from storage.database import Database
from storage.database import insert as insert_or
from storage.keys import Keys
from storage.postings import Posting
from storage.sealed_rows import read_sealed
from storage.sealing import Secret


@dataclass(frozen=True)
class BlendRecord:
    """A request for a playlist of several people."""

    id: str
    user_id: int
    """Who asked."""
    request: dict[str, Any]
    """What was asked of whom, as JSON."""
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class MemberRecord:
    """Somebody who consented."""

    blend_id: str
    user_id: int
    names: dict[str, Any]
    """What they were called, for which names they answer, and who asked."""
    created_at: datetime
    expires_at: datetime = field(default=datetime.max.replace(tzinfo=UTC))
    """Of the blend."""


class Blends:
    """Requests and consents; a consent that is taken back takes the blend with it."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(
        self, blend_id: str, user_id: int, request: dict[str, Any], lifetime: timedelta
    ) -> None:
        """Enters a request.

        Raises:
            RecordMissing: the person is gone.
        """
        secret = await self._keys.secret(user_id)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(tables.blends).values(
                    id=blend_id,
                    user_id=user_id,
                    request=personal.encode(secret, request),
                    created_at=now,
                    expires_at=now + lifetime,
                )
            )

    async def get(self, blend_id: str) -> BlendRecord | None:
        """A request, None where it is gone or too old."""
        found = await self._select(_blends().where(tables.blends.c.id == blend_id))
        return found[0] if found else None

    async def of_user(self, user_id: int) -> list[BlendRecord]:
        """What a person asked for, newest first."""
        blends = tables.blends.c
        return await self._select(
            _blends().where(blends.user_id == user_id).order_by(blends.created_at.desc())
        )

    async def consent(self, blend_id: str, user_id: int, names: dict[str, Any]) -> None:
        """Notes that somebody consents; a second time changes nothing but the names.

        Raises:
            RecordMissing: the blend or the person is gone.
        """
        secret = await self._keys.secret(user_id)
        sealed = personal.encode(secret, names)
        members = tables.blend_members.c
        async with self._database.transaction() as connection:
            await connection.execute(
                insert_or(connection, tables.blend_members)
                .values(
                    blend_id=blend_id, user_id=user_id, names=sealed, created_at=datetime.now(UTC)
                )
                .on_conflict_do_update(
                    index_elements=[members.blend_id, members.user_id], set_={"names": sealed}
                )
            )

    async def keep(self, blend_id: str, lifetime: timedelta) -> None:
        """Lets a blend to which everybody consented be asked for so long."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(tables.blends)
                .where(tables.blends.c.id == blend_id)
                .values(expires_at=datetime.now(UTC) + lifetime)
            )

    async def members(self, blend_id: str) -> list[MemberRecord]:
        """Who consented, in that order."""
        return await self._members(tables.blend_members.c.blend_id == blend_id)

    async def consents_of(self, user_id: int) -> list[MemberRecord]:
        """What a person consented to."""
        return await self._members(tables.blend_members.c.user_id == user_id)

    async def delete(self, blend_id: str) -> list[Posting]:
        """Deletes a request with all consents; one that is gone counts as deleted.

        Returns:
            The messages in which others still see the playlists that came of it.
        """
        async with self._database.transaction() as connection:
            stood = await postings.going_with(connection, tables.playlists.c.blend_id == blend_id)
            await connection.execute(delete(tables.blends).where(tables.blends.c.id == blend_id))
        return await postings.opened(self._keys, stood)

    async def delete_expired(self) -> None:
        """Deletes what is too old, with the consents and the playlists that hang on it."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            await connection.execute(delete(tables.blends).where(tables.blends.c.expires_at <= now))

    async def _select(self, statement: Select[Any]) -> list[BlendRecord]:
        return await read_sealed(self._database, self._keys, statement, _record)

    async def _members(self, condition: Any) -> list[MemberRecord]:
        members, blends = tables.blend_members.c, tables.blends.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.blend_members, blends.expires_at)
            .join(tables.blends, blends.id == members.blend_id)
            .where(condition, blends.expires_at > datetime.now(UTC))
            .order_by(members.created_at, members.user_id),
            _member_record,
        )


def _blends() -> Select[Any]:
    return select(tables.blends).where(tables.blends.c.expires_at > datetime.now(UTC))


def _record(row: Row[Any], secret: Secret) -> BlendRecord:
    request = personal.decode(secret, row.request)
    return BlendRecord(row.id, row.user_id, request, row.created_at, row.expires_at)


def _member_record(row: Row[Any], secret: Secret) -> MemberRecord:
    names = personal.decode(secret, row.names)
    return MemberRecord(row.blend_id, row.user_id, names, row.created_at, row.expires_at)
