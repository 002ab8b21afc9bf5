from __future__ import annotations

import asyncio

import pytest

from storage import Storage
from storage.errors import RecordMissing


async def test_what_was_chosen_comes_back(storage: Storage, user_id: int, other_id: int) -> None:
    assert await storage.preferences.get(user_id) is None
    await storage.preferences.change(user_id, language="de", length=30)
    await storage.preferences.change(user_id, length=None, cap=2)
    record = await storage.preferences.get(user_id)
    assert record is not None
    assert record.chosen == {"language": "de", "cap": 2}
    assert await storage.preferences.get(other_id) is None


async def test_choices_at_the_same_time_are_all_kept(storage: Storage, user_id: int) -> None:
    names = [f"choice{number}" for number in range(8)]
    await asyncio.gather(*(storage.preferences.change(user_id, **{name: 1}) for name in names))
    record = await storage.preferences.get(user_id)
    assert record is not None
    assert set(record.chosen) == set(names)


async def test_nobody_chooses_nothing(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await storage.preferences.change(777, length=5)


async def test_those_who_chose_something_are_found(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.preferences.change(user_id, language="de", length=30)
    await storage.preferences.change(other_id, language="en")
    assert await storage.preferences.with_chosen("length") == [user_id]
    assert await storage.preferences.with_chosen("language") == sorted([user_id, other_id])
    await storage.preferences.change(user_id, length=None)
    assert await storage.preferences.with_chosen("length") == []
