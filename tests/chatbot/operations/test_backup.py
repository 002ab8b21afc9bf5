"""Backups, made and brought back in one process; `tests.end_to_end` does it with running bots."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.bootstrap import open_storage
from chatbot.jobs.only_bot import AnotherBotRuns, only_bot_in
from chatbot.jobs.ownership import FileOwnership
from chatbot.operations.backup import Stopped, back_up
from chatbot.operations.places import OperationRefused, Places, places
from chatbot.operations.restore import restore
from chatbot.settings import Settings
from storage import replacement
from storage.errors import Conflict, NewerSchema
from tests.fixtures import stored_data

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def settings_of(data: Path) -> Settings:
    return Settings(_env_file=None, data=data)


async def write(data: Path, target: Path, stop: asyncio.Event | None = None) -> list[str]:
    told: list[str] = []
    await back_up(Places(data), target, told.append, stop or asyncio.Event())
    return told


async def bring_back(source: Path, data: Path, *, replace: bool = False) -> None:
    told: list[str] = []
    await restore(
        settings_of(data), Places(data), source, told.append, asyncio.Event(), replace=replace
    )


def content(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name not in replacement.KEPT
    }


async def rows_and_blobs(data: Path) -> list[tuple[str, bool]]:
    """Every blob of which a row speaks, and whether it is whole."""
    async with open_storage(settings_of(data)) as storage:
        found = []
        for user_id in (1, 2):
            models = await storage.models.of_user(user_id)
            found += [(model.blob_key, bool(await storage.models.read(model))) for model in models]
            copy = data / "copy"
            record = await storage.histories.fetch(user_id, copy)
            if record is not None:
                found.append((record.blob_key, copy.stat().st_size == record.byte_size))
                copy.unlink()
        return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return stored_data.restore("0.1.0", tmp_path / "data")


@pytest.fixture
async def backup(data: Path, tmp_path: Path) -> Path:
    target = tmp_path / "songnet.backup"
    await write(data, target)
    return target


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
async def test_a_backup_brings_everything_back(data: Path, tmp_path: Path) -> None:
    async with open_storage(settings_of(data)):
        pass  # of this version from now on
    target, elsewhere = tmp_path / "songnet.backup", tmp_path / "elsewhere"
    told = await write(data, target)
    assert f"Done: {target}" in told[-1]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    await bring_back(target, elsewhere)
    blobs = {name: kept for name, kept in content(data).items() if name.startswith("blobs/")}
    assert {name: kept for name, kept in content(elsewhere).items() if "blobs/" in name} == blobs
    assert any("/uploads/" in name for name in blobs)  # a raw file that waits to be read
    assert all(is_whole for _, is_whole in await rows_and_blobs(elsewhere))
    for path in (elsewhere, *elsewhere.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert not (elsewhere / "restoring").exists()


async def test_a_backup_says_what_is_in_it(backup: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {*manifest["files"], "manifest.json"}
    assert manifest["format"] == 1
    assert {"songnet.sqlite", "jobs.sqlite", "blobs/installation"} <= set(manifest["files"])


async def test_a_backup_while_everything_changes_is_consistent(data: Path, tmp_path: Path) -> None:
    async def change() -> None:
        file = tmp_path / "changing"
        async with open_storage(settings_of(data)) as storage:
            while True:
                record = await storage.histories.get(1)
                assert record is not None
                file.write_bytes(os.urandom(100_000))
                with suppress(Conflict):
                    await storage.histories.replace(
                        1, file, plays=1, tracks=1, first_play=NOW, last_play=NOW,
                        expected_version=record.version,
                    )  # fmt: skip
                model = await storage.models.save(1, file, history_version=1, facts={})
                await storage.models.activate(model.id)

    changing = asyncio.create_task(change())
    try:
        for number in range(6):
            target, elsewhere = tmp_path / f"{number}.backup", tmp_path / f"data-{number}"
            told = await write(data, target)
            assert not [line for line in told if "lost" in line]
            await bring_back(target, elsewhere)
            found = await rows_and_blobs(elsewhere)
            assert len(found) >= 2
            assert all(is_whole for _, is_whole in found)
    finally:
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
    assert not list((data / "tmp").iterdir())


async def test_what_was_lost_before_is_said_and_holds_up_nothing(
    data: Path, tmp_path: Path
) -> None:
    (model,) = (data / "blobs" / "users" / "1" / "models").iterdir()
    model.unlink()
    told = await write(data, tmp_path / "songnet.backup")
    assert any(model.name in line for line in told)
    await bring_back(tmp_path / "songnet.backup", tmp_path / "elsewhere")


async def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "songnet.backup"
    target.write_text("precious")
    with pytest.raises(OperationRefused, match="exists already"):
        await write(data, target)
    assert target.read_text() == "precious"


async def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationRefused, match="no songnet data"):
        await write(tmp_path / "nothing", tmp_path / "songnet.backup")
    assert not (tmp_path / "nothing").exists()
    assert not (tmp_path / "songnet.backup").exists()


async def test_a_full_disk_leaves_no_backup(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000})())
    with pytest.raises(OperationRefused, match="has room for"):
        await write(data, tmp_path / "songnet.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_a_stopped_backup_leaves_nothing(data: Path, tmp_path: Path) -> None:
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(Stopped):
        await write(data, tmp_path / "songnet.backup", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert not list((data / "tmp").iterdir())


@pytest.mark.parametrize("url", ["database_url", "blobs_url", "jobs_url"])
def test_data_elsewhere_are_not_half_done(tmp_path: Path, url: str) -> None:
    addresses = {
        "database_url": "postgresql+asyncpg://host/songnet",
        "blobs_url": "s3://bucket/songnet",
        "jobs_url": "postgresql://host/jobs",
    }
    settings = Settings(_env_file=None, data=tmp_path, **{url: addresses[url]})
    with pytest.raises(OperationRefused, match=f"SONGNET_{url.upper()}.*pg_dump"):
        places(settings)


def truncated(archive: bytes) -> bytes:
    return archive[: len(archive) // 2]


def flipped(archive: bytes) -> bytes:
    place = len(archive) // 2
    return archive[:place] + bytes([archive[place] ^ 1]) + archive[place + 1 :]


def something_else(_archive: bytes) -> bytes:
    return b"holiday.pdf"


@pytest.mark.parametrize("damage", [truncated, flipped, something_else])
async def test_a_damaged_backup_is_refused_unharmed(
    data: Path, backup: Path, damage: Callable[[bytes], bytes]
) -> None:
    backup.write_bytes(damage(backup.read_bytes()))
    before = content(data)
    with pytest.raises(OperationRefused, match="Nothing was changed"):
        await bring_back(backup, data, replace=True)
    assert content(data) == before


def rewritten(backup: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same backup with other files in it, named rightly in its manifest."""
    with zipfile.ZipFile(backup) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(backup, "w") as archive:
        for name, kept in files.items():
            archive.writestr(name, kept)
    return backup


