"""Playlists that their owners showed to others, and what those think of them.

A share holds ids only: what it shows is the playlist's own row, and both go with it. A vote hangs
on the share and on whoever gave it.

What a person may send into a chat has its share before they do: the card that they send carries its
id. Until it is known that they did, it is *offered*, and keeps no playlist from going.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import personal, tables
from storage.database import Database, insert


@dataclass(frozen=True)
class ShareRecord:
    """A playlist that was shared."""

    id: str
    playlist_id: str
    user_id: int
    """Whose playlist it is."""
    created_at: datetime
    is_offered: bool
    """It can be sent into a chat, and nothing says so far that it was."""
    votes_up: int
    votes_down: int


@dataclass(frozen=True)
class VoteRecord:
    """What a person thinks of a shared playlist."""

    share_id: str
    user_id: int
    is_up: bool
    created_at: datetime


class Shares:
    """Shared playlists and the votes on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, playlist_id: str, user_id: int) -> str:
        """Shares a playlist; returns the share's id, the same one each time.

        Raises:
            RecordMissing: the playlist or its owner is gone.
        """
        async with self._database.transaction() as connection:
            share_id = await _offer(connection, playlist_id, user_id)
            await _choose(connection, share_id)
        return share_id

    async def offer(self, playlist_id: str, user_id: int) -> str:
        """Has a playlist's share ready; returns its id. One that is shared already stays so.

        Raises:
            RecordMissing: the playlist or its owner is gone.
        """
        shares = tables.shares.c
        async with self._database.reading() as connection:  # a card that is turned asks each time
            known = await connection.scalar(
                select(shares.id).where(
                    shares.playlist_id == playlist_id, shares.user_id == user_id
                )
            )
        if known is not None:
            return str(known)
        async with self._database.transaction() as connection:
            return await _offer(connection, playlist_id, user_id)

    async def choose(self, share_id: str) -> None:
        """Notes that what was offered was sent: from now on its playlist is like any other."""
        async with self._database.transaction() as connection:
            await _choose(connection, share_id)

    async def get(self, share_id: str) -> ShareRecord | None:
        """A share with its votes, None where there is none of that id."""
        found = await self._select(_shares().where(tables.shares.c.id == share_id))
        return found[0] if found else None

    async def of_user(self, user_id: int) -> list[ShareRecord]:
        """What a person has shared, oldest first."""
        return await self._select(_shares().where(tables.shares.c.user_id == user_id))

    async def vote(self, share_id: str, user_id: int, *, is_up: bool) -> None:
        """Keeps a person's vote, in place of an earlier one.

        Raises:
            RecordMissing: the share or the person is gone.
        """
        values = {"is_up": is_up, "created_at": datetime.now(UTC)}
        votes = tables.votes.c
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(connection, tables.votes)
                .values(share_id=share_id, user_id=user_id, **values)
                .on_conflict_do_update(index_elements=[votes.share_id, votes.user_id], set_=values)
            )

    async def votes_of(self, user_id: int) -> list[VoteRecord]:
        """A person's votes, oldest first."""
        votes = tables.votes.c
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(tables.votes)
                .where(votes.user_id == user_id)
                .order_by(votes.created_at, votes.share_id)
            )
            return [VoteRecord(**row) for row in rows.mappings()]

    async def _select(self, statement: Select[Any]) -> list[ShareRecord]:
        shares = tables.shares.c
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(shares.created_at, shares.id))
            return [ShareRecord(**row) for row in rows.mappings()]


async def _offer(connection: AsyncConnection, playlist_id: str, user_id: int) -> str:
    await personal.hold(connection, user_id)
    await connection.execute(
        insert(connection, tables.shares)
        .values(
            id=token_hex(8),
            playlist_id=playlist_id,
            user_id=user_id,
            created_at=datetime.now(UTC),
            is_offered=True,
        )
        .on_conflict_do_nothing()
    )
    found = await connection.scalar(
        select(tables.shares.c.id).where(tables.shares.c.playlist_id == playlist_id)
    )
    return str(found)


async def _choose(connection: AsyncConnection, share_id: str) -> None:
    shares, playlists = tables.shares.c, tables.playlists.c
    await connection.execute(
        update(tables.shares)
        .where(shares.id == share_id, shares.is_offered)
        .values(is_offered=False, created_at=datetime.now(UTC))
    )
    shown = select(shares.playlist_id).where(shares.id == share_id)
    await connection.execute(
        update(tables.playlists)
        .where(playlists.id.in_(shown), playlists.is_offered)
        .values(is_offered=False)
    )


def _shares() -> Select[Any]:
    return select(
        tables.shares,
        _count(tables.votes.c.is_up).label("votes_up"),
        _count(~tables.votes.c.is_up).label("votes_down"),
    )


def _count(which: ColumnElement[bool]) -> Any:
    return (
        select(func.count())
        .select_from(tables.votes)
        .where(tables.votes.c.share_id == tables.shares.c.id, which)
        .scalar_subquery()
    )
