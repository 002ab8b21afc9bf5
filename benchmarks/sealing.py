"""What sealing costs: `python -m benchmarks.sealing`. Prints the milliseconds of each deed."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

from storage.blob_directory import DirectoryStore
from storage.blobs import Blobs
from storage.keys import Keys
from storage.sealed_blobs import SealedBlobs

HISTORY_BYTES = 5_000_000
"""About what 500,000 plays take as Parquet."""
KEY = "users/1/histories/a"
RUNS = 15


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _write(blobs: Blobs, content: bytes) -> None:
    await blobs.put_stream(KEY, _once(content), max_bytes=len(content))


async def _median(deed: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await deed()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


async def main() -> None:
    content = os.urandom(HISTORY_BYTES)
    with tempfile.TemporaryDirectory() as name:
        keys = Keys.open(Path(name, "keys").as_uri())
        secret = await keys.create(1)
        places = {
            "open": Blobs(DirectoryStore(Path(name, "open"))),
            "sealed": SealedBlobs(DirectoryStore(Path(name, "sealed")), keys),
        }
        for kind, blobs in places.items():
            write = await _median(partial(_write, blobs, content))
            read = await _median(partial(blobs.read, KEY))
            print(f"{kind}: write {write:.1f} ms, read {read:.1f} ms")
    began = time.perf_counter()
    for _ in range(1000):
        secret.unseal(secret.seal(b"x" * 500))
    print(f"a column of 500 bytes, sealed and unsealed: {time.perf_counter() - began:.4f} ms")


if __name__ == "__main__":
    asyncio.run(main())
