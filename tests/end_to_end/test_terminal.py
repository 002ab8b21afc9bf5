"""Ctrl-C in a real terminal, with a job at work."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pexpect

from tests.end_to_end.bot_process import bot, bot_environment, processes_with
from tests.end_to_end.faults import HELD_SECONDS, ROOT, Fault, Faults
from tests.end_to_end.homes import data, export, trained

__all__ = ["data", "export", "trained"]

LEAVE_SECONDS = 10


def test_ctrl_c_ends_everything_and_the_job_goes_on_later(data: Path, export: Path) -> None:
    faults = Faults.beside(data, [Fault("mid-epoch", "hold")])
    terminal = pexpect.spawn(
        sys.executable,
        list(faults.program),
        cwd=str(data.parent),
        env=bot_environment(data) | {"TERM": "xterm", "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 100),
    )
    try:
        terminal.expect("help tells")
        terminal.send(f"/import {export}\r")
        deadline = time.monotonic() + HELD_SECONDS
        while not faults.is_held("mid-epoch"):
            assert time.monotonic() < deadline
            # Reads what is shown: a terminal that is full would hold up the bot.
            terminal.expect(pexpect.TIMEOUT, timeout=0.1)
        workers = processes_with(data)
        began = time.monotonic()
        terminal.sendintr()
        terminal.expect("once more")
        terminal.sendintr()
        terminal.expect(pexpect.EOF, timeout=LEAVE_SECONDS)
        terminal.wait()
        assert time.monotonic() - began < LEAVE_SECONDS
        assert len(workers) > 2
        assert not processes_with(data)
    finally:
        terminal.close(force=True)
    with bot(data) as songnet:
        songnet.wait_for("Now ask me for a playlist")
