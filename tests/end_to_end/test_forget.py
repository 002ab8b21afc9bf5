"""`/forget` in the middle of anything, with real processes: afterwards no byte tells of the person."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest

from songnet.demo import write_demo_export
from storage import Storage
from storage.imports import ChatAddress, NewUpload
from tests.end_to_end.bot_process import BotProcess, bot, processes_with
from tests.end_to_end.faults import Fault, faulty_bot

FILE_NAME = "my_own_listening.zip"
OTHERS_SONG = "A song of somebody else"
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / FILE_NAME
    write_demo_export(path, plays=600)
    return path


@pytest.fixture(scope="module")
def needles() -> list[bytes]:
    """The file's name, and every title and artist that is long enough to be no accident."""
    rows = csv.DictReader(io.StringIO((files("songnet.demo") / "catalogue.csv").read_text("utf-8")))
    names = {row[column] for row in rows for column in ("artist", "title")}
    words = {FILE_NAME, "my_own_listening"} | {name for name in names if len(name) > 7}
    return sorted({form for word in words for form in _forms(word)})


def _forms(word: str) -> set[bytes]:
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
    pattern = re.compile(b"|".join(map(re.escape, needles)))
    for path in data.rglob("*"):
        name = str(path.relative_to(data))
        bodies = _contents(path.read_bytes()) if path.is_file() else iter(())
        for content in (name.encode(), *bodies):
            hits |= {(name, hit) for hit in pattern.findall(content)}
    return hits


def test_the_search_finds_what_is_there(export: Path, needles: list[bytes], tmp_path: Path) -> None:
    shutil.copy(export, tmp_path / "plain")
    (tmp_path / "zlib").write_bytes(b"xx" + zlib.compress(b"some Fearless Pt. II more"))
    (tmp_path / "zstd").write_bytes(b"xx" + pa.compress(b"Fearless Pt. II", "zstd", asbytes=True))
    (tmp_path / "utf16").write_bytes("Fearless Pt. II".encode("utf-16-le"))
    (tmp_path / "quoted").write_bytes(b"q=Fearless%20Pt.%20II")
    hit = {name for name, _ in found(tmp_path, needles)}
    assert hit == {"plain", "zlib", "zstd", "utf16", "quoted"}


async def _chunks(content: bytes) -> object:
    yield content


async def _live(data: Path) -> int:
    """Somebody else, with a blob, rows and a key."""
    storage = await _open(data)
    try:
        user_id = await storage.users.resolve("discord", "4711")
        key = f"users/{user_id}/uploads/theirs-0"
        await storage.blobs.put_stream(key, _chunks(OTHERS_SONG.encode()), max_bytes=100)  # type: ignore[arg-type]
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


async def _open(data: Path) -> Storage:
    data.mkdir(mode=0o700, exist_ok=True)
    return await Storage.open(
        f"sqlite+aiosqlite:///{data / 'songnet.sqlite'}", (data / "blobs").as_uri()
    )


async def _theirs(data: Path, user_id: int) -> tuple[object, ...]:
    """Rows and bytes of a person, those on the disk and those that were meant."""
    storage = await _open(data)
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


def _people(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "keys" / "users").iterdir())


def _forget(songnet: BotProcess) -> None:
    songnet.type("/forget yes")
    songnet.wait_for("I have deleted everything")


MOMENTS = {
    "queued": r"Waiting|Got my_own",
    "reading": r"Reading",
    "training": r"Learning",
    "done": r"Now ask me for a playlist",
}
HELD_AT = {"reading": "parsing", "training": "mid-epoch"}
IN_TRAINING = (Fault("mid-epoch", "hold"),)


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_remains_whenever_it_comes(
    export: Path, tmp_path: Path, needles: list[bytes], moment: str
) -> None:
    data = tmp_path / "data"
    other_id = asyncio.run(_live(data))
    before = asyncio.run(_theirs(data, other_id))
    arguments = ("--no-worker",) if moment == "queued" else ()
    environment = {"SONGNET_LOG_LEVEL": "DEBUG"}
    held = [Fault(HELD_AT[moment], "hold")] if moment in HELD_AT else []
    with faulty_bot(data, held, *arguments, environment=environment) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for(MOMENTS[moment])
        if moment in HELD_AT:
            struck.wait_until_held(HELD_AT[moment])
        if moment == "done":
            songnet.type(f"/playlist {SEEDS}")
            songnet.wait_for(r"20\. ")
        _forget(songnet)
        assert found(data, needles) == set()
        assert _people(data) == [str(other_id)]
        assert list((data / "blobs" / "users").iterdir()) == [data / f"blobs/users/{other_id}"]
        songnet.type("/status")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert found(data, needles) == set()
    assert asyncio.run(_theirs(data, other_id)) == before
    assert _people(data) == [str(other_id)]
    told = songnet.errors.encode()
    assert not [needle for needle in needles if needle in told]
    assert "Traceback" not in songnet.errors
    assert not processes_with(data)


def test_what_comes_together_with_it_brings_nobody_back(
    export: Path, tmp_path: Path, needles: list[bytes]
) -> None:
    data = tmp_path / "data"
    with faulty_bot(data, IN_TRAINING) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        for line in (f"/import {export}", "/forget yes", f"/playlist {SEEDS}", "/export"):
            songnet.type(line)
        songnet.wait_for("I have deleted everything")
        songnet.type("/forget yes")
        songnet.wait_for("deleted everything|store nothing")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert found(data, needles) == set()
    assert _people(data) == []
    assert "incident" not in songnet.errors


def test_a_kill_in_mid_deletion_is_made_good_by_the_next_start(
    export: Path, tmp_path: Path, needles: list[bytes]
) -> None:
    data = tmp_path / "data"
    with bot(data) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0

    async def cut_short() -> None:
        storage = await _open(data)
        await storage.users.delete(1)  # the power goes after the rows
        await storage.close()

    asyncio.run(cut_short())
    assert _people(data) == ["1"]
    with bot(data, "--no-worker") as songnet:
        songnet.type("/help")
        songnet.wait_for("/playlist")
        deadline = time.monotonic() + 20
        while _people(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        songnet.type("/quit")
        songnet.wait_for_end()
    assert _people(data) == []
    assert not list((data / "blobs").glob("users/*/*/*"))
    assert found(data, needles) == set()


def test_everything_is_for_its_owner_only(export: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with faulty_bot(data, IN_TRAINING) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        modes = {}
        for path in (data, *data.rglob("*")):
            try:
                modes[path] = (path.is_dir(), path.stat().st_mode & 0o777)
            except FileNotFoundError:  # a temporary one
                continue
        songnet.type("/quit")
        songnet.wait_for_end()
    wrong = {
        str(path): oct(mode)
        for path, (is_dir, mode) in modes.items()
        if mode & 0o077 or (not is_dir and mode & 0o100)
    }
    assert wrong == {}
