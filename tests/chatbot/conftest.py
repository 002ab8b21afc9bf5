"""A storage on real files, and a person in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import Storage


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(
        f"sqlite+aiosqlite:///{tmp_path}/songnet.db", (tmp_path / "blobs").as_uri()
    )
    yield opened
    await opened.close()


@pytest.fixture
async def user_id(storage: Storage) -> int:
    return await storage.users.resolve("console", "me")
