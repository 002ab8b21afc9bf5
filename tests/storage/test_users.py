from __future__ import annotations

import asyncio

import pytest

from storage import Storage
from storage.database import Database
from storage.imports import ChatAddress
from storage.keys import Keys
from storage.users import Identity, Users


async def test_a_stranger_is_entered_and_known_afterwards(storage: Storage) -> None:
    assert await storage.users.find("discord", "1") is None
    user_id = await storage.users.resolve("discord", "1")
    assert await storage.users.resolve("discord", "1") == user_id
    assert await storage.users.find("discord", "1") == user_id


async def test_the_same_id_on_another_platform_is_another_person(storage: Storage) -> None:
    assert await storage.users.resolve("discord", "1") != await storage.users.resolve(
        "telegram", "1"
    )


async def test_identities_are_told(storage: Storage, user_id: int) -> None:
    assert await storage.users.identities(user_id) == [Identity("discord", "d-1")]
    assert await storage.users.identities(user_id + 99) == []


async def test_one_person_who_comes_often_at_once_is_entered_once(
    database: Database, keys: Keys, migrated_url: str
) -> None:
    databases = [database, *(Database.open(migrated_url) for _ in range(3))]
    try:
        found = await asyncio.gather(
            *(Users(databases[i % 4], keys).resolve("telegram", f"t-{i % 5}") for i in range(40))
        )
    finally:
        await asyncio.gather(*(opened.close() for opened in databases[1:]))
    assert len(set(found)) == 5
    for i in range(5):
        assert set(found[i::5]) == {await Users(database, keys).find("telegram", f"t-{i}")}


async def test_a_deleted_person_is_a_stranger_with_a_new_number(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.users.delete(user_id)
    await storage.users.delete(user_id)
    assert await storage.users.find("discord", "d-1") is None
    assert await storage.users.created_at(user_id) is None
    assert await storage.users.resolve("discord", "d-1") not in (user_id, other_id)


@pytest.mark.parametrize("kept", ["import", "playlist", "notice"])
async def test_who_has_something_here_is_not_let_go(
    storage: Storage, user_id: int, kept: str
) -> None:
    if kept == "import":
        await storage.imports.create("i", user_id, ChatAddress("discord", "1", True), [])
    elif kept == "playlist":
        await storage.playlists.add("p", user_id, model_id=None, seeds=[], tracks=[], options={})
    else:
        await storage.notices.add("n", user_id, model_id=None)
    assert not await storage.delete_user_without_anything(user_id)
    assert await storage.users.find("discord", "d-1") == user_id


async def test_who_has_nothing_here_goes_with_row_and_key(
    storage: Storage, user_id: int, other_id: int
) -> None:
    assert await storage.delete_user_without_anything(user_id)
    assert not await storage.delete_user_without_anything(user_id)
    assert await storage.users.find("discord", "d-1") is None
    assert await storage.keys.user_ids() == {other_id}


async def test_the_number_of_the_newest_person_is_not_given_again(storage: Storage) -> None:
    newest = await storage.users.resolve("console", "me")
    await storage.users.delete(newest)
    assert await storage.users.resolve("console", "me") > newest
