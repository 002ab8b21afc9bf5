"""Another data directory in the place of one, all or nothing, also across a power cut.

The new one is made in a folder inside the old one (which may be a mount point, so that it cannot be
renamed itself). Renaming that folder decides; what follows, the next start does where a crash came
in between.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENTRIES = ("songnet.sqlite", "jobs.sqlite", "blobs", "keys")
"""What is replaced. All of them stand in the new one, if only as an empty directory."""
KEPT = ("bot.lock", "locks", "tmp", "telegram-updates", "telegram-updates.new")
"""What is no data."""

_MAKING = "restoring"
_DECIDED = "restored"
_LOGS = ("", "-wal", "-shm", "-journal")


def begin(data: Path) -> Path:
    """An empty folder for the new data; what an earlier attempt left is deleted."""
    finish(data)
    making = data / _MAKING
    abandon(data)
    making.mkdir(mode=0o700)
    return making


def abandon(data: Path) -> None:
    """Deletes the folder; the old data stay as they are."""
    shutil.rmtree(data / _MAKING, ignore_errors=True)


def decide(data: Path) -> None:
    """From here on the new data count, whatever happens."""
    (data / _MAKING).rename(data / _DECIDED)
    _sync(data)
    finish(data)


def is_empty(data: Path) -> bool:
    """Whether there is nothing to replace."""
    others = {*KEPT, _MAKING}
    return not data.exists() or all(path.name in others for path in data.iterdir())


def finish(data: Path) -> bool:
    """Puts new data in their place that were decided on; whether there were any.

    Call it before anything in the data directory is opened.
    """
    decided = data / _DECIDED
    if not decided.is_dir():
        return False
    with _alone(data):
        for name in ENTRIES:
            if (decided / name).exists():  # else it is in its place already
                _delete(data / name)
                (decided / name).rename(data / name)
        _sync(data)
        shutil.rmtree(decided, ignore_errors=True)
        _sync(data)
    return True


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    for log in reversed(_LOGS):
        path.with_name(path.name + log).unlink(missing_ok=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    descriptor = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
