"""storage remembers: users, their uploads, histories, models and playlists.

Rows stand in SQLite or PostgreSQL, bytes in a directory or a bucket. Nothing here knows chats or
models; `Storage` is the one thing that a program has to open.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, union_all, update

from storage import tables
from storage.avoided import Avoided
from storage.blends import Blends
from storage.blob_stores import BlobStore
from storage.blobs import Blobs, open_store
from storage.database import Database
from storage.errors import DatabaseBusy
from storage.gathered import Gathered
from storage.histories import Histories
from storage.imports import Imports
from storage.join_codes import JoinCodes
from storage.joining import Joining
from storage.keys import Keys, keys_url_beside
from storage.links import SpotifyLinks
from storage.models import Models
from storage.notices import Notices
from storage.opening import opening
from storage.pairing import check_keys, check_pair
from storage.playlists import Playlists
from storage.postings import Posting, Postings
from storage.preferences import Preferences
from storage.sealed_blobs import SealedBlobs
from storage.shares import Shares
from storage.strays import Strays
from storage.undelivered import Undelivered
from storage.uploads import Uploads
from storage.usage import Usage
from storage.users import Users

__all__ = ["Storage", "SweepReport"]


@dataclass(frozen=True)
class SweepReport:
    """What a sweep took."""

    blobs: int
    """Bytes of which no row spoke."""
    uploads: int
    """Rows of raw files that were gone."""
    temporary: int
    """Half-written files."""
    people: int = 0
    """People of whom nothing was kept."""


@dataclass(frozen=True)
class Storage:
    """Everything that is remembered."""

    database: Database
    blobs: SealedBlobs
    keys: Keys
    users: Users
    imports: Imports
    uploads: Uploads
    histories: Histories
    models: Models
    playlists: Playlists
    shares: Shares
    postings: Postings
    avoided: Avoided
    notices: Notices
    undelivered: Undelivered
    gathered: Gathered
    preferences: Preferences
    join_codes: JoinCodes
    joining: Joining
    blends: Blends
    links: SpotifyLinks
    usage: Usage
    strays: Strays = field(default_factory=Strays)

    @classmethod
    async def open(cls, database_url: str, blobs_url: str, keys_url: str | None = None) -> Storage:
        """Opens what the URLs name (see `Database.open`, `Blobs.open`); migrates what is older.

        Without `keys_url` the keys stand beside the blobs.

        Raises:
            CannotOpen: a URL names no place, or nothing answers there.
            NewerSchema: the data was written by newer code; nothing was changed.
            Mismatched: blobs or keys belong to another database; nothing was changed.
            KeysMissing: the keys that the data were written with are not there.
            DatabaseBusy: another process kept the database locked.
        """
        with opening("database"):
            database = Database.open(database_url)
        try:
            keys = Keys.open(keys_url or keys_url_beside(blobs_url))
            with opening("database"):
                await database.migrate(keys)
            with opening("place for files"):
                store = open_store(blobs_url)
                await check_pair(database, Blobs(store))
            with opening("place for keys"):
                await check_keys(database, keys)
            opened = cls.over(database, store, keys)
            await opened.seal_blobs()
            return opened
        except BaseException:
            await database.close()
            raise

    @classmethod
    def over(cls, database: Database, store: BlobStore, keys: Keys) -> Storage:
        """Storage over parts that are open already."""
        blobs = SealedBlobs(store, keys)
        return cls(
            database=database,
            blobs=blobs,
            keys=keys,
            users=Users(database, keys),
            imports=Imports(database, keys),
            uploads=Uploads(database, blobs, keys),
            histories=Histories(database, blobs),
            models=Models(database, blobs, keys),
            playlists=Playlists(database, keys),
            shares=Shares(database),
            postings=Postings(database, keys),
            avoided=Avoided(database, keys),
            notices=Notices(database),
            undelivered=Undelivered(database, keys),
            gathered=Gathered(database, keys),
            preferences=Preferences(database, keys),
            join_codes=JoinCodes(database, keys),
            joining=Joining(database, blobs, keys),
            blends=Blends(database, keys),
            links=SpotifyLinks(database),
            usage=Usage(database),
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self.database.close()

    async def delete_user(
        self, user_id: int, when_gone: Callable[[list[Posting]], None] = lambda _: None
    ) -> None:
        """Deletes every row and every byte of a person; what is gone counts as deleted.

        The rows go first, then the secret, with which every copy of them can no longer be read:
        should a crash come in between, a secret and bytes without a row are left, which `sweep`
        takes. On SQLite nothing is left in the files afterwards, freed pages and the
        write-ahead log included.

        Args:
            user_id: who.
            when_gone: told, as soon as the rows are gone, in which messages others still see
                playlists that went with them; whatever becomes of the rest of the deletion.

        Raises:
            DatabaseBusy: everything is deleted, but readers kept the log with old bytes in use.
        """
        when_gone(await self.users.delete(user_id))
        await self._erase(user_id)

    async def delete_user_without_anything(self, user_id: int) -> bool:
        """Deletes a person of whom nothing is kept but that they were here; says whether.

        The caller knows that nothing of theirs is on its way.
        """
        if not await self.users.delete_if_empty(user_id):
            return False
        with suppress(DatabaseBusy):  # somebody is at work; the next sweep will do
            await self._erase(user_id)
        return True

    async def _erase(self, user_id: int) -> None:
        await self.keys.destroy([user_id])
        await self.blobs.delete_prefix(f"users/{user_id}/")
        await self.database.erase_traces()

    async def everything_of(self, user_id: int) -> dict[str, Any]:
        """All rows about a person, as JSON; times are ISO 8601 in UTC."""
        history = await self.histories.get(user_id)
        imports = await self.imports.of_user(user_id)
        found = {
            "user": {"id": user_id, "created_at": await self.users.created_at(user_id)},
            "identities": await self.users.identities(user_id),
            "history": history,
            "imports": imports,
            "uploads": [
                upload for entry in imports for upload in await self.uploads.of_import(entry.id)
            ],
            "models": await self.models.of_user(user_id),
            "playlists": await self.playlists.of_user(user_id),
            "shares": await self.shares.of_user(user_id),
            "postings": await self.postings.of_user(user_id),
            "votes": await self.shares.votes_of(user_id),
            "avoided": await self.avoided.of_user(user_id),
            "notices": await self.notices.of_user(user_id),
            "undelivered": await self.undelivered.of_user(user_id),
            "gathered": await self.gathered.of_user(user_id),
            "preferences": await self.preferences.get(user_id),
            "blends": await self.blends.of_user(user_id),
            "consents": await self.blends.consents_of(user_id),
            "join_code": await self.join_codes.of_user(user_id),
        }
        readable: dict[str, Any] = _as_json(found)
        return readable

    async def sweep(
        self, *, min_age: timedelta = timedelta(hours=1), takes_uploads: bool = True
    ) -> SweepReport:
        """Takes what crashes left behind: bytes without a row, rows without bytes, half files.

        Blends that are too old go as well, files for which nobody came back, and what is too old
        about messages in chats.

        Args:
            min_age: how long sweeps must have seen bytes without a row. Bytes come before their
                row, so new ones may be another process's work in progress; a process that knows
                that it is alone passes 0. Bytes of a deleted person go at any age, raw files that
                are being taken in (`Uploads.coming`) at none.
            takes_uploads: raw files may be taken in meanwhile. A bot that knows that it is the only
                one and has not begun to says False: then raw files go at any age too, and of the
                others those whose time of writing is so long ago.
        """
        lost = await self.uploads.lost()
        await self.uploads.delete(lost)
        await self.blends.delete_expired()
        await self.gathered.delete_expired()
        await self.postings.delete_expired()
        strays = await self._old_strays(min_age, at_start=not takes_uploads)
        await self.blobs.delete(strays)
        people_gone = 0 if takes_uploads else await self._sweep_people()
        await self._sweep_keys()
        await self.keys.store.sweep_temporary()
        temporary = await self.blobs.sweep_temporary()
        with suppress(DatabaseBusy):  # somebody is at work; the next sweep will do
            await self.database.erase_traces()
        return SweepReport(len(strays), len(lost), temporary, people_gone)

    async def _old_strays(self, min_age: timedelta, *, at_start: bool) -> list[str]:
        before = datetime.now(UTC) - min_age
        # In this order: what is there and is no longer coming has its row, if it is to have one.
        listed = await self.blobs.list("users/")
        coming = self.uploads.coming_now()
        known, people = await self._known_keys(), await self._people()
        strays = [
            blob for blob in listed if blob.key not in known and not blob.key.startswith(coming)
        ]
        old = self.strays.seen_for(min_age, (blob.key for blob in strays))
        if at_start:
            old |= {blob.key for blob in strays if blob.modified_at <= before}
            old |= {blob.key for blob in strays if blob.key.split("/")[2] == "uploads"}
        old |= {blob.key for blob in strays if blob.key.split("/")[1] not in people}
        return sorted(old)

    async def _sweep_people(self) -> int:
        """Those who came to nothing; for a day their number bears the limits of what they send."""
        empty = await self.users.empty_since(datetime.now(UTC) - timedelta(days=1))
        return sum([await self.users.delete_if_empty(user_id) for user_id in empty])

    async def _sweep_keys(self) -> None:
        """Destroys the secrets of people who are gone."""
        there = await self.keys.user_ids()
        async with self.database.exclusive(tables.users) as connection:
            # Whoever is being entered has a secret before the row can be seen: not while we look.
            people = set(await connection.scalars(select(tables.users.c.id)))
            await self.keys.destroy(sorted(there - people))

    async def seal_blobs(self) -> None:
        """Seals what an older songnet stored in the open; again where that was cut short."""
        sealed = tables.installation.c.blobs_sealed
        async with self.database.reading() as connection:
            if await connection.scalar(select(sealed)):
                return
        await self.blobs.seal_open_ones()
        async with self.database.transaction() as connection:
            await connection.execute(update(tables.installation).values(blobs_sealed=True))
        with suppress(DatabaseBusy):  # somebody is at work; the next sweep will do
            await self.database.erase_traces()

    async def _known_keys(self) -> set[str]:
        owners = (tables.uploads, tables.histories, tables.models)
        async with self.database.reading() as connection:
            keys = await connection.scalars(
                union_all(*(select(table.c.blob_key) for table in owners))
            )
            return set(keys)

    async def _people(self) -> set[str]:
        async with self.database.reading() as connection:
            return {str(user_id) for user_id in await connection.scalars(select(tables.users.c.id))}


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _as_json(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _as_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(entry) for entry in value]
    return value
