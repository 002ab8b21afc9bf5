"""Faults at named points of a bot or of its workers, and the commands that start such a bot.

`tests.end_to_end.launcher` is the program: it wires the ordinary bot, wraps the functions that the
points name, and does there what it was told to. The product knows nothing of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tests.end_to_end.bot_process import BotProcess, bot

ROOT = Path(__file__).parents[2]

Deed = Literal["kill", "hang", "kill_child", "fill_disk", "hold"]
"""`hang` is for ever; what is on `hold` goes on when it is released."""
HELD_SECONDS = 400


@dataclass(frozen=True)
class Fault:
    """What happens where; the first `times` times that the point is reached, over all processes."""

    point: str
    deed: Deed = "kill"
    times: int = 1
    is_armed: bool = True
    """Else it waits for `Faults.arm`: what passes before does not meet it."""


class Faults:
    """The faults of one bot, and a folder in which its processes leave word of them."""

    def __init__(self, folder: Path, faults: Sequence[Fault]) -> None:
        self.folder = folder
        self._faults = {fault.point: fault for fault in faults}

    @classmethod
    def beside(cls, data: Path, faults: Sequence[Fault]) -> Faults:
        """Of a bot with that data directory."""
        folder = data.parent / "faults"
        folder.mkdir(exist_ok=True)
        return cls(folder, faults)

    @property
    def program(self) -> tuple[str, ...]:
        """What Python runs (with `ROOT` on its path), but for the arguments of the bot."""
        return ("-m", "tests.end_to_end.launcher", self.to_json())

    def to_json(self) -> str:
        faults = [asdict(fault) for fault in self._faults.values()]
        return json.dumps({"folder": str(self.folder), "faults": faults})

    @classmethod
    def from_json(cls, text: str) -> Faults:
        values = json.loads(text)
        return cls(Path(values["folder"]), [Fault(**fault) for fault in values["faults"]])

    def take(self, point: str) -> Deed | None:
        """What to do at this point; the word is left before it is done, and it is left once."""
        fault = self._faults.get(point)
        if fault and not fault.is_armed and not self._armed(point).exists():
            return None
        for number in range(fault.times if fault else 0):
            try:
                os.close(os.open(self.folder / f"{point}-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            assert fault is not None
            return fault.deed
        return None

    def happened(self, point: str) -> int:
        """How often the fault has struck."""
        return len(list(self.folder.glob(f"{point}-*")))

    def is_held(self, point: str) -> bool:
        """Whether a child came there to wait."""
        return self._held(point).exists()

    def wait_until_held(self, point: str) -> None:
        """Returns when somebody waits there."""
        deadline = time.monotonic() + HELD_SECONDS
        while not self.is_held(point):
            assert time.monotonic() < deadline, f"nobody came to {point}"
            time.sleep(0.02)

    def arm(self, point: str) -> None:
        """From now on the fault strikes."""
        self._armed(point).touch()

    def release(self, point: str) -> None:
        """Lets go on who waits there."""
        self._released(point).touch()

    async def hold(self, point: str) -> None:
        """Waits there on the event loop, which goes on."""
        self._held(point).touch()
        while not self._released(point).exists():
            await asyncio.sleep(0.02)

    def pause(self, point: str) -> None:
        """Waits there, however long; the life of a child ends with its parent's."""
        self._held(point).touch()
        while not self._released(point).exists():
            time.sleep(0.02)

    def _armed(self, point: str) -> Path:
        return self.folder / f"armed-{point}"

    def _held(self, point: str) -> Path:
        return self.folder / f"held-{point}"

    def _released(self, point: str) -> Path:
        return self.folder / f"released-{point}"

    def trace(self, line: str) -> None:
        """Leaves a line, and when: seconds of the one monotonic clock of all processes (Linux)."""
        with (self.folder / "trace").open("a") as file:
            file.write(f"{line} {time.monotonic():.3f}\n")

    def traced(self) -> list[str]:
        trace = self.folder / "trace"
        return trace.read_text().splitlines() if trace.exists() else []


def fill_disk(directory: Path) -> Path:
    """Takes the last byte of a disk; deleting the file makes room again."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def die(_send: object, *_args: object) -> None:
    """What a child runs whose memory the kernel wants back."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class AtPoint:
    """A child's word that it has come there, and waits."""

    point: str


def paused(
    send: Callable[[object], None],
    faults: Faults,
    point: str,
    function: Callable[..., Any],
    *args: Any,
) -> Any:
    """Runs in a child: a function that waits at its first word, or at its end if it says none."""
    is_there = False

    def wait_once() -> None:
        nonlocal is_there
        if not is_there:
            is_there = True
            send(AtPoint(point))
            faults.pause(point)

    def send_and_wait(message: object) -> None:
        send(message)
        wait_once()

    result = function(send_and_wait, *args)
    wait_once()
    return result


@contextmanager
def faulty_bot(
    data: Path,
    faults: Sequence[Fault],
    *arguments: str,
    environment: dict[str, str] | None = None,
) -> Iterator[tuple[BotProcess, Faults]]:
    """A bot in which those faults strike; `faults` and its traces are kept beside the data."""
    struck = Faults.beside(data, faults)
    set_here = {"PYTHONPATH": str(ROOT), **(environment or {})}
    with bot(data, *arguments, environment=set_here, program=struck.program) as songnet:
        yield songnet, struck
