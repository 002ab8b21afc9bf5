"""How much memory the bot and its worker take.

`python -m benchmarks.memory bot [--people N] [--known N] [--tracks N]`: a bot, idle and after so
many people, each with a model of their own, asked for a playlist; more are known to it than ask
(their models are small, since they are not loaded).
`python -m benchmarks.memory model [--tracks N]`: one loaded model that was asked once.
`python -m benchmarks.memory worker [--rows N] [--tracks N] [--seconds N]`: the processes that read
a long export and learn from it, at their peak, from the upload to the finished model, or only the
first seconds of the training. Linux only: /proc tells.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from benchmarks.front_end import MeasuringFrontEnd
from benchmarks.invented import write_export
from chatbot import bootstrap, running
from chatbot.demo import demo_environment
from chatbot.services.recommenders import RecommenderCache, bytes_in_memory
from chatbot.settings import Settings, load_settings

SMALL_TRACKS = 100
SONGS = "Invented song number 1; Invented song number 2; Invented song number 3"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["bot", "model", "worker"])
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--known", type=int, default=0, help="people who are known, if more")
    parser.add_argument("--rows", type=int, default=227_000)
    parser.add_argument("--tracks", type=int, default=15_000)
    parser.add_argument(
        "--seconds",
        type=float,
        default=math.inf,
        help="so much of the training is watched; by default all of it",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnet-memory-") as folder, demo_environment():
        settings = load_settings(None)
        if options.what == "bot":
            _bot(settings, Path(folder), options)
        elif options.what == "model":
            _model(Path(folder), options.tracks)
        else:
            _worker(settings, Path(folder), options)
    return 0


def _elsewhere(function: object, *arguments: object) -> object:
    """Runs in a process of its own, so that it leaves nothing in this one's memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()  # type: ignore[arg-type]


# -- the bot


