"""Ctrl-C in a real terminal, with a job at work."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pexpect

from chatbot.services.jobs import JobState
from tests.end_to_end.bot_process import bot, bot_environment, processes_with
from tests.end_to_end.homes import data, export, jobs_of, queue_of, trained

__all__ = ["data", "export", "trained"]

LEAVE_SECONDS = 10
JOB_SECONDS = 60


def test_ctrl_c_ends_everything_and_the_job_goes_on_later(data: Path, export: Path) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "chatbot"],
        cwd=str(data.parent),
        env=bot_environment(data) | {"TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 100),
    )
    try:
        terminal.expect("help tells")
        terminal.send(f"/import {export}\r")
        deadline = time.monotonic() + JOB_SECONDS
        while JobState.RUNNING not in [job.state for job in jobs_of(queue_of(data))]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        workers = processes_with(data)
        began = time.monotonic()
        terminal.sendintr()
        terminal.expect("once more")
        terminal.sendintr()
        terminal.expect(pexpect.EOF, timeout=LEAVE_SECONDS)
        terminal.wait()
        assert time.monotonic() - began < LEAVE_SECONDS
        assert len(workers) > 1
        assert not processes_with(data)
    finally:
        terminal.close(force=True)
    with bot(data) as songnet:
        songnet.wait_for("Now ask me for a playlist")
