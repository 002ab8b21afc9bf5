"""A real bot in a process of its own, talked to through its pipes."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 180
STOP_SECONDS = 90


class BotProcess:
    """`python -m chatbot` with a data directory of its own."""

    def __init__(
        self,
        data: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "chatbot"),
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data.parent,
            env=bot_environment(data) | dict(environment or {}),
            start_new_session=True,
        )
        self.output = ""
        self.errors = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait_for(self, pattern: str, timeout_seconds: float = 400) -> str:
        """Reads on until a line matches; fails with everything that was said."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(
                    f"never said: {pattern}\n--- said:\n{self.output}\n--- errors:\n{self.errors}"
                )
            self.output += line
            if re.search(pattern, line):
                return line

    def wait_until_said(self, pattern: str, timeout_seconds: float = 400) -> None:
        """Returns when a line of all that was said matches, also where it was read before."""
        if not re.search(pattern, self.output):
            self.wait_for(pattern, timeout_seconds)

    def wait_for_end(self, timeout_seconds: float = STOP_SECONDS) -> int:
        """Waits for the exit code; the rest of what was said is in `output`."""
        code = self.process.wait(timeout_seconds)
        self.join(timeout_seconds)
        self.output += "".join(self.unread())
        return code

    def unread(self) -> list[str]:
        """The lines that nobody waited for yet."""
        lines = []
        while not self._lines.empty():
            lines.append(self._lines.get() or "")
        return lines

    def join(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Returns when everything that it said is read."""
        for thread in self._threads:
            thread.join(timeout_seconds)

    def kill(self) -> None:
        """As a power cut would: only this process, at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait_for_end()


def bot_environment(data: Path) -> dict[str, str]:
    """This process's environment, without any setting of a bot, and a data directory."""
    ours = ("SONGNET_", "DISCORD_", "TELEGRAM_", "SPOTIFY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "SONGNET_DATA": str(data),
        "SONGNET_TRAINING_THREADS": "1",
        "SONGNET_MONITORING_PORT": "0",
    }


@contextmanager
def bot(
    data: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "chatbot"),
) -> Iterator[BotProcess]:
    started = BotProcess(data, *arguments, environment=environment, program=program)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            os.killpg(started.process.pid, signal.SIGKILL)
            started.process.wait(STOP_SECONDS)
        started.join()
        for pipe in (started.process.stdin, started.process.stdout, started.process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


def processes_with(data: Path) -> list[int]:
    """Every live process that was started with this data directory (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if f"SONGNET_DATA={data}".encode() in environment.split(b"\0") and state != "Z":
            found.append(int(entry.name))
    return found


def children_of(process: int, data: Path) -> list[int]:
    """The live processes with this data directory that a process started itself (Linux)."""
    children: set[int] = set()
    for task in Path(f"/proc/{process}/task").iterdir():
        children |= {int(child) for child in (task / "children").read_text().split()}
    return [child for child in processes_with(data) if child in children]


def workers_of(bot_process: int, data: Path) -> list[int]:
    """The bot's workers: not the children that compile or draw for it."""
    return [child for child in children_of(bot_process, data) if "worker" in _command_of(child)]


def _command_of(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:  # it has just ended
        return []
