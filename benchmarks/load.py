"""How well the bot answers one person while it learns from another.

`python -m benchmarks.load [--plays N] [--tracks N] [--seconds N]`: a bot with its worker, each a
process, in a directory of its own. One person has a model and asks for playlists, one after
another; another sends a long history, which is read and learned from. A heartbeat of 10 ms in the
bot's event loop shows how late it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.front_end import MeasuringFrontEnd, Person
from benchmarks.invented import write_export
from chatbot import running
from chatbot.demo import SEEDS, demo_environment
from chatbot.settings import load_settings
from songnet.demo import write_demo_export

HEARTBEAT_SECONDS = 0.01
PAUSE_SECONDS = 0.2
"""Between two playlists."""


@dataclass
class Measured:
    """What was seen in one phase, in seconds."""

    lags: list[float] = field(default_factory=list)
    playlists: list[float] = field(default_factory=list)


class Measurement:
    """Measures by phases: idle, and each stage of the import."""

    def __init__(self, export: Path, demo: Path, seconds: float) -> None:
        self._export = export
        self._demo = demo
        self._seconds = seconds
        self.phases: dict[str, Measured] = {}
        self._phase = "first import"

    async def run(self, front_end: MeasuringFrontEnd) -> None:
        """The script: both people's sides."""
        asker, sender = front_end.person("asker"), front_end.person("sender")
        heart = asyncio.create_task(self._beat())
        await asker.import_and_wait(self._demo)
        await asker.playlist(SEEDS)  # loads the model
        self._phase = "idle"
        await self._ask(asker, time.monotonic() + 5)
        self._phase = "upload"
        asking = asyncio.create_task(self._ask(asker, time.monotonic() + 3600))
        sending = asyncio.create_task(sender.say("import", "", self._export))
        try:
            await self._follow(front_end, sending)
        finally:
            for task in (asking, heart):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await sender.say("cancel")

    async def _follow(self, front_end: MeasuringFrontEnd, sending: asyncio.Task[object]) -> None:
        """Until the training is over, or has been watched for long enough."""
        trained_until = None
        while trained_until is None or time.monotonic() < trained_until:
            await asyncio.sleep(0.05)
            if sending.done():
                sending.result()
            shown = front_end.progress.get("sender")
            if shown is None:
                continue
            if shown.is_final:
                return
            if "Reading" in shown.text:
                self._phase = "reading"
            elif "Learning" in shown.text:
                self._phase = "training"
                trained_until = trained_until or time.monotonic() + self._seconds

    async def _ask(self, asker: Person, until: float) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            await asker.playlist(SEEDS)
            self._now.playlists.append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _beat(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(HEARTBEAT_SECONDS)
            self._now.lags.append(time.perf_counter() - began - HEARTBEAT_SECONDS)

    @property
    def _now(self) -> Measured:
        return self.phases.setdefault(self._phase, Measured())


def report(phases: dict[str, Measured]) -> str:
    """A table in Markdown; milliseconds."""
    lines = [
        "| phase | beats | lag p50 | p99 | max | playlists | p50 | p99 | max |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {_figures(found.lags)} | {_figures(found.playlists)} |"
        for name, found in phases.items()
    ]
    return "\n".join(lines)


def _figures(seconds: Sequence[float]) -> str:
    if not seconds:
        return "0 | | | "
    p50, p99 = np.percentile(seconds, [50, 99]) * 1000
    return f"{len(seconds)} | {p50:.1f} | {p99:.1f} | {max(seconds) * 1000:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, default=200_000)
    parser.add_argument("--tracks", type=int, default=15_000)
    parser.add_argument(
        "--seconds", type=float, default=60, help="so much of the training is watched"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnet-load-") as folder, demo_environment():
        export, demo = Path(folder, "long.zip"), Path(folder, "demo.zip")
        size = write_export(export, rows=options.plays, tracks=options.tracks)
        write_demo_export(demo)
        settings = load_settings(None)
        measurement = Measurement(export, demo, options.seconds)
        front_end = MeasuringFrontEnd(measurement.run)
        asyncio.run(running.run_bot(settings, [front_end], with_worker=True, stop=asyncio.Event()))
    print(
        f"{options.plays:,} plays of {options.tracks:,} tracks at most, {size / 1e6:.0f} MB of "
        f"JSON; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; "
        f"{settings.workers} worker, nice {settings.worker_nice}, "
        f"{settings.training_threads} training thread(s)"
    )
    print(report(measurement.phases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
