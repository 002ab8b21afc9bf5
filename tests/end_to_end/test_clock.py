"""The clock of the machine is set back and forward while jobs wait and run."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.services.jobs import JobState
from tests.end_to_end.bot_process import workers_of
from tests.end_to_end.faults import Fault, faulty_bot
from tests.end_to_end.homes import (
    ask_for_playlist,
    data,
    export,
    jobs_of,
    queue_of,
    raw_files_in,
    trained,
)

__all__ = ["data", "export", "trained"]

SOURCE = Path(__file__).with_name("set_clock.c")
DAY = 24 * 3600


class SetClock:
    """A clock of the day for processes that are started with `environment`."""

    def __init__(self, folder: Path, compiler: str) -> None:
        library = folder / "set_clock.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
        self._shift = folder / "shift"
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "SET_CLOCK": str(self._shift)}

    def set(self, seconds: int) -> None:
        """From now on, everywhere, so many seconds later (or earlier) than it is."""
        descriptor = os.open(self._shift, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(descriptor, struct.pack("=q", seconds), 0)
        os.close(descriptor)


@pytest.fixture
def clock(tmp_path: Path) -> SetClock:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a clock that can be set needs Linux and a C compiler")
    return SetClock(tmp_path, compiler)


def test_the_clock_can_be_set(clock: SetClock) -> None:
    clock.set(-DAY)
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=os.environ | clock.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(told.stdout) == pytest.approx(datetime.now(UTC).timestamp() - DAY, abs=3600)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("days", [-400, 400])
def test_jobs_end_once_whatever_the_clock_says(
    data: Path, export: Path, clock: SetClock, days: int
) -> None:
    faults = [Fault("mid-epoch", "hold")]
    with faulty_bot(data, faults, environment=clock.environment) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        songnet.type(f"/import {export}")  # waits in the queue while the clock is set
        songnet.wait_for("Got my_spotify_data.zip")
        songnet.wait_for("number 2 in the queue")
        clock.set(days * DAY)
        (worker,) = workers_of(songnet.process.pid, data)
        os.kill(worker, signal.SIGKILL)  # its orphan is found by the next worker
        songnet.type(f"/import {export}")
        ask_for_playlist(songnet)
        clock.set(0)
        for _ in range(3):
            songnet.wait_for("Here is what I found")
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert [job.state for job in jobs_of(queue_of(data))] == [JobState.DONE] * 4
    assert songnet.output.count("Here is what I found") == 3
    assert not [line for line in struck.traced() if line.startswith("doubled")]
    assert not raw_files_in(data)
