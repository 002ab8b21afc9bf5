"""Bytes by key: on one machine a directory, on many a bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from obstore.store import MemoryStore, from_url

from storage.blob_directory import DirectoryStore
from storage.blob_stores import BlobStore, BucketStore, StoredBlob
from storage.errors import InvalidKey, TooLarge

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_MOST_KEY_CHARACTERS = 512
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class BlobInfo:
    """What is known of a blob after its bytes went through our hands."""

    key: str
    byte_size: int
    sha256: str


class Blobs:
    """Bytes by key.

    A blob is there whole or not at all, durably once `put_*` returns, and it is never changed:
    what changes gets another key. Keys are words separated by '/' (`users/7/models/a1b2`),
    prefixes end with '/' or are empty.
    """

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str) -> Blobs:
        """Opens the place that a URL names.

        Args:
            url: `file:///absolute/path` (made where it is missing, for its owner only),
                `s3://bucket/prefix` or another that obstore knows, `memory://` for tests.

        Raises:
            ValueError: the URL names no place.
        """
        return cls(open_store(url))

    async def put_stream(
        self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int
    ) -> BlobInfo:
        """Stores a stream; whatever goes wrong, nothing of it is kept.

        Raises:
            TooLarge: there are more than `max_bytes`; the rest of the stream is not read.
        """
        _check_key(key)
        spool = await asyncio.to_thread(self._store.spool)
        try:
            async for chunk in chunks:
                if spool.byte_size + len(chunk) > max_bytes:
                    raise TooLarge("max_bytes", max_bytes)
                await asyncio.to_thread(spool.write, chunk)
            await self._store.keep(spool, key)
            return BlobInfo(key, spool.byte_size, spool.sha256)
        finally:
            spool.close()

    async def put_file(self, key: str, path: Path) -> BlobInfo:
        """Stores a copy of a local file."""
        size = (await asyncio.to_thread(path.stat)).st_size
        return await self.put_stream(key, _file_chunks(path), max_bytes=size)

    async def fetch(self, key: str, to: Path) -> BlobInfo:
        """Copies a blob into a local file, readable by its owner only.

        Raises:
            BlobMissing: there is no such blob; no file is left then.
        """
        _check_key(key)
        digest = hashlib.sha256()
        byte_size = 0
        file = await asyncio.to_thread(os.fdopen, os.open(to, _WRITE_NEW, 0o600), "wb")
        try:
            with file:
                async for chunk in self._chunks(key):
                    await asyncio.to_thread(file.write, chunk)
                    digest.update(chunk)
                    byte_size += len(chunk)
        except BaseException:
            to.unlink(missing_ok=True)  # noqa: ASYNC240 - quick, and no cancellation may cut it
            raise
        return BlobInfo(key, byte_size, digest.hexdigest())

    async def read(self, key: str) -> bytes:
        """The bytes of a blob.

        Raises:
            BlobMissing: there is no such blob.
        """
        _check_key(key)
        return b"".join([chunk async for chunk in self._chunks(key)])

    def _chunks(self, key: str) -> AsyncIterator[bytes]:
        return self._store.chunks(key)

    async def erase(self, keys: Sequence[str]) -> None:
        """Deletes blobs, after their bytes were overwritten where the place can do that."""
        for key in keys:
            _check_key(key)
        await self._store.erase(keys)

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes blobs; those that are not there count as deleted."""
        for key in keys:
            _check_key(key)
        await self._store.delete(keys)

    async def delete_prefix(self, prefix: str) -> None:
        """Deletes every blob under a prefix such as `users/7/`, which must not be empty."""
        _check_key(prefix.removesuffix("/"))
        _check_prefix(prefix)
        await self._store.delete_prefix(prefix)

    async def list(self, prefix: str = "") -> Sequence[StoredBlob]:
        """The blobs under a prefix, in the order of their keys."""
        _check_prefix(prefix)
        return await self._store.list(prefix)

    async def sweep_temporary(self) -> int:
        """Deletes what writers that died left half written; returns how many files."""
        return await self._store.sweep_temporary()


def open_store(url: str) -> BlobStore:
    """The place that a URL names (see `Blobs.open`).

    Raises:
        ValueError: the URL names no place.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
        if parts.netloc or not path.is_absolute():
            raise ValueError(f"Expected file:///absolute/path, found {url!r}.")
        return DirectoryStore(path)
    if parts.scheme == "memory":
        return BucketStore(MemoryStore())
    return BucketStore(from_url(url))


_WRITE_NEW = os.O_CREAT | os.O_TRUNC | os.O_WRONLY


def _check_key(key: str) -> None:
    if len(key) > _MOST_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidKey(key)


def _check_prefix(prefix: str) -> None:
    if prefix and not (prefix.endswith("/") and _KEY.fullmatch(prefix[:-1])):
        raise InvalidKey(prefix)


async def _file_chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
