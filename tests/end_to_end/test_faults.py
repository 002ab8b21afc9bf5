"""The machine at its worst: what the people and the operator get to hear, and what is left."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chatbot.jobs.supervisor import SupervisorLimits
from chatbot.services.jobs import JobState
from tests.end_to_end.bot_process import (
    BotProcess,
    bot,
    children_of,
    workers_of,
)
from tests.end_to_end.faults import Fault, faulty_bot, fill_disk
from tests.end_to_end.homes import (
    SEEDS,
    ask_for_playlist,
    data,
    export,
    jobs_of,
    queue_of,
    raw_files_in,
    trained,
)

__all__ = ["data", "export", "trained"]


def _states(data: Path) -> list[JobState]:
    return [job.state for job in jobs_of(queue_of(data))]


def _wait_for_log(songnet: BotProcess, words: str, timeout_seconds: float = 60) -> None:
    deadline = time.monotonic() + timeout_seconds
    while words not in songnet.errors:
        assert time.monotonic() < deadline, songnet.errors
        time.sleep(0.05)


def test_a_second_bot_on_one_data_directory_is_refused_with_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with bot(data, "--no-worker") as first:
        first.wait_for("/help tells")
        with bot(data, "--no-worker") as second:
            assert second.wait_for_end() == 1
        assert second.errors.count("\n") == 1
        assert f"another bot (process {first.process.pid}) runs on" in second.errors
        assert str(data) in second.errors
        first.kill()
    with bot(data, "--no-worker") as third:  # any death gives the place free
        third.wait_for("/help tells")
        third.type("/quit")
        assert third.wait_for_end() == 0


def test_a_job_that_kills_its_worker_three_times_fails_and_the_next_runs(
    data: Path, export: Path
) -> None:
    with faulty_bot(data, [Fault("parsing", times=3)]) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("broke off several times", 180)
        ask_for_playlist(songnet)
        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist", 180)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert struck.happened("parsing") == 3
    assert _states(data) == [JobState.DONE, JobState.FAILED, JobState.DONE]
    assert not raw_files_in(data)


def test_a_job_whose_child_is_killed_three_times_fails_and_the_worker_stays(
    data: Path, export: Path
) -> None:
    with faulty_bot(data, [Fault("child", "kill_child", times=3)]) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("broke off several times", 180)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert struck.happened("child") == 3
    assert _states(data) == [JobState.DONE, JobState.FAILED]
    assert songnet.errors.count("takes jobs") == 1


def test_a_worker_that_hangs_is_replaced_and_the_job_goes_on(data: Path, export: Path) -> None:
    impatient = {"SONGNET_JOB_SILENCE_SECONDS": "15"}
    with faulty_bot(data, [Fault("merging", "hang")], environment=impatient) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("Got my_spotify_data.zip")
        ask_for_playlist(songnet)
        songnet.wait_until_said("Now ask me for a playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert struck.happened("merging") == 1
    assert "showed no progress for 15 seconds" in songnet.errors
    assert _states(data) == [JobState.DONE, JobState.DONE]


STOPPED_SECONDS = float(os.environ.get("STOPPED_SECONDS", "3"))
"""Longer on demand: docs/reliability.md says how."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", ["everything", "bot", "worker", "child"])
def test_what_was_stopped_and_continued_goes_on(data: Path, export: Path, who: str) -> None:
    if who != "everything" and "STOPPED_SECONDS" not in os.environ:
        pytest.skip("each alone only where STOPPED_SECONDS is set: it takes a while")
    with faulty_bot(data, [Fault("mid-epoch", "hold")]) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        processes = _by_part(songnet, data)
        stopped = [processes[who]] if who in processes else list(processes.values())
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)  # the fault itself, not a wait for anything
        for process in stopped:
            with suppress(ProcessLookupError):  # a worker is replaced after a while
                os.kill(process, signal.SIGCONT)
        struck.release("mid-epoch")
        songnet.wait_for("Now ask me for a playlist")
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    is_replaced = who == "worker" and SupervisorLimits().hang_seconds < STOPPED_SECONDS
    assert songnet.errors.count("takes jobs") == 1 + is_replaced
    assert _states(data) == [JobState.DONE, JobState.DONE]


