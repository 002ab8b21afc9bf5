"""What people hear of their imports when things go wrong, with a messenger that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chatbot.bootstrap import wire_bot
from chatbot.conversation.messages import Message, MessageRef, Platform
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.imports import IMPORT_TASK
from chatbot.settings import Settings
from storage import Storage
from storage.imports import ChatAddress, MessageAddress, NewUpload


@dataclass
class Chat:
    """A messenger that remembers what it showed."""

    shown: list[Message] = field(default_factory=list)

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        self.shown.append(message)
        return ref

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        self.shown.append(message)
        return MessageRef(Platform.CONSOLE, chat_id, str(len(self.shown)))

    def texts(self) -> list[str]:
        return [message.text for message in self.shown]  # type: ignore[union-attr]


async def _eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.01)


async def _send(storage: Storage, user_id: int, import_id: str) -> None:
    """An accepted import whose progress message stands in the chat."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"[]"

    key = f"users/{user_id}/uploads/{import_id}-0"
    await storage.blobs.put_stream(key, chunks(), max_bytes=2)
    upload = NewUpload(f"{import_id}-0", "history.json", 2, key)
    chat = ChatAddress("console", "me", is_private=True)
    await storage.imports.create(import_id, user_id, chat, [upload])
    await storage.imports.set_message(import_id, MessageAddress("console", "me", "1"))


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
