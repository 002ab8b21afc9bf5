"""One storage on each engine: the contract tests run over both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import Storage
from storage.blobs import Blobs
from storage.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing yet."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite+aiosqlite:///{tmp_path}/data/songnet.db"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    opened = Database.open(database_url)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty directory of blobs."""
    return Blobs.open((tmp_path / "data" / "blobs").as_uri())


@pytest.fixture
def storage(database: Database, blobs: Blobs) -> Storage:
    """Everything, over real files."""
    return Storage.over(database, blobs)


@pytest.fixture
async def user_id(storage: Storage) -> int:
    """A person."""
    return await storage.users.resolve("discord", "d-1")


@pytest.fixture
async def other_id(storage: Storage) -> int:
    """Another person."""
    return await storage.users.resolve("telegram", "t-1")
