"""Where bytes lie: what is asked of such a place, and a bucket behind obstore that does it.

A directory of this machine is `storage.blob_directory`. Both take what was spooled into a private
temporary file first, so that a blob is there either whole or not at all. `storage.blobs.Blobs` is
what the rest of the program uses.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import ObjectStore

from storage.errors import BlobMissing

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class StoredBlob:
    """A blob as a listing shows it."""

    key: str
    byte_size: int
    modified_at: datetime


class Spool:
    """A temporary file on its way to becoming a blob; knows its size and hash."""

    def __init__(self, file: IO[bytes], path: Path | None) -> None:
        self.file = file
        self.path = path
        """None where the file has no name and goes away by itself."""
        self.byte_size = 0
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Appends; blocks."""
        self.file.write(chunk)
        self._digest.update(chunk)
        self.byte_size += len(chunk)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def close(self) -> None:
        """Deletes what was not kept."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.file.close()


class BlobStore(Protocol):
    """What `Blobs` needs of a place for bytes. Keys were checked before."""

    def spool(self) -> Spool:
        """An empty temporary file; blocks."""

    async def keep(self, spool: Spool, key: str) -> None:
        """Makes the spooled bytes the blob `key`, durably and at once."""

    def chunks(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of a blob. Raises `BlobMissing`."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes blobs; those that are not there count as deleted."""

    async def erase(self, keys: Sequence[str]) -> None:
        """Deletes blobs, after their bytes were overwritten where the place can do that."""

    async def delete_prefix(self, prefix: str) -> None:
        """Deletes every blob whose key starts with the prefix."""

    async def list(self, prefix: str) -> Sequence[StoredBlob]:
        """The blobs whose keys start with the prefix, in the order of their keys."""

    async def sweep_temporary(self) -> int:
        """Deletes temporary files that nobody writes any more; returns how many."""


class BucketStore:
    """Blobs in a bucket (S3 and its kin), or in memory for tests.

    An upload that a crash cut short leaves hidden parts in the bucket; a lifecycle rule that
    aborts incomplete multipart uploads removes them.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def spool(self) -> Spool:
        return Spool(tempfile.TemporaryFile(), None)

    async def keep(self, spool: Spool, key: str) -> None:
        await asyncio.to_thread(spool.file.seek, 0)
        await obstore.put_async(self._store, key, spool.file)

    async def chunks(self, key: str) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            raise BlobMissing(key) from None
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)

    async def delete(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        try:
            await obstore.delete_async(self._store, list(keys))
        except (NotFoundError, FileNotFoundError):
            # Some stores object to one missing key, perhaps before they came to the others.
            for key in keys:
                with suppress(NotFoundError, FileNotFoundError):
                    await obstore.delete_async(self._store, key)

    async def erase(self, keys: Sequence[str]) -> None:
        await self.delete(keys)

    async def delete_prefix(self, prefix: str) -> None:
        await self.delete([blob.key for blob in await self.list(prefix)])

    async def list(self, prefix: str) -> Sequence[StoredBlob]:
        found = []
        async for batch in obstore.list(self._store, prefix or None, chunk_size=1000):
            found += [StoredBlob(b["path"], b["size"], b["last_modified"]) for b in batch]
        return sorted(found, key=lambda blob: blob.key)

    async def sweep_temporary(self) -> int:
        return 0
