"""Who the people are: one internal number, and the platforms on which they are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select
from sqlalchemy.exc import IntegrityError

from storage import personal, postings, tables
from storage.database import Database
from storage.errors import RecordMissing
from storage.keys import Keys
from storage.postings import Posting


@dataclass(frozen=True)
class Identity:
    """How a platform knows a person."""

    platform: str
    platform_id: str


def _nothing_kept() -> list[ColumnElement[bool]]:
    """That no row of any table is a person's but their identities."""
    return [
        ~exists().where(key.parent == tables.users.c.id)
        for table in tables.metadata.sorted_tables
        if table is not tables.identities
        for key in table.foreign_keys
        if key.column is tables.users.c.id
    ]


class Users:
    """People. What belongs to one goes with them."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def resolve(self, platform: str, platform_id: str) -> int:
        """The number of a person, who is entered where they were not known."""
        while True:
            known = await self.find(platform, platform_id)
            if known is not None:
                return known
            try:
                return await self._enter(platform, platform_id)
            except IntegrityError:  # somebody else entered them since we looked
                continue

    async def _enter(self, platform: str, platform_id: str) -> int:
        lookup = await self._keys.lookup()
        async with self._database.transaction() as connection:
            entered = await connection.execute(
                insert(tables.users)
                .values(created_at=datetime.now(UTC))
                .returning(tables.users.c.id)
            )
            user_id: int = entered.scalar_one()
            secret = await self._keys.create(user_id)
            await connection.execute(
                insert(tables.identities).values(
                    platform=platform,
                    platform_id_hmac=lookup.digest(platform, platform_id),
                    platform_id=personal.encode(secret, platform_id),
                    user_id=user_id,
                )
            )
            return user_id

    async def find(self, platform: str, platform_id: str) -> int | None:
        """The number of a person, None for a stranger."""
        identities = tables.identities.c
        digest = (await self._keys.lookup()).digest(platform, platform_id)
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(identities.user_id).where(
                    identities.platform == platform, identities.platform_id_hmac == digest
                )
            )

    async def created_at(self, user_id: int) -> datetime | None:
        """When a person was entered, None where there is no such person."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(tables.users.c.created_at).where(tables.users.c.id == user_id)
            )

    async def identities(self, user_id: int) -> list[Identity]:
        """How the platforms know a person."""
        identities = tables.identities.c
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(identities.platform, identities.platform_id)
                .where(identities.user_id == user_id)
                .order_by(identities.platform, identities.platform_id_hmac)
            )
            found = list(rows)
        try:
            secret = await self._keys.secret(user_id)
        except RecordMissing:
            return []
        return [Identity(row.platform, personal.decode(secret, row.platform_id)) for row in found]

    async def delete_if_empty(self, user_id: int) -> bool:
        """Deletes a person of whom nothing is kept but that they were here; says whether."""
        users = tables.users.c
        row = select(users.id).where(users.id == user_id).with_for_update()
        async with self._database.transaction() as connection:
            # Locked first: whoever writes something of theirs now waits, and then finds nobody.
            await connection.execute(row)
            gone = await connection.execute(
                delete(tables.users).where(users.id == user_id, *_nothing_kept())
            )
            return gone.rowcount > 0

    async def empty_since(self, moment: datetime) -> list[int]:
        """The numbers of people who came before a moment and of whom nothing is kept."""
        users = tables.users.c
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(users.id).where(users.created_at < moment, *_nothing_kept())
            )
            return list(found)

    async def delete(self, user_id: int) -> list[Posting]:
        """Deletes a person and every row of theirs; key and blobs are the caller's to delete.

        `Storage.delete_user` does all of it.

        Returns:
            The messages in which others still see playlists that went with them.
        """
        users, playlists = tables.users.c, tables.playlists.c
        agreed = select(tables.blend_members.c.blend_id).where(
            tables.blend_members.c.user_id == user_id
        )
        theirs = or_(playlists.user_id == user_id, playlists.blend_id.in_(agreed))
        async with self._database.transaction() as connection:
            # Locked first: no playlist of theirs comes after those whose messages are looked up.
            await connection.execute(select(users.id).where(users.id == user_id).with_for_update())
            stood = await postings.going_with(connection, theirs)
            # What others keep of playlists to which this person agreed goes with the consent.
            await connection.execute(delete(tables.blends).where(tables.blends.c.id.in_(agreed)))
            await connection.execute(delete(tables.users).where(users.id == user_id))
        return await postings.opened(self._keys, stood)
