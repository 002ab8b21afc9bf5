"""Playlists that were made, so that they can be shown, changed and shared later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage import personal, postings, tables
from storage.database import Database
from storage.errors import Conflict
from storage.keys import Keys
from storage.postings import Posting
from storage.sealed_rows import read_sealed
from storage.sealing import Secret

ID_CHARACTERS = 12


@dataclass(frozen=True)
class PlaylistRecord:
    """A playlist as it was made."""

    id: str
    user_id: int
    created_at: datetime
    model_id: int | None
    """The model that made it, which may be gone."""
    seeds: list[dict[str, Any]]
    tracks: list[dict[str, Any]]
    options: dict[str, Any]
    blend_id: str | None = None
    """Of a playlist of several people: what they agreed to. It goes with that."""
    is_offered: bool = False
    """Made while its owner typed, and nothing says so far that it was sent into a chat."""


class Playlists:
    """Playlists by id and by person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(
        self,
        playlist_id: str,
        user_id: int,
        *,
        model_id: int | None,
        seeds: list[dict[str, Any]],
        tracks: list[dict[str, Any]],
        options: dict[str, Any],
        blend_id: str | None = None,
        is_offered: bool = False,
    ) -> None:
        """Remembers a playlist; its parts are JSON.

        Raises:
            Conflict: there is a playlist of that id already.
            RecordMissing: the user or the blend is gone.
        """
        secret = await self._keys.secret(user_id)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    insert(tables.playlists).values(
                        id=playlist_id,
                        user_id=user_id,
                        created_at=datetime.now(UTC),
                        model_id=model_id,
                        seeds=personal.encode(secret, seeds),
                        tracks=personal.encode(secret, tracks),
                        options=personal.encode(secret, options),
                        blend_id=blend_id,
                        is_offered=is_offered,
                    )
                )
        except IntegrityError as error:
            raise Conflict(f"playlist {playlist_id}", 0, 1) from error

    async def id_of(self, user_id: int, meaning: Any) -> str:
        """The id of the one playlist that is made of a meaning, which is JSON.

        It is the same each time, and nobody learns from it what was meant.

        Raises:
            RecordMissing: the user is gone.
        """
        secret = await self._keys.secret(user_id)
        return personal.digest(secret, "playlist", meaning)[:ID_CHARACTERS]

    async def offer_again(self, playlist_id: str, user_id: int) -> bool:
        """Whether a person has a playlist of that id; one that is only offered is new once more."""
        playlists = tables.playlists.c
        own = and_(playlists.id == playlist_id, playlists.user_id == user_id)
        async with self._database.transaction() as connection:
            await connection.execute(
                update(tables.playlists)
                .where(own, playlists.is_offered)
                .values(created_at=datetime.now(UTC))
            )
            return await connection.scalar(select(playlists.id).where(own)) is not None

    async def change_tracks(
        self,
        playlist_id: str,
        user_id: int,
        change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    ) -> None:
        """Changes what is in a playlist; one that is gone stays gone.

        `change` gives what is to be for what is in it. Several at a time stand in line, in however
        many processes, so that none undoes what another did; each must be quick.

        Raises:
            RecordMissing: the user is gone.
        """
        secret = await self._keys.secret(user_id)
        playlists = tables.playlists.c
        this = and_(playlists.id == playlist_id, playlists.user_id == user_id)
        async with self._database.transaction() as connection:
            sealed = await connection.scalar(select(playlists.tracks).where(this).with_for_update())
            if sealed is None:
                return
            tracks = change(personal.decode(secret, sealed))
            await connection.execute(
                update(tables.playlists).where(this).values(tracks=personal.encode(secret, tracks))
            )

    async def get(self, playlist_id: str) -> PlaylistRecord | None:
        """A playlist, None where there is none of that id, or what was agreed to has ended."""
        found = await self._select(_agreed().where(tables.playlists.c.id == playlist_id))
        return found[0] if found else None

    async def recent(self, user_id: int, limit: int) -> list[PlaylistRecord]:
        """A person's playlists, newest first, at most so many.

        None of several people, and none that was only offered.
        """
        playlists = tables.playlists.c
        asked_for = and_(playlists.blend_id.is_(None), ~playlists.is_offered)
        return await self._select(_of_user(user_id).where(asked_for).limit(limit))

    async def of_user(self, user_id: int) -> list[PlaylistRecord]:
        """All of a person's playlists, newest first; of several people, while they agree."""
        return await self._select(_of_user(user_id))

    async def keep_newest(self, user_id: int, count: int) -> int:
        """Deletes a person's playlists but the newest and the shared; returns how many went.

        Playlists of several people are shown to them without being shared: of those too, the newest
        stay. Those that were only offered are counted apart: the newest of them stay as long.
        """
        gone = [
            await self._keep_newest(user_id, count, is_offered=is_offered)
            for is_offered in (False, True)
        ]
        return sum(gone)

    async def _keep_newest(self, user_id: int, count: int, *, is_offered: bool) -> int:
        playlists, shares = tables.playlists.c, tables.shares.c
        counted = and_(playlists.user_id == user_id, playlists.is_offered.is_(is_offered))
        newest = (
            select(playlists.id)
            .where(counted)
            .order_by(playlists.created_at.desc(), playlists.id)
            .limit(count)
        )
        async with self._database.transaction() as connection:
            gone = await connection.execute(
                delete(tables.playlists).where(
                    counted,
                    playlists.id.not_in(newest),
                    or_(
                        playlists.id.not_in(select(shares.playlist_id).where(~shares.is_offered)),
                        playlists.blend_id.is_not(None),
                    ),
                )
            )
            return gone.rowcount

    async def delete(self, playlist_id: str) -> list[Posting]:
        """Deletes a playlist; one that is gone counts as deleted.

        Returns:
            The messages in which others still see it.
        """
        this = tables.playlists.c.id == playlist_id
        async with self._database.transaction() as connection:
            stood = await postings.going_with(connection, this)
            await connection.execute(delete(tables.playlists).where(this))
        return await postings.opened(self._keys, stood)

    async def _select(self, statement: Select[Any]) -> list[PlaylistRecord]:
        return await read_sealed(self._database, self._keys, statement, _record)


def _agreed() -> Select[Any]:
    """Without those of several people whose agreement has ended and which no sweep took yet."""
    agreements = tables.blends.c
    lasting = select(agreements.id).where(agreements.expires_at > datetime.now(UTC))
    blend_id = tables.playlists.c.blend_id
    return select(tables.playlists).where(or_(blend_id.is_(None), blend_id.in_(lasting)))


def _of_user(user_id: int) -> Select[Any]:
    return (
        _agreed()
        .where(tables.playlists.c.user_id == user_id)
        .order_by(tables.playlists.c.created_at.desc(), tables.playlists.c.id)
    )


def _record(row: Row[Any], secret: Secret) -> PlaylistRecord:
    return PlaylistRecord(
        id=row.id,
        user_id=row.user_id,
        created_at=row.created_at,
        model_id=row.model_id,
        seeds=personal.decode(secret, row.seeds),
        tracks=personal.decode(secret, row.tracks),
        options=personal.decode(secret, row.options),
        blend_id=row.blend_id,
        is_offered=row.is_offered,
    )