def _by_part(songnet: BotProcess, data: Path) -> dict[str, int]:
    """The bot, its worker, and the child that trains."""
    bot_id = songnet.process.pid
    (worker,) = workers_of(bot_id, data)
    (child,) = children_of(worker, data)
    return {"bot": bot_id, "worker": worker, "child": child}


def test_a_model_that_is_learned_again_is_told_once_though_the_bot_dies_meanwhile(
    data: Path,
) -> None:
    (model,) = data.glob("blobs/users/*/models/*")
    model.write_bytes(model.read_bytes()[:1000])
    with faulty_bot(data, [Fault("mid-epoch", "hold")]) as (songnet, struck):
        songnet.type(f"/playlist {SEEDS}")
        songnet.wait_for("damaged on the disk")
        struck.wait_until_held("mid-epoch")
        songnet.kill()
    with bot(data) as songnet:
        songnet.wait_for("I have learned from your plays again")
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert songnet.output.count("I have learned from your plays again") == 1
    assert _states(data) == [JobState.DONE, JobState.DONE]
    with bot(data) as songnet:
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert "again" not in songnet.output


def test_a_locked_database_is_waited_for(data: Path, export: Path) -> None:
    with bot(data) as songnet:
        songnet.wait_for("/help tells")
        locks = [
            sqlite3.connect(data / name, isolation_level=None)
            for name in ("songnet.sqlite", "jobs.sqlite")
        ]
        for lock in locks:
            lock.execute("BEGIN IMMEDIATE")
        songnet.type(f"/import {export}")
        time.sleep(3)  # the fault itself
        for lock in locks:
            lock.rollback()
            lock.close()
        songnet.wait_for("Now ask me for a playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert "went wrong" not in songnet.output
    assert _states(data) == [JobState.DONE, JobState.DONE]


@contextmanager
def _mounted(directory: Path, size: str) -> Iterator[None]:
    """A small disk of its own below `directory`."""
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(directory)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs the rights of root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


SMALL_DISK = {"SONGNET_MIN_FREE_DISK_BYTES": "0"}


def test_a_full_disk_while_storing_is_said_and_nothing_is_lost(
    trained: Path, export: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with _mounted(disk, "40m"):
        data = Path(shutil.copytree(trained, disk / "data"))
        with bot(data, environment=SMALL_DISK) as songnet:
            ask_for_playlist(songnet)
            ballast = fill_disk(disk)
            songnet.type(f"/import {export}")
            songnet.wait_for("disk of the machine that I run on is full", 90)
            ballast.unlink()
            ask_for_playlist(songnet)
            songnet.type(f"/import {export}")
            songnet.wait_for("Now ask me for a playlist")
            songnet.type("/quit")
            assert songnet.wait_for_end() == 0
        assert JobState.FAILED not in _states(data)
        assert not raw_files_in(data)


@pytest.mark.parametrize("point", ["merging", "writing"])
def test_a_full_disk_while_merging_or_saving_holds_the_job_up_until_there_is_room(
    point: str, trained: Path, export: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with _mounted(disk, "40m"):
        data = Path(shutil.copytree(trained, disk / "data"))
        faults = [Fault(point, "fill_disk")]
        with faulty_bot(data, faults, environment=SMALL_DISK) as (songnet, struck):
            songnet.type(f"/import {export}")
            _wait_for_log(songnet, "waits: no room on the disk")
            (disk / "ballast").unlink()
            songnet.wait_until_said("Now ask me for a playlist")
            songnet.type("/quit")
            assert songnet.wait_for_end() == 0
        assert struck.happened(point) == 1
        assert _states(data) == [JobState.DONE, JobState.DONE]
        assert not raw_files_in(data)


def test_a_data_directory_that_is_read_only_stops_the_start_with_one_line(
    trained: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with _mounted(disk, "40m"):
        data = Path(shutil.copytree(trained, disk / "data"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with bot(data) as songnet:
            assert songnet.wait_for_end() == 1
    assert songnet.errors.count("\n") == 1
    assert "SONGNET_DATA" in songnet.errors
    assert "Read-only file system" in songnet.errors
