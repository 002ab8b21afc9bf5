"""Messages in chats in which others see a playlist: where it has to be taken from when it goes.

Such an address says where a person talks, so it is sealed like what they say there. It hangs on the
playlist and goes with it: whoever deletes a playlist gets the addresses of that very transaction,
and they are stored nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import personal, tables
from storage.database import Database, insert
from storage.errors import RecordMissing
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret

logger = logging.getLogger(__name__)

ID_CHARACTERS = 32


@dataclass(frozen=True)
class Posting:
    """A message of the bot in which a playlist stands."""

    platform: str
    chat_id: str
    message_id: str
    language: str
    """In which it speaks."""
    is_card: bool = False
    """It has the buttons of the playlist's owner; others see the songs alone."""


@dataclass(frozen=True)
class PostingRecord:
    """A message as it is remembered."""

    id: str
    playlist_id: str
    user_id: int
    """Whose playlist it is."""
    message: Posting
    expires_at: datetime


class Postings:
    """Messages by playlist."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(
        self, playlist_id: str, message: Posting, *, most: int, lifetime: timedelta
    ) -> None:
        """Remembers that a playlist stands there, for so long from now on.

        Args:
            playlist_id: which.
            message: where; of one that is known already it is remembered what stands there now.
            most: so many of a playlist are kept, those of which was heard last.
            lifetime: how long.

        Raises:
            RecordMissing: the playlist is gone.
        """
        await self._add(tables.playlists.c.id == playlist_id, message, most, lifetime)

    async def add_to_share(
        self, share_id: str, message: Posting, *, most: int, lifetime: timedelta
    ) -> None:
        """The same for a playlist of which only the share is known."""
        shared = select(tables.shares.c.playlist_id).where(tables.shares.c.id == share_id)
        await self._add(tables.playlists.c.id.in_(shared), message, most, lifetime)

    async def _add(
        self, which: ColumnElement[bool], message: Posting, most: int, lifetime: timedelta
    ) -> None:
        playlists, postings = tables.playlists.c, tables.postings.c
        async with self._database.reading() as connection:
            found = await connection.execute(select(playlists.id, playlists.user_id).where(which))
            playlist = found.one_or_none()
        if playlist is None:
            raise RecordMissing("playlist")
        secret = await self._keys.secret(playlist.user_id)
        place = [message.platform, message.chat_id, message.message_id]
        values = {
            "playlist_id": playlist.id,
            "message": personal.encode(secret, asdict(message)),
            "expires_at": datetime.now(UTC) + lifetime,
        }
        heard_of_last = (
            select(postings.id)
            .where(postings.playlist_id == playlist.id)
            .order_by(postings.expires_at.desc(), postings.id)
            .limit(most)
        )
        async with self._database.transaction() as connection:
            await personal.hold(connection, playlist.user_id)
            await connection.execute(
                insert(connection, tables.postings)
                .values(
                    id=personal.digest(secret, "posting", place)[:ID_CHARACTERS],
                    user_id=playlist.user_id,
                    **values,
                )
                .on_conflict_do_update(index_elements=[postings.id], set_=values)
            )
            await connection.execute(
                delete(tables.postings).where(
                    postings.playlist_id == playlist.id, postings.id.not_in(heard_of_last)
                )
            )

    async def card(self, playlist_id: str) -> Posting | None:
        """Where its owner's own card stands, that of which was heard last."""
        postings = tables.postings.c
        records = await read_sealed(
            self._database,
            self._keys,
            select(tables.postings)
            .where(postings.playlist_id == playlist_id)
            .order_by(postings.expires_at.desc(), postings.id),
            _record,
        )
        return next((each.message for each in records if each.message.is_card), None)

    async def of_user(self, user_id: int) -> list[PostingRecord]:
        """Those of a person's playlists, in the order in which they end."""
        postings = tables.postings.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.postings)
            .where(postings.user_id == user_id)
            .order_by(postings.expires_at, postings.id),
            _record,
        )

    async def delete_expired(self) -> None:
        """Forgets those of which nothing was heard for too long."""
        ended = tables.postings.c.expires_at <= datetime.now(UTC)
        async with self._database.transaction() as connection:
            await connection.execute(delete(tables.postings).where(ended))


async def going_with(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Row[Any]]:
    """What is remembered of playlists that this transaction is about to delete; to be `opened`.

    The playlists are locked first: whoever is about to remember one more message waits, and then
    finds no playlist to hang it on.
    """
    playlists, postings = tables.playlists.c, tables.postings.c
    locked = await connection.scalars(select(playlists.id).where(which).with_for_update())
    list(locked)
    rows = await connection.execute(
        select(tables.postings)
        .join(tables.playlists, playlists.id == postings.playlist_id)
        .where(which)
        .order_by(postings.expires_at.desc(), postings.id)
    )
    return list(rows)


async def opened(keys: Keys, rows: Sequence[Row[Any]]) -> list[Posting]:
    """The messages of rows that are deleted, those of which was heard last first.

    Never raises: who has everything deleted shall not be held up by a row that cannot be read.
    """
    try:
        secrets = await keys.secrets(row.user_id for row in rows)
        return [
            _record(row, secrets[row.user_id]).message for row in rows if row.user_id in secrets
        ]
    except Exception as error:  # noqa: BLE001 - see above
        logger.warning("where playlists stood is not known (%s)", type(error).__name__)
        return []


def _record(row: Row[Any], secret: Secret) -> PostingRecord:
    message = Posting(**personal.decode(secret, row.message))
    return PostingRecord(row.id, row.playlist_id, row.user_id, message, row.expires_at)
