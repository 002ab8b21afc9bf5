from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
import sqlalchemy as sa

from chatbot.conversation.refusals import limit_reached
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.errors import LimitReached
from chatbot.services.jobs import IMPORT_TASK
from chatbot.services.limits import Admission, ImportGate, ImportLimits
from storage import Storage, tables
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


async def _entered_at(storage: Storage, user_id: int, moment: datetime) -> None:
    await storage.imports.create("one", user_id, CHAT, [])
    async with storage.database.transaction() as connection:
        await connection.execute(sa.update(tables.imports).values(created_at=moment))


async def test_imports_that_came_to_nothing_count_after_a_restart_too(storage: Storage) -> None:
    one, _ = await _people(storage)
    jobs = MemoryJobs(())
    await jobs.enqueue(IMPORT_TASK, user_id=one, subject_id="one")
    await jobs.cancel(f"{IMPORT_TASK}-one")
    gate = ImportGate(storage, jobs, ImportLimits(imports_a_day=1), disk=None)
    with pytest.raises(LimitReached, match="imports_a_day") as caught:
        async with gate.admit(one):
            pass
    assert caught.value.seconds_left == pytest.approx(24 * 3600, abs=60)


async def test_an_import_from_a_time_to_come_shuts_nobody_out(storage: Storage) -> None:
    """The clock was set back by a year."""
    one, _ = await _people(storage)
    await _entered_at(storage, one, datetime.now(UTC) + timedelta(days=365))
    async with _gate(storage, imports_a_day=1).admit(one):
        pass


async def test_an_import_of_yesterday_does_not_count(storage: Storage) -> None:
    one, _ = await _people(storage)
    await _entered_at(storage, one, datetime.now(UTC) - timedelta(hours=24))
    async with _gate(storage, imports_a_day=1).admit(one):
        pass


class _SetBack(datetime):
    """A clock of the day that was set back."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) - timedelta(hours=30)


async def test_a_clock_that_is_set_back_gives_no_second_day(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await _people(storage)
    gate = _gate(storage, imports_a_day=1)
    async with gate.admit(one):
        pass
    monkeypatch.setattr("chatbot.services.limits.datetime", _SetBack)
    with pytest.raises(LimitReached, match="imports_a_day") as caught:
        async with gate.admit(one):
            pass
    assert caught.value.seconds_left == pytest.approx(24 * 3600, abs=60)
