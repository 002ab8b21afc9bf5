"""The state of a data directory at one instant, while a bot and its workers run on it.

Both databases are locked against writers for as long as it takes to open a snapshot of each and to
hold every blob of which a row speaks (blobs are never changed, so a second name of the file will
do). What comes out is what a power cut at that instant would have left, from which bot and workers
go on by themselves.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chatbot.operations.places import OperationRefused, Places

LOCK_SECONDS = 30.0
"""How long a writer may keep us waiting."""

_REFERENCES = (
    "SELECT blob_key, 0 FROM uploads UNION SELECT blob_key, 1 FROM histories "
    "UNION SELECT blob_key, 1 FROM models"
)
_NO_SECOND_NAME = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}


@dataclass(frozen=True)
class Snapshot:
    """What was held."""

    files: dict[str, Path]
    """By the name that they have in a data directory."""
    missing: tuple[str, ...]
    """Histories and models of which a row speaks and no file is there: they were lost before."""


def take_snapshot(places: Places, folder: Path) -> Snapshot:
    """Holds everything in an empty folder, best on the same file system; blocks.

    Raises:
        OperationRefused: the databases are damaged, or a writer does not let us in.
    """
    databases = [path for path in (places.jobs, places.database) if path.exists()]
    try:
        with ExitStack() as stack:
            with _all_locked(databases):
                readers = {path: stack.enter_context(_reading(path)) for path in databases}
                files, missing = _hold_blobs(readers[places.database], places, folder)
                files |= _copy_keys(places, folder)
            for path, reader in readers.items():
                files[path.name] = _copy_database(reader, folder / path.name)
    except sqlite3.DatabaseError as error:
        raise OperationRefused(
            f"The databases in {places.data} cannot be read: {error}."
        ) from error
    return Snapshot(files, missing)


@contextmanager
def _all_locked(databases: list[Path]) -> Iterator[None]:
    with ExitStack() as stack:
        for path in databases:
            writer = stack.enter_context(closing(_connect(path)))
            writer.execute("BEGIN IMMEDIATE")
            stack.callback(writer.rollback)
        yield


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # here it begins
        yield reader


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=LOCK_SECONDS, isolation_level=None
    )


def _hold_blobs(
    reader: sqlite3.Connection, places: Places, folder: Path
) -> tuple[dict[str, Path], tuple[str, ...]]:
    files, missing = {}, []
    references = [("installation", 1), *reader.execute(_REFERENCES)]
    for number, (key, must_be_there) in enumerate(references):
        held = folder / f"blob-{number}"
        try:
            _hold(places.blobs / key, held)
        except FileNotFoundError:
            if must_be_there:  # the bytes of an upload go before its row
                missing.append(key)
            continue
        files[f"blobs/{key}"] = held
    return files, tuple(missing)


def _hold(file: Path, held: Path) -> None:
    try:
        held.hardlink_to(file)
    except OSError as error:
        if error.errno not in _NO_SECOND_NAME:
            raise
        shutil.copyfile(file, held)


def _copy_keys(places: Places, folder: Path) -> dict[str, Path]:
    """Copies, not second names: a key is overwritten in its place before it is deleted."""
    files: dict[str, Path] = {}
    found = [path for path in places.keys.rglob("*") if path.is_file()]
    for number, path in enumerate(found):
        name = path.relative_to(places.data)
        if any(part.startswith(".") for part in name.parts):  # half written
            continue
        held = folder / f"key-{number}"
        shutil.copyfile(path, held)
        files[name.as_posix()] = held
    return files


def _copy_database(reader: sqlite3.Connection, target: Path) -> Path:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        reader.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    return target
