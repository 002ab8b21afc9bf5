"""What somebody can read who holds a key: the searches for traces prove themselves with it."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from storage.sealing import MAGIC, Secret, Unsealable, unseal_stream


def secrets_in(data: Path) -> dict[int, bytes]:
    """The keys of people that a data directory holds, by their numbers."""
    people = data / "keys" / "users"
    return {int(path.name): path.read_bytes() for path in people.iterdir()}


def forms_of_key(secret: bytes) -> set[bytes]:
    """A key as it could have been written somewhere."""
    return {secret, secret.hex().encode(), repr(secret)[2:-1].encode()}


def blob_with(secret: bytes, name: str, sealed: bytes) -> bytes:
    """The content of a sealed blob.

    Raises:
        Unsealable: it is not of this key.
    """

    async def read() -> bytes:
        pieces = unseal_stream(Secret(secret), name, _once(sealed))
        return b"".join([piece async for piece in pieces])

    return asyncio.run(read())


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def readable(data: Path, secrets: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """The names and contents of the blobs of people that one of the keys opens."""
    blobs = data / "blobs"
    keys = list(secrets)
    for path in sorted(blobs.glob("users/*/*/*")):
        name = str(path.relative_to(blobs))
        for secret in keys:
            try:
                content = blob_with(secret, name, path.read_bytes())
            except Unsealable:
                continue
            yield name, unpacked(content)
            break


def unpacked(content: bytes) -> bytes:
    """What stands in a zip or a Parquet file; anything else as it is."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    if content.startswith(b"PAR1"):
        return str(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    return content


def value_with(secret: bytes, sealed: bytes) -> bytes:
    """The content of a sealed column.

    Raises:
        Unsealable: it is not of this key.
    """
    return Secret(secret).unseal(sealed)


def opens_anything(secrets: Iterable[bytes], values: Iterable[bytes]) -> bool:
    """Whether one of the keys opens one of the columns."""
    for secret in secrets:
        for value in values:
            try:
                value_with(secret, value)
            except Unsealable:
                continue
            return True
    return False


def is_sealed(content: bytes) -> bool:
    """Whether a blob is sealed at all."""
    return content.startswith(MAGIC)


def needles_in(content: bytes, needles: Iterable[bytes]) -> list[bytes]:
    """Which of the needles stand there."""
    return re.findall(b"|".join(map(re.escape, needles)), content)