async def test_a_backup_of_a_newer_format_is_refused(data: Path, backup: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"]) | {"format": 99, "files": None}
        files["manifest.json"] = json.dumps(manifest).encode()

    before = content(data)
    with pytest.raises(OperationRefused, match="format 99"):
        await bring_back(rewritten(backup, change), data, replace=True)
    assert content(data) == before


async def test_a_backup_cannot_write_anywhere_else(backup: Path, tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["files"]["blobs/../../../evil"] = {"bytes": 1, "sha256": ""}
        files["manifest.json"] = json.dumps(manifest).encode()
        files["blobs/../../../evil"] = b"x"

    with pytest.raises(OperationRefused, match="it holds a file"):
        await bring_back(rewritten(backup, change), tmp_path / "elsewhere")


async def test_a_backup_of_a_newer_schema_is_refused(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "songnet.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    await write(data, tmp_path / "songnet.backup")
    before = content(data)
    with pytest.raises(NewerSchema):
        await bring_back(tmp_path / "songnet.backup", data, replace=True)
    assert content(data) == before


async def test_data_that_are_there_are_replaced_on_demand_only(data: Path, backup: Path) -> None:
    stray = data / "blobs" / "users" / "1" / "models" / "of-later"
    stray.write_bytes(b"x")
    with pytest.raises(OperationRefused, match="--replace"):
        await bring_back(backup, data)
    assert stray.exists()
    await bring_back(backup, data, replace=True)
    assert not stray.exists()
    assert all(is_whole for _, is_whole in await rows_and_blobs(data))


async def test_nothing_is_replaced_under_a_bot_or_a_worker(data: Path, backup: Path) -> None:
    before = content(data)
    with only_bot_in(data), pytest.raises(AnotherBotRuns):
        await bring_back(backup, data, replace=True)
    claim = FileOwnership(data / "locks").claim("a-worker")
    try:
        with pytest.raises(OperationRefused, match="A worker runs"):
            await bring_back(backup, data, replace=True)
    finally:
        claim.release()
    assert content(data) == before


@pytest.mark.parametrize("moves", range(5))
async def test_a_power_cut_while_data_are_replaced_is_made_good_at_the_next_start(
    data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    left = moves

    rename = Path.rename

    def cut(path: Path, target: Path) -> Path:
        nonlocal left
        if path.parent.name == "restored":
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
        return rename(path, target)

    (data / "blobs" / "users" / "1" / "models" / "of-later").write_bytes(b"x")
    monkeypatch.setattr(Path, "rename", cut)
    with suppress(KeyboardInterrupt):
        await bring_back(backup, data, replace=True)
    monkeypatch.undo()
    assert len(await rows_and_blobs(data)) == 2
    assert not (data / "restored").exists()
    assert not list(data.rglob("of-later"))


@pytest.mark.parametrize("name", ["telegram-updates", "bot.lock"])
def test_what_a_bot_leaves_without_any_data_is_nothing_to_replace(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).touch()
    assert replacement.is_empty(tmp_path)
    (tmp_path / "songnet.sqlite").touch()
    assert not replacement.is_empty(tmp_path)
