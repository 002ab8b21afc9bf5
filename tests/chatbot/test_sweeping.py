"""What crashes of workers leave behind is taken while the bot runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chatbot import running
from chatbot.services.temporary import TemporaryFolders
from storage import Storage, SweepReport

STRAY = "users/1/models/of-no-row"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(
        f"sqlite+aiosqlite:///{tmp_path}/songnet.db", (tmp_path / "blobs").as_uri()
    )
    yield opened
    await opened.close()


async def _leave_a_stray(storage: Storage) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"half a model"

    await storage.users.resolve("console", "me")
    await storage.blobs.put_stream(STRAY, chunks(), max_bytes=100)


async def test_a_sweep_comes_again_and_again_though_one_fails(
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sweep, calls = Storage.sweep, 0

    async def fails_at_first(self: Storage, *, min_age: timedelta) -> SweepReport:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("the disk is away")
        return await sweep(self, min_age=min_age)

    monkeypatch.setattr(Storage, "sweep", fails_at_first)
    monkeypatch.setattr(running, "SWEEP_SECONDS", 0.01)
    await _leave_a_stray(storage)
    folders = TemporaryFolders(tmp_path / "tmp")
    sweeping = asyncio.create_task(running._sweep_often(storage, folders))
    try:
        async with asyncio.timeout(30):
            while (tmp_path / "blobs" / STRAY).exists():
                await asyncio.sleep(0.01)
            await _leave_a_stray(storage)
            while (tmp_path / "blobs" / STRAY).exists():
                await asyncio.sleep(0.01)
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
    assert caplog.text.count("sweeping failed") == 1


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_folder_that_a_killed_command_left_goes_while_the_bot_runs(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_away: bool
) -> None:
    async def fails(_self: Storage, *, min_age: timedelta) -> SweepReport:
        raise OSError("the blobs are away")

    if is_away:
        monkeypatch.setattr(Storage, "sweep", fails)
    monkeypatch.setattr(running, "SWEEP_SECONDS", 0.01)
    left = tmp_path / "tmp" / "left"
    left.mkdir(parents=True)
    (left / "0.parquet").write_text("Faded")
    folders = TemporaryFolders(tmp_path / "tmp")
    async with folders.folder() as at_work:
        sweeping = asyncio.create_task(running._sweep_often(storage, folders))
        try:
            async with asyncio.timeout(30):
                while left.exists():
                    await asyncio.sleep(0.01)
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
        assert at_work.is_dir()