def _bot(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    people, model, small = options.people, folder / "model", folder / "small"
    _elsewhere(_make_model, str(folder / "export.zip"), str(model), options.tracks)
    _elsewhere(_make_model, str(folder / "small.zip"), str(small), SMALL_TRACKS)
    _elsewhere(_enter_people, settings, str(model), 0, people)
    _elsewhere(_enter_people, settings, str(small), people, options.known)
    print(
        f"{max(people, options.known)} people are known, of whom {people} ask; a model of theirs "
        f"has {model.stat().st_size / 1e6:.1f} MB on the disk"
    )
    caches: list[RecommenderCache] = []
    remember = RecommenderCache.__init__

    def remembered(cache: RecommenderCache, *arguments: object, **named: object) -> None:
        remember(cache, *arguments, **named)  # type: ignore[arg-type]
        caches.append(cache)

    RecommenderCache.__init__ = remembered  # type: ignore[method-assign,assignment]

    async def script(front_end: MeasuringFrontEnd) -> None:
        await asyncio.sleep(5)  # torch is being imported
        print(f"bot, idle: {_resident():.0f} MB")
        began = time.monotonic()
        for number in range(people):
            await front_end.person(str(number)).playlist(SONGS)
            if number + 1 in {1, 5, 10, 20, 50, people}:
                print(
                    f"after {number + 1} people: {_resident():.0f} MB, of which the cache counts "
                    f"{caches[0].byte_size / 1e6:.0f} MB"
                )
        print(f"{(time.monotonic() - began) / people * 1000:.0f} ms for each, loading included")

    front_end = MeasuringFrontEnd(script)
    asyncio.run(running.run_bot(settings, [front_end], with_worker=False, stop=asyncio.Event()))


def _make_model(export: str, model: str, tracks: int) -> None:
    from songnet import Recommender, read_history
    from songnet.training import TrainingConfig

    write_export(Path(export), rows=max(3000, 3 * tracks), tracks=tracks)
    history, _ = read_history(export)
    quick = TrainingConfig(model_config={"training": {"epochs": 1, "learning_rate": 2e-3}})
    Recommender.train(history, threads=1, config=quick).save(model)


def _enter_people(settings: Settings, model: str, start: int, end: int) -> None:
    async def enter() -> None:
        async with bootstrap.open_storage(settings) as storage:
            for number in range(start, end):
                user_id = await storage.users.resolve("console", str(number))
                saved = await storage.models.save(user_id, Path(model), history_version=1, facts={})
                await storage.models.activate(saved.id)

    asyncio.run(enter())


def _resident() -> float:
    return _memory(os.getpid(), "VmRSS")


# -- a model

LOADED = 20
"""So many are loaded, and the growth is divided by them."""


def _model(folder: Path, tracks: int) -> None:
    from songnet import Recommender

    model = folder / "model"
    _elsewhere(_make_model, str(folder / "export.zip"), str(model), tracks)

    def load() -> Recommender:
        recommender = Recommender.load(model)
        recommender.playlist(SONGS.split("; "))
        return recommender

    kept = [load()]
    before = _resident()
    kept += [load() for _ in range(LOADED)]
    tracks, file_bytes = len(kept[0].library), model.stat().st_size
    print(
        f"{tracks:,} tracks, {file_bytes / 1e6:.1f} MB on the disk, "
        f"{(_resident() - before) / LOADED:.1f} MB in memory; the cache counts "
        f"{bytes_in_memory(file_bytes, tracks) / 1e6:.1f} MB"
    )


# -- the worker


@dataclass
class Peaks:
    """The most memory of each process, in megabytes, and how long that lasted, by stage."""

    megabytes: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _seen_at: float = field(default_factory=time.monotonic)

    def see(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = self.seconds.get(stage, 0) + now - self._seen_at
        self._seen_at = now
        self._raise(f"bot, {stage}", os.getpid(), "VmRSS")
        for pid, is_child in _descendants(os.getpid()):
            # A child has one stage, and the kernel knows its peak; a worker has all of them.
            if is_child:
                self._raise(f"child, {stage}", pid, "VmHWM")
            else:
                self._raise(f"worker, {stage}", pid, "VmRSS")

    def _raise(self, name: str, pid: int, what: str) -> None:
        with suppress(OSError, ValueError):
            self.megabytes[name] = max(_memory(pid, what), self.megabytes.get(name, 0))


STAGES = {"Reading": "reading", "Learning": "training", "Saving": "saving"}
"""By the word that the progress message shows."""


def _worker(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    export = folder / "export.zip"
    size = _elsewhere(_write, str(export), options.rows, options.tracks)
    print(f"{options.rows:,} rows, {float(str(size)) / 1e6:.0f} MB of JSON", flush=True)
    peaks = Peaks()

    async def script(front_end: MeasuringFrontEnd) -> None:
        sender = front_end.person("sender")
        await sender.say("import", "", export)
        stage, until = "waiting", math.inf
        while time.monotonic() < until:
            await asyncio.sleep(0.02)
            shown = front_end.progress["sender"]
            if shown.is_final:
                print(shown.text)
                break
            stage = next((STAGES[word] for word in STAGES if word in shown.text), stage)
            if stage == "training" and until == math.inf:
                until = time.monotonic() + options.seconds
            peaks.see(stage)
        await sender.say("cancel")

    front_end = MeasuringFrontEnd(script)
    try:
        asyncio.run(running.run_bot(settings, [front_end], with_worker=True, stop=asyncio.Event()))
    finally:  # what was seen until then, where somebody loses patience
        for stage, seconds in peaks.seconds.items():
            print(f"{stage}: {seconds:.0f} s")
        for name, megabytes in sorted(peaks.megabytes.items()):
            print(f"{name}: {megabytes:.0f} MB")


def _write(export: str, rows: int, tracks: int) -> int:
    return write_export(Path(export), rows=rows, tracks=tracks)


def _descendants(pid: int) -> list[tuple[int, bool]]:
    """(pid, whether it is a child of a worker) of the processes below this one."""
    found = []
    for worker in _children(pid):
        found.append((worker, False))
        found += [(child, True) for child in _children(worker)]
    return found


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    return []


def _memory(pid: int, name: str) -> float:
    """Megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1000
    raise ValueError(name)


if __name__ == "__main__":
    sys.exit(main())
