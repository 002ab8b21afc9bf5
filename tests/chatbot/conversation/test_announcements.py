"""What people hear of their imports when things go wrong, with a messenger that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatbot.bootstrap import wire_bot
from chatbot.conversation.messages import Message, MessageRef, MessageUndeliverable, Platform
from chatbot.jobs.memory import MemoryJobs
from chatbot.jobs.tasks.base import Step, StepContext, Task
from chatbot.services.jobs import IMPORT_TASK, Job, JobFailure, JobState
from chatbot.settings import Settings
from storage import Storage
from storage.imports import ChatAddress, MessageAddress, NewUpload


@dataclass
class Chat:
    """A messenger that remembers what it showed; some chats can be held up."""

    shown: list[Message] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    knocks_at_closed: int | None = None
    """Where it is a number: nothing gets through, and attempts are counted."""

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        self._knock()
        if (gate := self.held.get(ref.message_id)) is not None:
            self.waiting.set()
            await gate.wait()
        self.shown.append(message)
        return ref

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        self._knock()
        self.shown.append(message)
        return MessageRef(Platform.CONSOLE, chat_id, str(len(self.shown)))

    def _knock(self) -> None:
        if self.knocks_at_closed is not None:
            self.knocks_at_closed += 1
            raise MessageUndeliverable

    def texts(self) -> list[str]:
        return [message.text for message in self.shown]  # type: ignore[union-attr]


async def _eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():
            await asyncio.sleep(0.01)


async def _send(
    storage: Storage, user_id: int, import_id: str, message_id: str | None = "1"
) -> None:
    """An accepted import whose progress message stands in the chat, if it got there."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"[]"

    key = f"users/{user_id}/uploads/{import_id}-0"
    await storage.blobs.put_stream(key, chunks(), max_bytes=2)
    upload = NewUpload(f"{import_id}-0", "history.json", 2, key)
    chat = ChatAddress("console", "me", is_private=True)
    await storage.imports.create(import_id, user_id, chat, [upload])
    if message_id is not None:
        await storage.imports.set_message(import_id, MessageAddress("console", "me", message_id))


