from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chatbot.conversation.refusals import limit_reached
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.errors import LimitReached
from chatbot.services.limits import Admission, ImportGate, ImportLimits
from storage import Storage
from storage.imports import ChatAddress, NewUpload

CHAT = ChatAddress("console", "me", is_private=True)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(
        f"sqlite+aiosqlite:///{tmp_path}/songnet.db", (tmp_path / "blobs").as_uri()
    )
    yield opened
    await opened.close()


async def _people(storage: Storage) -> tuple[int, int]:
    one = await storage.users.resolve("console", "one")
    return one, await storage.users.resolve("console", "two")


async def _receive(admission: Admission, count: int) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * count

    async for _ in admission.metered(chunks()):
        pass


def _gate(storage: Storage, **limits: int) -> ImportGate:
    return ImportGate(storage, MemoryJobs(()), ImportLimits(**limits), disk=None)


async def test_files_that_come_at_once_do_not_slip_through_together(storage: Storage) -> None:
    one, two = await _people(storage)
    gate = _gate(storage, stored_bytes_of_user=100, stored_bytes=150)
    async with gate.admit(one) as first, gate.admit(one) as second, gate.admit(two) as third:
        await _receive(first, 60)
        with pytest.raises(LimitReached, match="stored_bytes_of_user: 100"):
            await _receive(second, 60)
        with pytest.raises(LimitReached, match="stored_bytes: 150"):
            await _receive(third, 60)


async def test_what_was_refused_takes_no_room(storage: Storage) -> None:
    one, _ = await _people(storage)
    gate = _gate(storage, stored_bytes_of_user=100)
    with pytest.raises(LimitReached):
        async with gate.admit(one) as admission:
            await _receive(admission, 101)
    async with gate.admit(one) as admission:
        await _receive(admission, 100)


async def test_what_was_stored_meanwhile_takes_room(storage: Storage) -> None:
    one, _ = await _people(storage)
    gate = _gate(storage, stored_bytes_of_user=100)
    async with gate.admit(one) as slow:
        async with gate.admit(one) as quick:
            await _receive(quick, 60)
        with pytest.raises(LimitReached):
            await _receive(slow, 60)


async def test_an_import_that_is_being_received_has_its_place_in_the_queue(
    storage: Storage,
) -> None:
    one, two = await _people(storage)
    gate = _gate(storage, jobs_of_user=1, jobs=1)
    async with gate.admit(one):
        for user_id, limit in ((one, "jobs_of_user"), (two, "jobs")):
            with pytest.raises(LimitReached, match=f"{limit}: 1"):
                async with gate.admit(user_id):
                    pass
    async with gate.admit(two):
        pass


async def test_what_is_stored_counts(storage: Storage) -> None:
    one, two = await _people(storage)
    await storage.imports.create("a", one, CHAT, [NewUpload("a-0", "a.zip", 60, "users/1/a")])
    assert await storage.usage.bytes_of_user(one) == 60
    assert await storage.usage.bytes_of_user(two) == 0
    assert await storage.usage.bytes_in_all() == 60
    gate = _gate(storage, stored_bytes_of_user=100, imports_a_day=2)
    with pytest.raises(LimitReached, match="stored_bytes_of_user"):
        async with gate.admit(one) as admission:
            await _receive(admission, 41)
    await storage.imports.create("b", one, CHAT, [])
    with pytest.raises(LimitReached, match="imports_a_day: 2") as caught:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(gate.admit(one))
    assert caught.value.seconds_left == pytest.approx(24 * 3600, abs=60)


async def test_imports_that_came_to_nothing_count_too(storage: Storage) -> None:
    one, two = await _people(storage)
    gate = _gate(storage, imports_a_day=1)
    async with gate.admit(one):
        pass
    with pytest.raises(LimitReached, match="imports_a_day"):
        async with gate.admit(one):
            pass
    async with gate.admit(two):
        pass


async def test_a_full_disk_takes_nothing(storage: Storage, tmp_path: Path) -> None:
    one, _ = await _people(storage)
    limits = ImportLimits(free_disk_bytes=10**18)
    gate = ImportGate(storage, MemoryJobs(()), limits, disk=tmp_path)
    with pytest.raises(LimitReached, match="free_disk_bytes"):
        async with gate.admit(one):
            pass


def test_every_limit_has_an_answer_of_its_own() -> None:
    names = {field.name for field in dataclasses.fields(ImportLimits)} - {"file_bytes", "files"}
    answers = {limit_reached(LimitReached(name, 5, 60)).text for name in names}
    assert len(answers) == len(names)
