from __future__ import annotations

import pytest

from storage import Storage
from storage.errors import RecordMissing


async def test_a_notice_stays_until_it_is_deleted(storage: Storage, user_id: int) -> None:
    added = await storage.notices.add("after-7", user_id, model_id=7)
    assert await storage.notices.all() == [added]
    await storage.notices.delete("after-7")
    await storage.notices.delete("after-7")
    assert await storage.notices.all() == []


async def test_a_notice_is_entered_once(storage: Storage, user_id: int) -> None:
    first = await storage.notices.add("after-7", user_id, model_id=7)
    await storage.notices.add("after-7", user_id, model_id=None)
    assert await storage.notices.all() == [first]


async def test_each_person_has_their_own(storage: Storage, user_id: int, other_id: int) -> None:
    await storage.notices.add("again-1", user_id, model_id=None)
    other = await storage.notices.add("again-2", other_id, model_id=None)
    assert await storage.notices.of_user(other_id) == [other]
    await storage.delete_user(user_id)
    assert await storage.notices.all() == [other]


async def test_a_stranger_waits_for_nothing(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await storage.notices.add("again-1", 99, model_id=None)
