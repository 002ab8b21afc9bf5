"""Folders for the files of one job or one answer, gone when it is over.

They hold what people listen to, and a process that is killed cannot delete its own. Each is
therefore locked for as long as somebody works in it, so that a sweep, also one of another process,
tells what a dead process left from what is in use.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4


class TemporaryFolders:
    """Private folders below one root, which may be shared by many processes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """An empty folder for its owner only, deleted with all that is in it on leaving."""
        path, lock = self._make()
        try:
            yield path
        finally:
            # On a thread, which goes on to its end also where this task is cancelled.
            await asyncio.to_thread(_remove, path, lock)

    async def sweep(self) -> int:
        """Deletes the folders that nobody works in any more; returns how many."""
        return await asyncio.to_thread(self._sweep)

    def _make(self) -> tuple[Path, int]:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = self._root / uuid4().hex
            path.mkdir(mode=0o700)
            lock = _open(path)
            if lock is None:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.is_dir():  # else a sweep came between the two calls
                return path, lock
            os.close(lock)

    def _sweep(self) -> int:
        if not self._root.is_dir():
            return 0
        return sum(_remove_unlocked(path) for path in self._root.iterdir())


def _remove_unlocked(path: Path) -> bool:
    lock = _open(path)
    if lock is None:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _remove(path, lock)
    return True


def _remove(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _open(path: Path) -> int | None:
    """The folder's descriptor; None where it is gone, or no folder."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return None
