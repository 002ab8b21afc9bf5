"""A search for words in every byte of a directory, and somebody else whose bytes are compared."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from storage import Storage
from storage.imports import ChatAddress, NewUpload

SHORTEST_NAME = 7
OTHERS_SONG = "A song of somebody else"


def demo_names() -> set[str]:
    """The titles and artists of the invented listener that are long enough to be no accident."""
    rows = csv.DictReader(io.StringIO((files("songnet.demo") / "catalogue.csv").read_text("utf-8")))
    names = {row[column] for row in rows for column in ("artist", "title")}
    return {name for name in names if len(name) > SHORTEST_NAME}


def forms(word: str) -> set[bytes]:
    """A word as it could have been written."""
    return {
        word.encode(),
        word.encode("utf-16-le"),
        json.dumps(word)[1:-1].encode(),
        quote(word).encode(),
        quote(word, safe="").replace("%20", "+").encode(),
    }


def _contents(content: bytes) -> Iterator[bytes]:
    """Bytes as they stand, and what is packed in them as zip, zlib, gzip or zstd."""
    yield content
    for match in re.finditer(rb"PK\x03\x04", content):
        try:
            with zipfile.ZipFile(io.BytesIO(content[match.start() :])) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    yield archive.read(name)
            break
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            continue
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", content):
        try:
            yield zlib.decompressobj(wbits=47).decompress(content[match.start() :])
        except zlib.error:
            continue
    for match in re.finditer(rb"\x28\xb5\x2f\xfd", content):
        try:
            with pa.input_stream(
                io.BytesIO(content[match.start() :]), compression="zstd"
            ) as unpacked:
                yield unpacked.read()
        except (OSError, pa.ArrowInvalid):
            continue


def found(data: Path, needles: list[bytes]) -> set[tuple[str, bytes]]:
    """Which needles stand in which files below a directory, packed or not."""
    hits = set()
    for path in data.rglob("*"):
        name = str(path.relative_to(data))
        bodies = _contents(path.read_bytes()) if path.is_file() else iter(())
        for content in (name.encode(), *bodies):
            # Databases make room in advance; there is no need to look for words there.
            filled = re.sub(rb"\0{64,}", bytes(64), content)
            hits |= {(name, needle) for needle in needles if needle in filled}
    return hits


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def neighbour(data: Path) -> int:
    """Somebody else, with a blob, rows and a key."""
    storage = await open_storage(data)
    try:
        user_id = await storage.users.resolve("discord", "4711")
        key = f"users/{user_id}/uploads/theirs-0"
        await storage.blobs.put_stream(key, _chunks(OTHERS_SONG.encode()), max_bytes=100)
        upload = NewUpload("theirs-0", "theirs.zip", len(OTHERS_SONG), key)
        chat = ChatAddress("discord", "1", is_private=True)
        await storage.imports.create("theirs", user_id, chat, [upload])
        await storage.imports.set_failure("theirs", "cancelled", {})
        await storage.imports.mark_announced("theirs")
        await storage.playlists.add(
            "p", user_id, model_id=None, seeds=[{"title": OTHERS_SONG}], tracks=[], options={}
        )
        return user_id
    finally:
        await storage.close()


async def open_storage(data: Path) -> Storage:
    data.mkdir(mode=0o700, exist_ok=True)
    return await Storage.open(
        f"sqlite+aiosqlite:///{data / 'songnet.sqlite'}", (data / "blobs").as_uri()
    )


async def all_of(data: Path, user_id: int) -> tuple[object, ...]:
    """Rows and bytes of a person, those on the disk and those that were meant."""
    storage = await open_storage(data)
    try:
        places = (data / "blobs" / "users" / str(user_id), data / "keys" / "users")
        stored = {
            path.name: path.read_bytes()
            for place in places
            for path in place.rglob("*")
            if path.is_file() and (place.name == str(user_id) or path.name == str(user_id))
        }
        plain = await storage.blobs.read(f"users/{user_id}/uploads/theirs-0")
        return await storage.everything_of(user_id), stored, plain
    finally:
        await storage.close()


def people(data: Path) -> list[str]:
    """Whose keys there are."""
    return sorted(path.name for path in (data / "keys" / "users").iterdir())
