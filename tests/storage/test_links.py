from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

from sqlalchemy import select

from storage import Storage, tables
from storage.database import Database
from storage.links import SpotifyLinks

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = date(2026, 1, 2)


async def test_what_was_looked_up_is_told_and_nothing_else(storage: Storage) -> None:
    await storage.links.put("a", "spotify:track:1", NOW)
    await storage.links.put("b", None, NOW)
    assert await storage.links.get_many(["a", "b", "c"]) == {"a": "spotify:track:1", "b": None}
    assert await storage.links.get_many([]) == {}


async def test_a_later_search_replaces_an_earlier_one(storage: Storage) -> None:
    await storage.links.put("a", None, NOW)
    await storage.links.put("a", "spotify:track:2", NOW)
    assert await storage.links.get_many(["a"]) == {"a": "spotify:track:2"}


async def test_many_keys_at_once(storage: Storage) -> None:
    await storage.links.put("track-1999", "spotify:track:9", NOW)
    keys = [f"track-{number}" for number in range(2000)]
    assert await storage.links.get_many(keys) == {"track-1999": "spotify:track:9"}


async def test_the_keys_themselves_are_not_kept(storage: Storage) -> None:
    await storage.links.put("björk|jóga", "spotify:track:1", NOW)
    async with storage.database.reading() as connection:
        (row,) = (await connection.execute(select(tables.spotify_links))).all()
    assert "jóga" not in repr(row)


async def test_a_budget_is_spent_and_no_more(storage: Storage) -> None:
    assert [await storage.links.spend(DAY, 3) for _ in range(5)] == [True] * 3 + [False] * 2


async def test_no_budget_is_never_spent(storage: Storage) -> None:
    assert not await storage.links.spend(DAY, 0)


async def test_a_new_day_has_its_own_budget(storage: Storage) -> None:
    assert await storage.links.spend(DAY, 1)
    assert await storage.links.spend(date(2026, 1, 3), 1)
    assert not await storage.links.spend(DAY, 1)


async def test_a_budget_is_kept_among_many(database: Database, migrated_url: str) -> None:
    databases = [database, *(Database.open(migrated_url) for _ in range(2))]
    try:
        spent = await asyncio.gather(
            *(SpotifyLinks(databases[i % 3]).spend(DAY, 7) for i in range(30))
        )
    finally:
        await asyncio.gather(*(opened.close() for opened in databases[1:]))
    assert sum(spent) == 7
