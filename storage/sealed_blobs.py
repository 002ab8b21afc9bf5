"""Blobs of people, sealed under their owner's secret on the way in and unsealed on the way out."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator

from storage.blob_stores import BlobStore
from storage.blobs import BlobInfo, Blobs
from storage.errors import BlobMissing, CorruptBlob, RecordMissing, TooLarge
from storage.keys import Keys
from storage.sealing import MAGIC, Secret, Unsealable, seal_stream, unseal_stream


class SealedBlobs(Blobs):
    """Blobs as everybody else sees them: sizes and hashes are those of the plain bytes.

    What stands under `users/{number}/` is sealed under that person's secret; writing for a person
    who is gone is refused, and what they left cannot be read. The rest stands in the open.
    """

    def __init__(self, store: BlobStore, keys: Keys) -> None:
        super().__init__(store)
        self._keys = keys

    async def put_stream(
        self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int
    ) -> BlobInfo:
        """Stores a stream; whatever goes wrong, nothing of it is kept.

        Raises:
            TooLarge: there are more than `max_bytes`; the rest of the stream is not read.
            RecordMissing: the person is gone.
        """
        owner = _owner(key)
        if owner is None:
            return await super().put_stream(key, chunks, max_bytes=max_bytes)
        meter = _Meter(max_bytes)
        sealed = seal_stream(await self._keys.secret(owner), key, meter.passing(chunks))
        await super().put_stream(key, sealed, max_bytes=sys.maxsize)
        return BlobInfo(key, meter.byte_size, meter.sha256)

    async def seal_open_ones(self) -> int:
        """Seals what an older songnet stored in the open; returns how many."""
        sealed = 0
        for blob in await self.list("users/"):
            try:
                sealed += await self._seal_open_one(blob.key)
            except (BlobMissing, RecordMissing):  # its owner is gone; a sweep takes it
                continue
        return sealed

    async def _seal_open_one(self, key: str) -> bool:
        head = b""
        async for chunk in self._store.chunks(key):
            head += chunk
            if len(head) >= len(MAGIC):
                break
        if head.startswith(MAGIC):
            return False
        await self.put_stream(key, self._store.chunks(key), max_bytes=sys.maxsize)
        return True

    async def _chunks(self, key: str) -> AsyncIterator[bytes]:
        owner = _owner(key)
        if owner is None:
            async for chunk in super()._chunks(key):
                yield chunk
            return
        secret = await self._secret(key, owner)
        try:
            async for chunk in unseal_stream(secret, key, super()._chunks(key)):
                yield chunk
        except Unsealable:
            raise CorruptBlob(key, None, await self._stored_sha256(key)) from None

    async def _secret(self, key: str, owner: int) -> Secret:
        try:
            return await self._keys.secret(owner)
        except RecordMissing:
            raise BlobMissing(key) from None

    async def _stored_sha256(self, key: str) -> str:
        digest = hashlib.sha256()
        async for chunk in super()._chunks(key):
            await asyncio.to_thread(digest.update, chunk)
        return digest.hexdigest()


class _Meter:
    """Counts and hashes the bytes that pass, up to a limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()
        self.byte_size = 0

    async def passing(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.byte_size += len(chunk)
            if self.byte_size > self._max_bytes:
                raise TooLarge("max_bytes", self._max_bytes)
            await asyncio.to_thread(self._digest.update, chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _owner(key: str) -> int | None:
    words = key.split("/")
    is_personal = len(words) > 2 and words[0] == "users" and words[1].isdecimal()  # noqa: PLR2004
    return int(words[1]) if is_personal else None
