"""What crashes of workers leave behind is taken while the bot runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chatbot import running
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
    sweeping = asyncio.create_task(running._sweep_often(storage))
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
