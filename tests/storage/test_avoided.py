from __future__ import annotations

import asyncio

import pytest

from storage import Storage
from storage.errors import RecordMissing

FADED = {"track_id": "a", "artist": "Alan Walker", "title": "Faded"}
LILY = {"track_id": "b", "artist": "Alan Walker", "title": "Lily"}


async def test_unwanted_songs_are_a_persons_own(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.avoided.add(user_id, FADED)
    await storage.avoided.add(user_id, LILY)
    assert [entry.track for entry in await storage.avoided.of_user(user_id)] == [FADED, LILY]
    assert await storage.avoided.of_user(other_id) == []


async def test_a_song_is_entered_once(storage: Storage, user_id: int) -> None:
    first = await storage.avoided.add(user_id, FADED)
    assert await storage.avoided.add(user_id, FADED) == first
    assert len(await storage.avoided.of_user(user_id)) == 1


async def test_a_song_is_entered_once_however_many_say_so_at_once(
    storage: Storage, user_id: int
) -> None:
    entries = await asyncio.gather(*(storage.avoided.add(user_id, FADED) for _ in range(10)))
    assert len(set(entries)) == len(await storage.avoided.of_user(user_id)) == 1


async def test_an_entry_tells_what_was_said_last(storage: Storage, user_id: int) -> None:
    await storage.avoided.add(user_id, LILY)
    entry = await storage.avoided.add(user_id, FADED | {"position": 3})
    assert await storage.avoided.add(user_id, FADED | {"position": 5}) == entry
    known = await storage.avoided.of_user(user_id)
    assert [each.track for each in known] == [LILY, FADED | {"position": 5}]


async def test_a_song_can_be_wanted_again(storage: Storage, user_id: int) -> None:
    entry = await storage.avoided.add(user_id, FADED)
    await storage.avoided.delete(user_id, entry)
    await storage.avoided.delete(user_id, entry)
    assert await storage.avoided.of_user(user_id) == []


async def test_nobody_else_can_say_so(storage: Storage, user_id: int, other_id: int) -> None:
    entry = await storage.avoided.add(user_id, FADED)
    await storage.avoided.delete(other_id, entry)
    assert len(await storage.avoided.of_user(user_id)) == 1


async def test_nobody_has_no_unwanted_songs(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await storage.avoided.add(777, FADED)
