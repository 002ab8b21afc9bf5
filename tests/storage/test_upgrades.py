"""Data directories of every version that was released, under today's code."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection

from chatbot.bootstrap import Bot, open_bot, open_storage
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.settings import Settings
from storage import migrations
from storage.errors import NewerSchema
from tests.fixtures import stored_data


@pytest.fixture(params=stored_data.VERSIONS)
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory, as the version left it."""
    return stored_data.restore(request.param, tmp_path / "data")


@asynccontextmanager
async def todays_bot(data: Path) -> AsyncIterator[Bot]:
    async with open_bot(Settings(_env_file=None, data=data)) as bot:
        yield bot


def files(data: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def change(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()


async def test_the_old_model_answers(data: Path) -> None:
    async with todays_bot(data) as bot:
        for platform, person in (("console", "me"), ("discord", "1001"), ("telegram", "1001")):
            user_id = await bot.storage.users.find(platform, person)
            made = await bot.playlists.make(user_id, PlaylistWish(("Faded",)))
            assert len(made.tracks) == 20


async def test_nothing_that_was_stored_is_missing(data: Path) -> None:
    async with todays_bot(data) as bot:
        assert user_id_of(await bot.storage.everything_of(1)) == 1
        everything = await bot.storage.everything_of(1)
        assert len(everything["models"]) == 1
        assert len(everything["playlists"]) == 1
        assert len(everything["imports"]) == 1
        assert everything["history"]["plays"] > 300
        assert await bot.storage.histories.fetch(1, data / "history") is not None


def user_id_of(everything: dict[str, object]) -> object:
    user = everything["user"]
    assert isinstance(user, dict)
    return user["id"]


async def test_the_job_that_waited_still_waits(data: Path) -> None:
    async with todays_bot(data) as bot:
        (job,) = await bot.jobs.of_user(2)
        assert job.task == "import"
        assert not job.state.is_final
        (upload,) = await bot.storage.uploads.of_import(job.subject_id)
        assert upload.file_name == "my_spotify_data.zip"


async def test_a_newer_schema_is_refused_unharmed(data: Path) -> None:
    change(data / "songnet.sqlite", "UPDATE alembic_version SET version_num = '9999'")
    before = files(data)
    with pytest.raises(NewerSchema, match="newer songnet"):
        async with todays_bot(data):
            pass
    assert files(data) == before


async def test_a_newer_queue_is_refused_unharmed(data: Path) -> None:
    async with todays_bot(data):
        pass  # everything else is of this version
    change(data / "jobs.sqlite", "UPDATE dbos_migrations SET version = 9999")
    before = files(data)
    with pytest.raises(NewerSchema, match="newer songnet"):
        async with todays_bot(data):
            pass
    assert files(data) == before


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade

    def fails_at_the_end(config: object, revision: str) -> None:
        upgrade(config, revision)  # type: ignore[arg-type]
        connection: Connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.execute(sa.text("DROP TABLE playlists"))
        raise RuntimeError("the power went")

    monkeypatch.setattr(migrations.command, "upgrade", fails_at_the_end)

    def dump() -> str:
        with closing(sqlite3.connect(data / "songnet.sqlite")) as database:
            return "\n".join(database.iterdump())

    before, blobs = dump(), {name: kept for name, kept in files(data).items() if "blobs" in name}
    with pytest.raises(RuntimeError, match="the power went"):
        async with open_storage(Settings(_env_file=None, data=data)):
            pass
    assert dump() == before
    assert {name: kept for name, kept in files(data).items() if "blobs" in name} == blobs
