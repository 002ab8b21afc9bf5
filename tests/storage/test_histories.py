from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from storage import Storage
from storage.blob_directory import DirectoryStore
from storage.blob_stores import Spool
from storage.database import Database
from storage.errors import BlobMissing, Conflict, CorruptBlob, RecordMissing
from storage.histories import HistoryRecord
from storage.keys import Keys

FIRST = datetime(2015, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
LAST = datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


async def replace(
    storage: Storage, user_id: int, content: bytes, expected: int, directory: Path
) -> HistoryRecord:
    file = directory / "new.parquet"
    file.write_bytes(content)
    return await storage.histories.replace(
        user_id, file, plays=12, tracks=3, first_play=FIRST, last_play=LAST,
        expected_version=expected,
    )  # fmt: skip


async def stored(storage: Storage, user_id: int, directory: Path) -> tuple[int, bytes]:
    """What a reader sees now."""
    record = await storage.histories.fetch(user_id, directory / "fetched")
    return (0, b"") if record is None else (record.version, (directory / "fetched").read_bytes())


async def blob_keys(storage: Storage) -> list[str]:
    return [blob.key for blob in await storage.blobs.list("users/")]


async def test_a_newcomer_has_none(storage: Storage, user_id: int, tmp_path: Path) -> None:
    assert await storage.histories.get(user_id) is None
    assert await storage.histories.fetch(user_id, tmp_path / "to") is None
    assert not (tmp_path / "to").exists()


async def test_a_history_comes_back_as_it_went(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    made = await replace(storage, user_id, b"plays", 0, tmp_path)
    record = await storage.histories.get(user_id)
    assert record == made
    assert (record.version, record.plays, record.tracks, record.byte_size) == (1, 12, 3, 5)
    assert (record.first_play, record.last_play) == (FIRST, LAST)
    assert record.first_play.tzinfo is UTC
    assert await stored(storage, user_id, tmp_path) == (1, b"plays")


async def test_replacing_counts_up_and_leaves_one_blob(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    await replace(storage, user_id, b"one", 0, tmp_path)
    second = await replace(storage, user_id, b"two", 1, tmp_path)
    assert await stored(storage, user_id, tmp_path) == (2, b"two")
    assert await blob_keys(storage) == [second.blob_key]


@pytest.mark.parametrize("expected", [0, 2])
async def test_who_comes_late_changes_nothing(
    storage: Storage, user_id: int, tmp_path: Path, expected: int
) -> None:
    first = await replace(storage, user_id, b"one", 0, tmp_path)
    with pytest.raises(Conflict) as caught:
        await replace(storage, user_id, b"late", expected, tmp_path)
    assert (caught.value.expected, caught.value.found) == (expected, 1)
    assert await stored(storage, user_id, tmp_path) == (1, b"one")
    assert await blob_keys(storage) == [first.blob_key]


async def test_of_several_at_once_one_wins(storage: Storage, user_id: int, tmp_path: Path) -> None:
    folders = [tmp_path / str(i) for i in range(8)]
    for folder in folders:
        folder.mkdir()
    outcomes = await asyncio.gather(
        *(replace(storage, user_id, folder.name.encode(), 0, folder) for folder in folders),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, HistoryRecord)]
    assert len(won) == 1
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 7
    assert await blob_keys(storage) == [won[0].blob_key]
    assert (await stored(storage, user_id, tmp_path))[0] == 1


async def test_nobody_has_no_history(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(RecordMissing):
        await replace(storage, 777, b"ghost", 0, tmp_path)
    assert await blob_keys(storage) == []


async def test_damaged_bytes_are_refused_and_not_left_behind(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    record = await replace(storage, user_id, b"good", 0, tmp_path)
    (tmp_path / "data" / "blobs" / record.blob_key).write_bytes(b"evil")
    with pytest.raises(CorruptBlob) as caught:
        await storage.histories.fetch(user_id, tmp_path / "to")
    assert caught.value.key == record.blob_key
    assert not (tmp_path / "to").exists()


async def test_lost_bytes_are_named(storage: Storage, user_id: int, tmp_path: Path) -> None:
    record = await replace(storage, user_id, b"good", 0, tmp_path)
    await storage.blobs.delete([record.blob_key])
    with pytest.raises(BlobMissing):
        await storage.histories.fetch(user_id, tmp_path / "to")


class Fragile(DirectoryStore):
    """A directory in which one step fails as if the power went."""

    cut_before: str | None = None
    cut_after: str | None = None

    async def keep(self, spool: Spool, key: str) -> None:
        await self._cut("keep", super().keep(spool, key))

    async def delete(self, keys: Sequence[str]) -> None:
        await self._cut("delete", super().delete(keys))

    async def _cut(self, step: str, work: Any) -> None:
        if self.cut_before == step:
            work.close()
            raise OSError("the power went")
        await work
        if self.cut_after == step:
            raise OSError("the power went")


@pytest.fixture
def fragile(tmp_path: Path) -> Fragile:
    return Fragile(tmp_path / "fragile")


@pytest.mark.parametrize("when", ["cut_before", "cut_after"])
async def test_a_crash_while_writing_keeps_the_old_history(  # noqa: PLR0917 - fixtures come by name
    database: Database, keys: Keys, user_id: int, fragile: Fragile, tmp_path: Path, when: str
) -> None:
    storage = Storage.over(database, fragile, keys)
    await replace(storage, user_id, b"old", 0, tmp_path)
    setattr(fragile, when, "keep")
    with pytest.raises(OSError, match="the power went"):
        await replace(storage, user_id, b"new", 1, tmp_path)
    setattr(fragile, when, None)
    assert await stored(storage, user_id, tmp_path) == (1, b"old")
    await storage.sweep(min_age=timedelta(0))
    assert len(await blob_keys(storage)) == 1
    await replace(storage, user_id, b"new", 1, tmp_path)
    assert await stored(storage, user_id, tmp_path) == (2, b"new")


@pytest.mark.parametrize("when", ["cut_before", "cut_after"])
async def test_a_crash_after_the_switch_keeps_the_new_history(  # noqa: PLR0917 - fixtures come by name
    database: Database, keys: Keys, user_id: int, fragile: Fragile, tmp_path: Path, when: str
) -> None:
    storage = Storage.over(database, fragile, keys)
    await replace(storage, user_id, b"old", 0, tmp_path)
    setattr(fragile, when, "delete")
    made = await replace(storage, user_id, b"new", 1, tmp_path)
    setattr(fragile, when, None)
    assert await stored(storage, user_id, tmp_path) == (2, b"new")
    await storage.sweep(min_age=timedelta(0))
    assert await blob_keys(storage) == [made.blob_key]


async def test_a_reader_who_comes_between_row_and_bytes_gets_the_newer_history(
    database: Database, keys: Keys, user_id: int, tmp_path: Path
) -> None:
    class Slow(DirectoryStore):
        """Lets a replacement in before the first read."""

        once = True

        async def chunks(self, key: str) -> Any:
            if self.once:
                self.once = False
                await replace(storage, user_id, b"new", 1, tmp_path)
            async for chunk in super().chunks(key):
                yield chunk

    storage = Storage.over(database, Slow(tmp_path / "slow"), keys)
    await replace(storage, user_id, b"old", 0, tmp_path)
    assert await stored(storage, user_id, tmp_path) == (2, b"new")
