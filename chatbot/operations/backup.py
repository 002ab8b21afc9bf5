"""`songnet-bot backup`: everything in one file, while the bot runs.

The file is a zip: the two databases, the blobs, and at its end `manifest.json`, which names every
file with its size and hash. Whoever holds it holds everything that people gave to this bot.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from chatbot.operations.places import DATABASES, OperationRefused, Places, megabytes
from chatbot.operations.snapshot import Snapshot, take_snapshot
from chatbot.services.temporary import TemporaryFolders

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK_BYTES = 1 << 20

_REPORT_BYTES = 100_000_000
_SPARE_BYTES = 1_000_000

Tell = Callable[[str], None]


class Stopped(Exception):
    """The process was asked to leave; nothing is left of the work."""


async def back_up(places: Places, target: Path, tell: Tell, stop: asyncio.Event) -> None:
    """Writes a backup.

    Args:
        places: of a data directory, in use or not.
        target: a file that does not exist yet.
        tell: is given a line now and then.
        stop: ends the work.

    Raises:
        OperationRefused: it cannot be done.
        Stopped: `stop` was set.
    """
    _check_before(places, target)
    async with TemporaryFolders(places.temporary).folder() as folder:
        await in_thread(lambda stopped: _write(places, target, folder, tell, stopped), stop)


def _check_before(places: Places, target: Path) -> None:
    if target.exists():
        raise OperationRefused(f"{target} exists already. Name another file, or delete it first.")
    if not target.parent.is_dir():
        raise OperationRefused(f"There is no directory {target.parent}.")
    if not places.database.exists():  # before a folder is made where there is nothing
        raise OperationRefused(
            f"There is no songnet data in {places.data}. Is SONGNET_DATA the bot's?"
        )


async def in_thread(work: Callable[[threading.Event], None], stop: asyncio.Event) -> None:
    """Runs blocking work to its end; tells it when the process is asked to leave."""
    stopped = threading.Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stopped))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        stopped.set()
        await asyncio.wait({working})
    working.result()


def _write(
    places: Places, target: Path, folder: Path, tell: Tell, stopped: threading.Event
) -> None:
    with _new_file(target) as file:
        snapshot = take_snapshot(places, folder)
        size = sum(path.stat().st_size for path in snapshot.files.values())
        free = shutil.disk_usage(target.parent).free
        if free < size + _SPARE_BYTES:
            raise OperationRefused(
                f"The backup needs {megabytes(size)}, and {target.parent} has room for "
                f"{megabytes(free)}. Make room, or name a file on another disk."
            )
        tell(f"Writing {len(snapshot.files):,} files, {megabytes(size)}, to {target} ...")
        _write_zip(file, snapshot, tell, stopped)
    for key in snapshot.missing:
        tell(f"Not in the backup, because it was lost before: {key}.")
    tell(f"Done: {target} ({megabytes(target.stat().st_size)}).")


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A private file that gets its name when it is whole and on the disk."""
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperationRefused(f"Another backup to {target} is on its way.") from None
        try:
            file.truncate()  # what a killed one left
            part.chmod(0o600)
            yield file
            file.flush()
            os.fsync(descriptor)
            _name(part, target)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise OperationRefused(f"The disk of {target.parent} is full.") from error
        finally:
            with suppress(FileNotFoundError):
                part.unlink()


def _name(part: Path, target: Path) -> None:
    try:
        target.hardlink_to(part)  # unlike a renaming, it replaces nothing
    except FileExistsError:
        raise OperationRefused(
            f"{target} came into being meanwhile; it is left as it is."
        ) from None
    except OSError:  # a file system without second names
        part.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_zip(file: IO[bytes], snapshot: Snapshot, tell: Tell, stopped: threading.Event) -> None:
    entries: dict[str, Any] = {}
    written = reported = 0
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for name, path in sorted(snapshot.files.items()):
            entries[name] = _add(archive, name, path, stopped)
            written += entries[name]["bytes"]
            if written - reported >= _REPORT_BYTES:
                reported = written
                tell(f"{len(entries):,} files, {megabytes(written)} ...")
        manifest = {
            "format": FORMAT,
            "songnet": version("songnet"),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": entries,
            "missing": snapshot.missing,
        }
        archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=1))


def _add(
    archive: zipfile.ZipFile, name: str, path: Path, stopped: threading.Event
) -> dict[str, Any]:
    digest = hashlib.sha256()
    size = 0
    entry = _entry(name, zipfile.ZIP_DEFLATED if name in DATABASES else zipfile.ZIP_STORED)
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK_BYTES):
            if stopped.is_set():
                raise Stopped
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry
