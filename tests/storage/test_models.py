from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from storage import Storage
from storage.errors import BlobMissing, CorruptBlob, RecordMissing
from storage.models import ModelRecord

FACTS = {"epochs": 7, "hit_rate_at_10": 0.25, "top": ["Björk"]}


async def save(storage: Storage, user_id: int, content: bytes, directory: Path) -> ModelRecord:
    file = directory / "model"
    file.write_bytes(content)
    return await storage.models.save(user_id, file, history_version=3, facts=FACTS)


async def keys(storage: Storage) -> list[str]:
    return [blob.key for blob in await storage.blobs.list("users/")]


async def test_a_saved_model_does_not_answer_yet(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    await save(storage, user_id, b"weights", tmp_path)
    assert await storage.models.active(user_id) is None


async def test_an_activated_model_answers(storage: Storage, user_id: int, tmp_path: Path) -> None:
    saved = await save(storage, user_id, b"weights", tmp_path)
    await storage.models.activate(saved.id)
    active = await storage.models.active(user_id)
    assert active == saved
    assert (active.version, active.history_version, active.facts) == (1, 3, FACTS)
    assert (active.user_id, active.byte_size) == (user_id, 7)
    assert await storage.models.read(active) == b"weights"


async def test_the_old_model_answers_until_the_switch_and_is_gone_after_it(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    old = await save(storage, user_id, b"old", tmp_path)
    await storage.models.activate(old.id)
    new = await save(storage, user_id, b"new", tmp_path)
    assert await storage.models.active(user_id) == old
    await storage.models.activate(new.id)
    assert await storage.models.active(user_id) == new
    assert [record.id for record in await storage.models.of_user(user_id)] == [new.id]
    assert await keys(storage) == [new.blob_key]
    with pytest.raises(BlobMissing):
        await storage.models.read(old)


async def test_activating_twice_is_activating_once(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    saved = await save(storage, user_id, b"weights", tmp_path)
    await storage.models.activate(saved.id)
    await storage.models.activate(saved.id)
    assert await storage.models.active(user_id) == saved


async def test_an_older_model_never_comes_back(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    old, new = [await save(storage, user_id, content, tmp_path) for content in (b"old", b"new")]
    await storage.models.activate(new.id)
    with pytest.raises(RecordMissing) as caught:
        await storage.models.activate(old.id)
    assert (caught.value.what, caught.value.id) == ("model", old.id)
    assert await storage.models.active(user_id) == new


async def test_activations_at_once_leave_one_active_model(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    saved = [await save(storage, user_id, bytes([i]), tmp_path) for i in range(6)]
    await asyncio.gather(
        *(storage.models.activate(record.id) for record in saved), return_exceptions=True
    )
    assert await storage.models.active(user_id) == saved[-1]
    assert await keys(storage) == [saved[-1].blob_key]


async def test_no_version_comes_twice(storage: Storage, user_id: int, tmp_path: Path) -> None:
    folders = [tmp_path / str(i) for i in range(5)]
    for folder in folders:
        folder.mkdir()
    saved = await asyncio.gather(*(save(storage, user_id, b"x", folder) for folder in folders))
    for record in saved:
        await storage.models.delete(record.id)
    saved.append(await save(storage, user_id, b"x", tmp_path))
    assert sorted(record.version for record in saved) == [1, 2, 3, 4, 5, 6]


async def test_models_of_others_are_left_alone(
    storage: Storage, user_id: int, other_id: int, tmp_path: Path
) -> None:
    theirs = await save(storage, other_id, b"theirs", tmp_path)
    await storage.models.activate(theirs.id)
    mine = await save(storage, user_id, b"mine", tmp_path)
    await storage.models.activate(mine.id)
    assert await storage.models.active(other_id) == theirs
    assert await storage.models.read(theirs) == b"theirs"


async def test_a_deleted_model_is_gone(storage: Storage, user_id: int, tmp_path: Path) -> None:
    saved = await save(storage, user_id, b"weights", tmp_path)
    await storage.models.activate(saved.id)
    await storage.models.delete(saved.id)
    await storage.models.delete(saved.id)
    assert await storage.models.active(user_id) is None
    assert await keys(storage) == []


@pytest.mark.parametrize("damaged", [b"weightz", b"weight", b"", b"weights "])
async def test_damaged_bytes_are_refused_by_name(
    storage: Storage, user_id: int, tmp_path: Path, damaged: bytes
) -> None:
    saved = await save(storage, user_id, b"weights", tmp_path)
    (tmp_path / "data" / "blobs" / saved.blob_key).write_bytes(damaged)
    with pytest.raises(CorruptBlob) as caught:
        await storage.models.read(saved)
    assert (caught.value.key, caught.value.found_sha256) == (
        saved.blob_key,
        hashlib.sha256(damaged).hexdigest(),
    )


async def test_nobody_has_no_model(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(RecordMissing):
        await save(storage, 777, b"ghost", tmp_path)
    assert await keys(storage) == []
