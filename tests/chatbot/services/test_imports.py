from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.jobs.memory import MemoryJobs
from chatbot.services.errors import NothingAccepted, Refusal
from chatbot.services.files import SentFileUnavailable
from chatbot.services.imports import ImportService
from chatbot.services.limits import ImportLimits
from storage import Storage
from storage.blob_directory import DirectoryStore
from storage.blob_stores import Spool
from storage.errors import RecordMissing
from storage.imports import ChatAddress

CHAT = ChatAddress("console", "me", is_private=True)


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Sent:
    """A file that a platform hands out, doing something on the way."""

    name: str
    content: bytes = b"[]"
    size: int | None = None
    before: Callable[[], Awaitable[None]] = _nothing

    async def chunks(self) -> AsyncIterator[bytes]:
        await self.before()
        yield self.content


class HeldStore(DirectoryStore):
    """Says when a blob is kept, and stays there."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.kept = asyncio.Event()

    async def keep(self, spool: Spool, key: str) -> None:
        await super().keep(spool, key)
        self.kept.set()
        await asyncio.Event().wait()


def _service(storage: Storage) -> ImportService:
    return ImportService(storage, MemoryJobs(()), ImportLimits(file_bytes=10, files=2))


async def test_what_is_taken_is_stored_and_queued(storage: Storage, user_id: int) -> None:
    accepted = await _service(storage).accept(user_id, CHAT, [Sent("a.json"), Sent("b.json")])
    stored = await storage.uploads.of_import(accepted.import_id)
    assert [upload.file_name for upload in stored] == ["a.json", "b.json"]
    assert [await storage.blobs.read(upload.blob_key) for upload in stored] == [b"[]", b"[]"]
    assert (accepted.job.subject_id, accepted.job.position) == (accepted.import_id, 1)


async def test_each_refused_file_has_its_reason(storage: Storage, user_id: int) -> None:
    async def too_large() -> None:
        raise SentFileUnavailable("too_large", limit_bytes=5)

    for file, refusal in [
        (Sent("said.zip", size=11), Refusal("said.zip", "too_large", 10)),
        (Sent("found.zip", b"x" * 11), Refusal("found.zip", "too_large", 10)),
        (Sent("platform.zip", before=too_large), Refusal("platform.zip", "too_large", 5)),
        (Sent("empty.zip", b""), Refusal("empty.zip", "empty")),
    ]:
        with pytest.raises(NothingAccepted) as caught:
            await _service(storage).accept(user_id, CHAT, [file])
        assert caught.value.refusals == (refusal,)
    assert await storage.blobs.list("users/") == []
    assert await storage.imports.of_user(user_id) == []


async def test_files_over_the_number_are_left_out(storage: Storage, user_id: int) -> None:
    files = [Sent("a.json"), Sent("b.json"), Sent("c.json")]
    accepted = await _service(storage).accept(user_id, CHAT, files)
    assert [file.name for file in accepted.files] == ["a.json", "b.json"]
    assert accepted.refusals == (Refusal("c.json", "too_many", 2),)


async def test_a_sweep_between_two_files_takes_neither(storage: Storage, user_id: int) -> None:
    async def sweep() -> None:
        assert (await storage.sweep(min_age=timedelta(0))).blobs == 0

    files = [Sent("a.json"), Sent("b.json", before=sweep)]
    accepted = await _service(storage).accept(user_id, CHAT, files)
    stored = await storage.uploads.of_import(accepted.import_id)
    assert [await storage.blobs.read(upload.blob_key) for upload in stored] == [b"[]", b"[]"]


async def test_a_cancelled_download_leaves_nothing(storage: Storage, user_id: int) -> None:
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    files = [Sent("a.json"), Sent("b.json", before=hang)]
    accepting = asyncio.create_task(_service(storage).accept(user_id, CHAT, files))
    await reached.wait()
    assert len(await storage.blobs.list("users/")) == 1
    accepting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await accepting
    assert await storage.blobs.list("users/") == []
    assert await storage.imports.of_user(user_id) == []


async def test_a_file_that_was_just_stored_goes_with_a_cancellation(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    store = HeldStore(tmp_path / "held")
    held = Storage.over(storage.database, store, storage.keys)
    accepting = asyncio.create_task(_service(held).accept(user_id, CHAT, [Sent("a.json")]))
    await store.kept.wait()
    assert len(await held.blobs.list("users/")) == 1
    accepting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await accepting
    assert await held.blobs.list("users/") == []


async def test_a_person_who_leaves_during_the_download_leaves_nothing(
    storage: Storage, user_id: int
) -> None:
    async def leave() -> None:
        await storage.delete_user(user_id)

    files = [Sent("a.json"), Sent("b.json", before=leave)]
    with pytest.raises(RecordMissing):
        await _service(storage).accept(user_id, CHAT, files)
    assert await storage.blobs.list("users/") == []
    assert await storage.users.find("console", "me") is None
