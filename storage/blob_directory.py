"""A directory of this machine as a place for bytes."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec
from uuid import uuid4

from storage.blob_stores import CHUNK_BYTES, Spool, StoredBlob
from storage.errors import BlobMissing

Arguments = ParamSpec("Arguments")

_TEMPORARY = ".temporary"  # no key can name it: no word of a key starts with a dot


class DirectoryStore:
    """Blobs as files, readable by their owner only.

    A temporary file is locked for as long as somebody writes it, so that a sweep, also one of
    another process, tells what a dead process left from what is still being written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _TEMPORARY
        _make_directory(self._temporary)

    def spool(self) -> Spool:
        path = self._temporary / uuid4().hex
        with _locked(self._temporary, fcntl.LOCK_SH):  # no sweep between creating and locking
            file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b")
            fcntl.flock(file, fcntl.LOCK_EX)
        return Spool(file, path)

    async def keep(self, spool: Spool, key: str) -> None:
        await _to_its_end(self._keep, spool, key)

    def _keep(self, spool: Spool, key: str) -> None:
        assert spool.path is not None
        target = self._root / key
        spool.file.flush()
        os.fsync(spool.file.fileno())
        while True:
            try:
                _make_directory(target.parent)
                spool.path.replace(target)
            except FileNotFoundError:  # the directory was empty, and somebody took it away
                if not spool.path.exists():
                    raise
            else:
                break
        with suppress(FileNotFoundError):  # somebody deleted the blob already
            _sync_directory(target.parent)

    async def chunks(self, key: str) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread((self._root / key).open, "rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise BlobMissing(key) from None
        with file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk

    async def delete(self, keys: Sequence[str]) -> None:
        await _to_its_end(self._delete, keys)

    def _delete(self, keys: Sequence[str]) -> None:
        touched = set()
        for key in keys:
            path = self._root / key
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
                touched.add(path.parent)
        for directory in touched:
            self._prune(directory)

    def _prune(self, directory: Path) -> None:
        """Takes away what is empty, upwards to the roots of keys; makes the rest durable."""
        while directory.parent not in {self._root, self._root.parent}:
            try:
                directory.rmdir()
            except FileNotFoundError:
                pass  # somebody else was quicker
            except OSError:
                break  # there is something in it
            directory = directory.parent
        with suppress(FileNotFoundError):
            _sync_directory(directory)

    async def erase(self, keys: Sequence[str]) -> None:
        await _to_its_end(self._erase, keys)

    def _erase(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError), (self._root / key).open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
                file.flush()
                os.fsync(file.fileno())
        self._delete(keys)

    async def delete_prefix(self, prefix: str) -> None:
        await _to_its_end(self._delete_tree, self._root / prefix)

    def _delete_tree(self, directory: Path) -> None:
        while directory.exists():
            try:
                shutil.rmtree(directory)
            except FileNotFoundError:
                continue  # somebody else deletes in it too
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:  # somebody else still writes into it
                    raise
        with suppress(FileNotFoundError):
            _sync_directory(directory.parent)

    async def list(self, prefix: str) -> Sequence[StoredBlob]:
        return await asyncio.to_thread(self._list, prefix)

    def _list(self, prefix: str) -> Sequence[StoredBlob]:
        found = []
        for directory, directories, files in os.walk(self._root / prefix):
            directories[:] = [name for name in directories if name != _TEMPORARY]
            for name in files:
                path = Path(directory, name)
                with suppress(FileNotFoundError):  # deleted since the walk came by
                    status = path.stat()
                    modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
                    key = path.relative_to(self._root).as_posix()
                    found.append(StoredBlob(key, status.st_size, modified_at))
        return sorted(found, key=lambda blob: blob.key)

    async def sweep_temporary(self) -> int:
        return await asyncio.to_thread(self._sweep_temporary)

    def _sweep_temporary(self) -> int:
        deleted = 0
        with _locked(self._temporary, fcntl.LOCK_EX):
            for path in self._temporary.iterdir():
                with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    deleted += 1
        for directory, directories, files in os.walk(self._root):
            if not directories and not files:  # a kill came between two steps
                self._prune(Path(directory))
        return deleted


async def _to_its_end(
    function: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> None:
    """Runs in a thread; a cancelled caller waits for its end, so that nothing goes on behind it."""
    task = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _make_directory(directory: Path) -> None:
    """Makes a directory and those above it, for their owner only, durably."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
