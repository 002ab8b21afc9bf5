from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from storage import Storage
from storage.blob_directory import DirectoryStore
from storage.database import Database
from storage.imports import ChatAddress, NewUpload
from storage.keys import Keys

CHAT = ChatAddress("discord", "c-1", is_private=True)


async def content(size: int) -> AsyncIterator[bytes]:
    yield b"x" * size


async def send(storage: Storage, user_id: int, import_id: str, *sizes: int) -> list[str]:
    files = []
    for number, size in enumerate(sizes):
        key = f"users/{user_id}/uploads/{import_id}-{number}"
        await storage.blobs.put_stream(key, content(size), max_bytes=size)
        files.append(NewUpload(f"{import_id}-{number}", f"file-{number}.json", size, key))
    await storage.imports.create(import_id, user_id, ChatAddress("discord", "c", True), files)
    return [file.blob_key for file in files]


async def test_uploads_come_in_the_order_in_which_they_were_sent(
    storage: Storage, user_id: int
) -> None:
    await send(storage, user_id, "i", *range(1, 13))
    assert [upload.byte_size for upload in await storage.uploads.of_import("i")] == list(
        range(1, 13)
    )


async def test_a_deleted_upload_leaves_neither_row_nor_bytes(
    storage: Storage, user_id: int
) -> None:
    keys = await send(storage, user_id, "i", 1, 2)
    for _ in range(2):
        await storage.uploads.delete(["i-0", "never"])
        assert [upload.id for upload in await storage.uploads.of_import("i")] == ["i-1"]
        assert [blob.key for blob in await storage.blobs.list()] == keys[1:]
    await storage.uploads.delete([])


async def test_an_imports_files_go_together(storage: Storage, user_id: int) -> None:
    await send(storage, user_id, "i", 1, 2)
    others = await send(storage, user_id, "j", 3)
    for _ in range(2):
        await storage.uploads.delete_of_import("i")
    assert [blob.key for blob in await storage.blobs.list()] == others


async def test_the_import_keeps_its_file_names(storage: Storage, user_id: int) -> None:
    await send(storage, user_id, "i", 1)
    await storage.uploads.delete(["i-0"])
    record = await storage.imports.get("i")
    assert record is not None
    assert record.file_names == ("file-0.json",)


async def test_a_row_without_its_raw_file_is_found(storage: Storage, user_id: int) -> None:
    keys = await send(storage, user_id, "i", 1, 2)
    await storage.blobs.delete(keys[:1])
    assert await storage.uploads.lost() == ["i-0"]


async def test_a_deletion_that_was_cut_can_be_done_again(
    database: Database, keys: Keys, user_id: int, tmp_path: Path
) -> None:
    class CutShort(DirectoryStore):
        broken = True

        async def delete(self, keys: Sequence[str]) -> None:
            await super().delete(keys)
            if self.broken:
                raise OSError("the power went")

    store = CutShort(tmp_path / "fragile")
    storage = Storage.over(database, store, keys)
    await send(storage, user_id, "i", 1)
    with pytest.raises(OSError, match="the power went"):
        await storage.uploads.delete(["i-0"])
    assert len(await storage.uploads.of_import("i")) == 1
    store.broken = False
    await storage.uploads.delete(["i-0"])
    assert await storage.uploads.of_import("i") == []
