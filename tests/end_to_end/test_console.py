"""The main job as a person at a terminal does it: real processes, real files."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import bot, processes_with
from tests.end_to_end.faults import Fault, faulty_bot

PLAYS = 2500
IN_TRAINING = (Fault("mid-epoch", "hold"),)
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=PLAYS)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_an_export_becomes_a_playlist(export: Path, data: Path) -> None:
    with bot(data) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Got my_spotify_data.zip")
        songnet.wait_for("Ready")
        songnet.wait_for("Now ask me for a playlist")
        songnet.type(f"/playlist {SEEDS}")
        songnet.wait_for(r"^\s*20\. .+ - .+")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert songnet.output.count("https://open.spotify.com/search/") >= 20
    assert "Traceback" not in songnet.errors
    assert not processes_with(data)


def test_a_kill_in_mid_training_loses_nothing(export: Path, data: Path) -> None:
    with faulty_bot(data, IN_TRAINING) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("Learning")
        struck.wait_until_held("mid-epoch")
        songnet.kill()
    with bot(data) as songnet:
        songnet.wait_for("Ready")
        songnet.type("/status")
        songnet.wait_for("I last learned from them")
        songnet.type(f"/playlist {SEEDS}")
        songnet.wait_for("open.spotify.com")
        songnet.close_input()
        assert songnet.wait_for_end() == 0


def test_a_killed_bot_takes_its_workers_along(data: Path) -> None:
    with bot(data) as songnet:
        songnet.type("/help")
        songnet.wait_for("/playlist")
        songnet.kill()
        deadline = time.monotonic() + 60
        while processes_with(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not processes_with(data)


def test_a_stop_in_mid_training_is_quick_and_goes_on_later(export: Path, data: Path) -> None:
    with faulty_bot(data, IN_TRAINING) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        began = time.monotonic()
        assert songnet.terminate() == 0
        assert time.monotonic() - began < 10
        assert not processes_with(data)
    with bot(data) as songnet:
        songnet.wait_for("Ready")


def test_the_bot_and_its_worker_run_apart(export: Path, data: Path) -> None:
    with bot(data, "--no-worker") as songnet, bot(data, "worker"):
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")


def test_a_broken_file_is_refused_and_the_next_one_works(export: Path, data: Path) -> None:
    broken = data.parent / "half.zip"
    broken.write_bytes(export.read_bytes()[:5000])
    with bot(data) as songnet:
        songnet.type(f"/import {broken}")
        songnet.wait_for("'half.zip' is damaged or incomplete")
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")
    uploads = [path for path in data.rglob("*") if "uploads" in path.parts and path.is_file()]
    assert uploads == []


def test_everything_is_deleted(export: Path, data: Path) -> None:
    with bot(data) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")
        songnet.type("/forget")
        songnet.wait_for("Delete everything")
        songnet.type("/forget yes")
        songnet.wait_for("I have deleted everything")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    needles = [b"Fearless", b"my_spotify_data", b"Alan Walker"]
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content], path


def test_the_export_of_everything_holds_the_plays(export: Path, data: Path) -> None:
    downloads = data.parent / "downloads"
    downloads.mkdir()
    with bot(data, environment={"SONGNET_DOWNLOADS": str(downloads)}) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")
        songnet.type("/export")
        songnet.wait_for("Saved: ")
    with zipfile.ZipFile(next(downloads.glob("*.zip"))) as archive:
        rows = archive.read("history-1.csv").decode().splitlines()
    assert len(rows) > PLAYS / 2


def test_a_wrong_setting_stops_the_start_with_one_line(data: Path) -> None:
    with bot(data, environment={"SONGNET_WORKERS": "many"}) as songnet:
        assert songnet.wait_for_end() == 2
    assert songnet.errors.count("\n") == 1
    assert "SONGNET_WORKERS" in songnet.errors
    assert not data.exists()


def test_a_place_that_cannot_be_opened_stops_the_start_with_one_line(data: Path) -> None:
    with bot(data, environment={"SONGNET_DATABASE_URL": "postgresql+asyncpg://127.0.0.1:1/x"}) as (
        songnet
    ):
        assert songnet.wait_for_end() == 1
    assert songnet.errors.count("\n") == 1
    assert songnet.errors.startswith("songnet: The job queue cannot be opened: ")
