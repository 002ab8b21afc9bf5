from __future__ import annotations

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
