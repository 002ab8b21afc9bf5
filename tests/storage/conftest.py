"""One storage on each engine: the contract tests run over both."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from storage import Storage, tables
from storage.blob_stores import BlobStore
from storage.blobs import open_store
from storage.database import Database
from storage.keys import Keys
from storage.pairing import check_keys
from tests.postgres import PostgresServer

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing yet."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite+aiosqlite:///{tmp_path}/data/songnet.db"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "songnet.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL database with the newest schema, to be emptied after use."""
    name = postgres_server.create_database()
    asyncio.run(_migrate(postgres_server.url(name)))
    return name


async def _migrate(url: str) -> None:
    database = Database.open(url)
    await database.migrate()
    await database.close()


@pytest.fixture(params=ENGINES)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the newest schema and no rows."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = request.getfixturevalue("migrated_database")
        yield server.url(name)
        everything = ", ".join(table.name for table in tables.metadata.sorted_tables)
        with psycopg.connect(server.url(name, driver="")) as connection:
            connection.execute(f"TRUNCATE {everything}".encode())
    else:
        file = tmp_path / "data" / "songnet.db"
        file.parent.mkdir()
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    opened = Database.open(migrated_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """An empty directory of blobs."""
    return open_store((tmp_path / "data" / "blobs").as_uri())


@pytest.fixture
async def keys(database: Database, tmp_path: Path) -> Keys:
    """The keys of nobody yet."""
    opened = Keys.open((tmp_path / "data" / "keys").as_uri())
    await check_keys(database, opened)
    return opened


@pytest.fixture
def storage(database: Database, store: BlobStore, keys: Keys) -> Storage:
    """Everything, over real files."""
    return Storage.over(database, store, keys)


@pytest.fixture
async def user_id(storage: Storage) -> int:
    """A person."""
    return await storage.users.resolve("discord", "d-1")


@pytest.fixture
async def other_id(storage: Storage) -> int:
    """Another person."""
    return await storage.users.resolve("telegram", "t-1")