@asynccontextmanager
async def _following(storage: Storage, jobs: MemoryJobs, data: Path) -> AsyncIterator[Chat]:
    chat = Chat()
    bot = wire_bot(Settings(_env_file=None, data=data), storage, jobs)  # type: ignore[call-arg]
    bot.announcements.serve(Platform.CONSOLE, chat, 0)
    following = asyncio.create_task(bot.announcements.run())
    try:
        yield chat
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_of_an_import_that_was_cancelled_in_the_queue_no_file_remains(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    jobs = MemoryJobs(())  # no worker sees to it
    await _send(storage, user_id, "one")
    await jobs.enqueue(IMPORT_TASK, user_id=user_id, subject_id="one")
    await jobs.cancel(f"{IMPORT_TASK}-one")
    async with _following(storage, jobs, tmp_path) as chat:
        await _eventually(lambda: any("Cancelled" in text for text in chat.texts()))
        async with asyncio.timeout(10):
            while await storage.imports.unannounced():
                await asyncio.sleep(0.01)
    assert await storage.imports.of_user(user_id) == []
    assert await storage.blobs.list("users/") == []


async def test_a_cancelled_import_whose_plays_were_merged_does_not_say_that_nothing_changed(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    jobs = MemoryJobs(())
    await _send(storage, user_id, "one")
    await storage.imports.set_report("one", {"files": [], "history_version": 1})
    await jobs.enqueue(IMPORT_TASK, user_id=user_id, subject_id="one")
    await jobs.cancel(f"{IMPORT_TASK}-one")
    async with _following(storage, jobs, tmp_path) as chat:
        await _eventually(lambda: any("Cancelled" in text for text in chat.texts()))
    assert "keep them" in chat.texts()[-1]


REPORT = {
    "files": [],
    "history_version": 1,
    "history_plays": 30,
    "history_tracks": 12,
    "added": 30,
    "rows": 30,
    "plays": 30,
    "tracks": 12,
    "first_play": "2023-01-01T00:00:00Z",
    "last_play": "2024-01-01T00:00:00Z",
    "top_artists": [["Alan Walker", 12]],
    "skipped": {},
    "plays_per_year": {"2023": 29, "2024": 1},
    "uri_share": 0.5,
}


async def _nothing(_context: StepContext) -> None:
    """A step that has nothing to do."""


async def _at_the_end(_context: StepContext, _state: JobState, _why: JobFailure | None) -> None:
    """An end without consequences."""


async def test_a_report_is_posted_once_though_noting_that_fails(
    storage: Storage, user_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, tries = storage.imports.mark_announced, 0

    async def fails_at_first(import_id: str) -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("no space left on device")
        return await note(import_id)

    monkeypatch.setattr(storage.imports, "mark_announced", fails_at_first)
    await _send(storage, user_id, "one")
    await storage.imports.set_report("one", REPORT)
    task = Task(IMPORT_TASK, (Step("nothing", _nothing),), _at_the_end)
    async with MemoryJobs((task,)) as jobs:
        await jobs.enqueue(IMPORT_TASK, user_id=user_id, subject_id="one")
        async with _following(storage, jobs, tmp_path) as chat, asyncio.timeout(10):
            while await storage.imports.unannounced():
                await asyncio.sleep(0.01)
    assert tries == 2
    assert sum("30 plays of 12 songs" in text for text in chat.texts()) == 1


@pytest.mark.parametrize("has_message", [True, False])
async def test_a_closed_chat_is_left_alone_until_the_end(
    storage: Storage,
    user_id: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_message: bool,
) -> None:
    jobs = MemoryJobs(())
    look, looks = jobs.get, 0

    async def counted(job_id: str) -> Job | None:
        nonlocal looks
        looks += 1
        return await look(job_id)

    monkeypatch.setattr(jobs, "get", counted)
    await _send(storage, user_id, "one", message_id="1" if has_message else None)
    async with _following(storage, jobs, tmp_path) as chat:
        chat.knocks_at_closed = 0
        await _eventually(lambda: looks >= 4)
        assert chat.knocks_at_closed == 1
        await jobs.cancel(f"{IMPORT_TASK}-one")
        async with asyncio.timeout(60):
            while await storage.imports.unannounced():
                await asyncio.sleep(0.01)
        assert chat.knocks_at_closed <= 2


async def test_a_chat_that_hangs_holds_up_nobody_else(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    jobs = MemoryJobs(())
    other_id = await storage.users.resolve("console", "somebody else")
    await _send(storage, user_id, "one", message_id="1")
    await _send(storage, other_id, "two", message_id="2")
    async with _following(storage, jobs, tmp_path) as chat:
        chat.held["1"] = asyncio.Event()
        await _eventually(lambda: len(chat.shown) == 1)
        await jobs.enqueue(IMPORT_TASK, user_id=other_id, subject_id="two")
        await jobs.cancel(f"{IMPORT_TASK}-two")
        await _eventually(lambda: any("Cancelled" in text for text in chat.texts()))


async def test_after_a_deletion_no_older_edit_arrives(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    jobs = MemoryJobs(())
    await _send(storage, user_id, "one")
    async with _following(storage, jobs, tmp_path) as chat:
        await _eventually(lambda: len(chat.shown) == 1)
        chat.held["1"] = asyncio.Event()
        await jobs.cancel(f"{IMPORT_TASK}-one")
        async with asyncio.timeout(10):
            await chat.waiting.wait()
        await storage.delete_user(user_id)
        del chat.held["1"]
        await _eventually(lambda: any(text == "Deleted." for text in chat.texts()))
    assert chat.texts()[-1] == "Deleted."
