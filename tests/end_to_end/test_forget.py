"""`/forget` in the middle of anything, with real processes: afterwards no byte tells of the person."""

from __future__ import annotations

import asyncio
import shutil
import time
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import BotProcess, bot, processes_with
from tests.end_to_end.faults import Fault, faulty_bot
from tests.end_to_end.searching import (
    all_of,
    demo_names,
    forms,
    found,
    neighbour,
    open_storage,
    people,
)

FILE_NAME = "my_own_listening.zip"
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / FILE_NAME
    write_demo_export(path, plays=600)
    return path


@pytest.fixture(scope="module")
def needles() -> list[bytes]:
    """The file's name, and every title and artist that is long enough to be no accident."""
    words = {FILE_NAME, "my_own_listening"} | demo_names()
    return sorted({form for word in words for form in forms(word)})


def test_the_search_finds_what_is_there(export: Path, needles: list[bytes], tmp_path: Path) -> None:
    shutil.copy(export, tmp_path / "plain")
    (tmp_path / "zlib").write_bytes(b"xx" + zlib.compress(b"some Fearless Pt. II more"))
    (tmp_path / "zstd").write_bytes(b"xx" + pa.compress(b"Fearless Pt. II", "zstd", asbytes=True))
    (tmp_path / "utf16").write_bytes("Fearless Pt. II".encode("utf-16-le"))
    (tmp_path / "quoted").write_bytes(b"q=Fearless%20Pt.%20II")
    hit = {name for name, _ in found(tmp_path, needles)}
    assert hit == {"plain", "zlib", "zstd", "utf16", "quoted"}


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
    other_id = asyncio.run(neighbour(data))
    before = asyncio.run(all_of(data, other_id))
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
        assert people(data) == [str(other_id)]
        assert list((data / "blobs" / "users").iterdir()) == [data / f"blobs/users/{other_id}"]
        songnet.type("/status")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert found(data, needles) == set()
    assert asyncio.run(all_of(data, other_id)) == before
    assert people(data) == [str(other_id)]
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
    assert people(data) == []
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
        storage = await open_storage(data)
        await storage.users.delete(1)  # the power goes after the rows
        await storage.close()

    asyncio.run(cut_short())
    assert people(data) == ["1"]
    with bot(data, "--no-worker") as songnet:
        songnet.type("/help")
        songnet.wait_for("/playlist")
        deadline = time.monotonic() + 20
        while people(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        songnet.type("/quit")
        songnet.wait_for_end()
    assert people(data) == []
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
