from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import Storage
from storage.errors import Conflict, RecordMissing
from storage.imports import ChatAddress, ImportFailure, MessageAddress, NewUpload

CHAT = ChatAddress("discord", "c-1", is_private=True)
FILES = [
    NewUpload("i-1-0", "mine & «yours».zip", 10, "users/1/uploads/i-1-0"),
    NewUpload("i-1-1", "Streaming_History_Audio_2024.json", 20, "users/1/uploads/i-1-1"),
]


async def test_an_import_is_remembered_with_its_files(storage: Storage, user_id: int) -> None:
    await storage.imports.create("i-1", user_id, CHAT, FILES)
    record = await storage.imports.get("i-1")
    assert record is not None
    assert (record.id, record.user_id, record.chat) == ("i-1", user_id, CHAT)
    assert record.file_names == ("mine & «yours».zip", "Streaming_History_Audio_2024.json")
    assert (record.message, record.report, record.failure, record.announced_at) == (None,) * 4
    assert timedelta(0) <= datetime.now(UTC) - record.created_at < timedelta(minutes=1)
    uploads = await storage.uploads.of_import("i-1")
    assert [(u.id, u.file_name, u.byte_size, u.blob_key) for u in uploads] == [
        (file.upload_id, file.file_name, file.byte_size, file.blob_key) for file in FILES
    ]


async def test_an_unknown_import_is_none(storage: Storage) -> None:
    assert await storage.imports.get("never") is None


async def test_what_becomes_of_it_is_remembered(storage: Storage, user_id: int) -> None:
    await storage.imports.create("i-1", user_id, CHAT, FILES)
    message = MessageAddress("discord", "c-1", "m-1")
    report = {"kept": 3, "skipped": {"podcast": 1}, "top": ["Sigur Rós \ud83c", None, 1.5]}
    assert await storage.imports.set_message("i-1", message)
    assert await storage.imports.set_report("i-1", report)
    assert await storage.imports.set_failure("i-1", "TooFewPlays", {"plays": 3})
    assert await storage.imports.mark_announced("i-1")
    record = await storage.imports.get("i-1")
    assert record is not None
    assert record.message == message
    assert record.report == report
    assert record.failure == ImportFailure("TooFewPlays", {"plays": 3})
    assert record.announced_at is not None
    assert record.announced_at.tzinfo is UTC


async def test_a_deleted_import_is_gone_with_its_uploads(storage: Storage, user_id: int) -> None:
    await storage.imports.create("i-1", user_id, CHAT, FILES)
    assert await storage.imports.delete("i-1")
    assert await storage.imports.get("i-1") is None
    assert await storage.uploads.of_import("i-1") == []
    assert not await storage.imports.delete("i-1")


async def test_what_no_json_can_hold_is_refused(storage: Storage, user_id: int) -> None:
    await storage.imports.create("i-1", user_id, CHAT, FILES)
    with pytest.raises(ValueError, match="JSON"):
        await storage.imports.set_report("i-1", {"loss": float("nan")})


async def test_news_of_an_import_that_is_gone_changes_nothing(storage: Storage) -> None:
    assert not await storage.imports.set_message("never", MessageAddress("console", "c", "m"))
    assert not await storage.imports.set_report("never", {})
    assert not await storage.imports.set_failure("never", "bug", {})
    assert not await storage.imports.mark_announced("never")


async def test_the_unannounced_are_everybodys(
    storage: Storage, user_id: int, other_id: int
) -> None:
    for number, owner in enumerate([user_id, other_id, user_id]):
        await storage.imports.create(f"i-{number}", owner, CHAT, [])
    await storage.imports.mark_announced("i-0")
    assert [record.id for record in await storage.imports.unannounced()] == ["i-1", "i-2"]
    assert [record.id for record in await storage.imports.of_user(user_id)] == ["i-0", "i-2"]


async def test_the_same_id_twice_is_a_conflict_and_enters_nothing(
    storage: Storage, user_id: int
) -> None:
    await storage.imports.create("i-1", user_id, CHAT, FILES)
    with pytest.raises(Conflict):
        await storage.imports.create("i-1", user_id, CHAT, [])
    with pytest.raises(Conflict):
        await storage.imports.create("i-2", user_id, CHAT, FILES[:1])
    assert await storage.imports.get("i-2") is None


async def test_an_import_of_nobody_is_refused(storage: Storage) -> None:
    with pytest.raises(RecordMissing) as caught:
        await storage.imports.create("i-1", 12345, CHAT, FILES)
    assert caught.value.what == "user"
