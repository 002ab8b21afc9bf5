"""Files that wait for their person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import Storage
from storage.errors import RecordMissing
from storage.joining import Pair

DAY = timedelta(days=1)
PAST = timedelta(seconds=-1)


async def test_files_wait_until_they_are_deleted(storage: Storage, user_id: int) -> None:
    await storage.gathered.add("g", user_id, {"names": ["a"]}, DAY)
    (record,) = await storage.gathered.of_user(user_id)
    assert (record.id, record.files, record.starts) == ("g", {"names": ["a"]}, 0)
    assert record.expires_at - record.created_at == DAY
    await storage.gathered.delete("g")
    await storage.gathered.delete("g")
    assert await storage.gathered.of_user(user_id) == []


async def test_more_files_take_the_place_of_fewer(storage: Storage, user_id: int) -> None:
    await storage.gathered.add("g", user_id, {"names": ["a"]}, timedelta(seconds=1))
    (before,) = await storage.gathered.of_user(user_id)
    assert await storage.gathered.change("g", user_id, {"names": ["a", "b"]}, DAY)
    (after,) = await storage.gathered.of_user(user_id)
    assert (after.files, after.created_at) == ({"names": ["a", "b"]}, before.created_at)
    assert after.expires_at > before.expires_at


async def test_what_is_gone_is_not_changed(storage: Storage, user_id: int) -> None:
    assert not await storage.gathered.change("g", user_id, {}, DAY)
    assert await storage.gathered.of_user(user_id) == []


async def test_beginnings_are_counted(storage: Storage, user_id: int) -> None:
    await storage.gathered.add("g", user_id, {}, DAY)
    assert await storage.gathered.begin("g")
    assert await storage.gathered.begin("g")
    assert [record.starts for record in await storage.gathered.of_user(user_id)] == [2]


async def test_what_is_gone_does_not_begin(storage: Storage) -> None:
    assert not await storage.gathered.begin("g")


async def test_what_is_too_old_is_not_there_and_is_swept(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.gathered.add("old", user_id, {}, PAST)
    await storage.gathered.add("new", other_id, {}, DAY)
    assert await storage.gathered.of_user(user_id) == []
    await storage.sweep()
    assert await storage.gathered.owners() == [other_id]


async def test_a_deleted_persons_files_do_not_wait(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.gathered.add("a", user_id, {}, DAY)
    await storage.gathered.add("b", other_id, {}, DAY)
    await storage.delete_user(user_id)
    assert await storage.gathered.owners() == [other_id]


async def test_a_strangers_files_are_not_noted(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await storage.gathered.add("g", 99, {}, DAY)


async def test_files_of_an_account_that_parted_are_forgotten(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.join_codes.put(user_id, "CODE", DAY)
    await storage.joining.join("CODE", Pair(user_id, other_id, 0, 0), None)
    for name, files in (
        ("here", {"person": {"platform": "discord"}}),
        ("there", {"person": {"platform": "telegram"}}),
        ("nobody's", {}),
    ):
        await storage.gathered.add(name, user_id, files, DAY)
    await storage.joining.part(user_id, "discord", "d-1", stays=True)
    assert [record.id for record in await storage.gathered.of_user(user_id)] == ["here"]
