"""`songnet-bot restore`: a backup becomes the data directory, all or nothing.

The backup is checked and written beside the data that are there, and brought to this version's
schema there. Only then it takes their place, in one step.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from chatbot import bootstrap
from chatbot.jobs.database import migrate, open_engine
from chatbot.jobs.only_bot import only_bot_in
from chatbot.jobs.ownership import FileOwnership
from chatbot.operations.backup import CHUNK_BYTES, FORMAT, MANIFEST, Stopped, Tell, in_thread
from chatbot.operations.places import (
    DATABASES,
    DIRECTORIES,
    OperationRefused,
    Places,
    is_member,
    megabytes,
)
from chatbot.settings import Settings
from storage import replacement

_MOST_MANIFEST_BYTES = 500_000_000


class _File(msgspec.Struct):
    bytes: int
    sha256: str


class _Manifest(msgspec.Struct):
    format: int
    songnet: str
    created_at: str
    files: dict[str, _File]
    missing: list[str]


async def restore(
    settings: Settings,
    places: Places,
    source: Path,
    tell: Tell,
    stop: asyncio.Event,
    *,
    replace: bool,
) -> None:
    """Puts a backup in the place of a data directory.

    Args:
        settings: of the installation.
        places: of its data directory, which need not exist.
        source: what `back_up` wrote.
        tell: is given a line now and then.
        stop: ends the work, while there is nothing to be sorry for.
        replace: whether data may be there, which are deleted.

    Raises:
        OperationRefused: it cannot be done; the data are as they were.
        AnotherBotRuns: a bot is at work on the data.
        StorageError: the backup is of a newer songnet; the data are as they were.
        Stopped: `stop` was set; the data are as they were.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(_opened(source))
        manifest = await asyncio.to_thread(_read_manifest, archive, source)
        places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(only_bot_in(places.data))
        _check_no_worker(places)
        if not replace and not replacement.is_empty(places.data):
            raise OperationRefused(
                f"{places.data} holds data already. Give SONGNET_DATA another directory, or say "
                "--replace: then everything in it is deleted, so make a backup of it first."
            )
        _check_room(places, manifest)
        making = await asyncio.to_thread(replacement.begin, places.data)
        try:
            size = sum(file.bytes for file in manifest.files.values())
            tell(
                f"Reading the backup of {manifest.created_at}: {len(manifest.files):,} files, "
                f"{megabytes(size)} ..."
            )
            await in_thread(lambda stopped: _extract(archive, manifest, making, stopped), stop)
            await _migrate(settings, making)
            await asyncio.to_thread(_tidy, making)
            await asyncio.to_thread(replacement.decide, places.data)
        finally:
            await asyncio.to_thread(replacement.abandon, places.data)
    for key in manifest.missing:
        tell(f"Not in the backup, because it was lost before: {key}.")
    tell(f"Done: {places.data} is as it was on {manifest.created_at}. Start the bot.")


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
    except FileNotFoundError:
        raise OperationRefused(f"There is no file {source}.") from None
    except zipfile.BadZipFile as error:
        raise _no_backup(source, str(error)) from None
    except OSError as error:
        raise OperationRefused(f"{source} cannot be read: {error.strerror}.") from None
    with archive:
        yield archive


def _no_backup(source: Path, reason: str) -> OperationRefused:
    return OperationRefused(
        f"{source} is no backup of songnet, or it was cut off ({reason}). Nothing was changed."
    )


def _damaged(name: str) -> OperationRefused:
    return OperationRefused(
        f"The backup is damaged: {name} is not what was written. Nothing was changed. Take another "
        "backup."
    )


def _read_manifest(archive: zipfile.ZipFile, source: Path) -> _Manifest:
    try:
        if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
            raise _no_backup(source, "its manifest is too large")
        content = archive.read(MANIFEST)
        number: dict[str, Any] = msgspec.json.decode(content)
        if number["format"] != FORMAT:
            raise OperationRefused(
                f"{source} was written by songnet {number['songnet']} in format "
                f"{number['format']}; this one reads {FORMAT}. Nothing was changed. Install that "
                "songnet."
            )
        manifest = msgspec.json.decode(content, type=_Manifest)
    except (KeyError, TypeError, zipfile.BadZipFile, zlib.error, msgspec.MsgspecError) as error:
        raise _no_backup(source, f"no manifest: {error}") from None
    named = {*manifest.files, MANIFEST}
    if set(archive.namelist()) != named or "songnet.sqlite" not in named:
        raise _no_backup(source, "its files are not those of its manifest")
    for name in manifest.files:
        if not is_member(name):
            raise _no_backup(source, f"it holds a file {name!r}")
    return manifest


def _check_no_worker(places: Places) -> None:
    ownership = FileOwnership(places.data / "locks")
    for path in (places.data / "locks").glob("*.lock"):
        with ownership.take_over(path.stem) as is_dead:
            if not is_dead:
                raise OperationRefused(
                    f"A worker runs on {places.data}. Stop it first; nothing was changed."
                )


def _check_room(places: Places, manifest: _Manifest) -> None:
    needed = sum(file.bytes for file in manifest.files.values())
    free = shutil.disk_usage(places.data).free
    if free < needed:
        raise OperationRefused(
            f"The backup needs {megabytes(needed)}, and {places.data} has room for "
            f"{megabytes(free)}. Make room; nothing was changed."
        )


def _extract(
    archive: zipfile.ZipFile, manifest: _Manifest, making: Path, stopped: threading.Event
) -> None:
    for directory in DIRECTORIES:
        (making / directory).mkdir(mode=0o700)
    for name, file in manifest.files.items():
        target = making / name
        for parent in reversed(target.relative_to(making).parents):
            (making / parent).mkdir(mode=0o700, exist_ok=True)
        try:
            found = _extract_one(archive, name, file.bytes, target, stopped)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise _damaged(name) from None
        if found != file.sha256:
            raise _damaged(name)
    for name in DATABASES:
        if (making / name).exists():
            _check_database(making / name)


def _extract_one(
    archive: zipfile.ZipFile, name: str, most_bytes: int, target: Path, stopped: threading.Event
) -> str:
    """Writes one file; returns its SHA-256."""
    digest = hashlib.sha256()
    left = most_bytes
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with archive.open(name) as source, os.fdopen(descriptor, "wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            if stopped.is_set():
                raise Stopped
            left -= len(chunk)
            if left < 0:
                raise _damaged(name)
            file.write(chunk)
            digest.update(chunk)
        file.flush()
        os.fsync(descriptor)
    return digest.hexdigest()


def _check_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        verdict = "no database"
    if verdict != "ok":
        raise _damaged(path.name)


async def _migrate(settings: Settings, making: Path) -> None:
    """As the first start of this version would; a newer schema is refused here."""
    async with bootstrap.open_storage(settings.model_copy(update={"data": making})):
        pass

    def migrate_jobs() -> None:
        engine = open_engine(f"sqlite:///{making / 'jobs.sqlite'}")
        try:
            migrate(engine)
        finally:
            engine.dispose()

    await asyncio.to_thread(migrate_jobs)


def _tidy(making: Path) -> None:
    """Leaves the data alone: no logs beside the databases, nothing of a start."""
    for name in DATABASES:
        with closing(sqlite3.connect(making / name)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for log in ("-wal", "-shm"):
            (making / f"{name}{log}").unlink(missing_ok=True)
    for path in making.iterdir():
        if path.name not in replacement.ENTRIES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for directory, _, files in os.walk(making):
        for path in (Path(directory), *(Path(directory, name) for name in files)):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
