"""Files that wait for their person's word, over restarts of the bot."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from chatbot.services.gathered import GatheredService
from chatbot.services.newcomers import Newcomers
from storage import Storage, tables

ADA, BOB = ("telegram", "1"), ("telegram", "2")


@pytest.fixture
def service(storage: Storage) -> GatheredService:
    return GatheredService(storage, Newcomers(storage), hours=1)


async def test_what_a_stranger_sent_waits_and_they_are_known_until_it_ends(
    storage: Storage, service: GatheredService
) -> None:
    await service.keep("g", *ADA, {"names": ["a"]})
    assert [record.files for record in await service.waiting()] == [{"names": ["a"]}]
    await service.end("g", *ADA)
    assert await service.waiting() == []
    assert await storage.users.find(*ADA) is None


async def test_the_end_of_files_takes_nobody_of_whom_more_is_kept(
    storage: Storage, service: GatheredService
) -> None:
    await service.keep("g", *ADA, {})
    await service.keep("other", *ADA, {})
    await service.end("g", *ADA)
    assert [record.id for record in await service.waiting()] == ["other"]


async def test_what_was_deleted_comes_back_by_no_more_files(
    storage: Storage, service: GatheredService
) -> None:
    await service.keep("g", *ADA, {})
    user_id = await storage.users.find(*ADA)
    assert user_id is not None
    await storage.delete_user(user_id)
    assert not await service.change("g", *ADA, {})
    assert not await service.begin("g")
    assert await service.waiting() == []


async def test_one_persons_damaged_row_keeps_nobody_elses_away(
    storage: Storage, service: GatheredService, caplog: pytest.LogCaptureFixture
) -> None:
    await service.keep("a", *ADA, {})
    await service.keep("b", *BOB, {})
    async with storage.database.transaction() as connection:
        await connection.execute(
            update(tables.gathered).where(tables.gathered.c.id == "a").values(files=b"\x01damaged")
        )
    assert [record.id for record in await service.waiting()] == ["b"]
    assert "are damaged" in caplog.text
