"""Reading and merging, beside the plain way: `python -m benchmarks.imports`.

A life of listening (`benchmarks.lives`) is read by `songnet.exports.read_history` and by
`benchmarks.plain_import`, in turns, each time in a fresh process; then new plays are merged into
old ones. The floor is what nobody can do without: unzipping, and one pass over the bytes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.lives import ROWS, write_life

OLD_PLAYS = 500_000
NEW_PLAYS = 200_000

Measured = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--way", choices=[*WAYS], help="measure one way once, in this process")
    parser.add_argument("--export", type=Path, help="the export for it")
    options = parser.parse_args()
    if options.way:
        print(json.dumps(_measured(options.way, options.export)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.export or Path(folder) / "life.zip"
        if not options.export:
            size = write_life(path, rows=options.rows)
            zipped = path.stat().st_size
            print(f"{options.rows:,} rows, {size / 1e6:.1f} MB, zipped {zipped / 1e6:.1f} MB")
        _print(_in_turns(path, options.repetitions))


def _in_turns(path: Path, repetitions: int) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {way: [] for way in WAYS}
    command = [sys.executable, "-m", "benchmarks.imports", "--export", str(path), "--way"]
    for _ in range(repetitions):
        for way, runs in found.items():
            done = subprocess.run([*command, way], check=True, stdout=subprocess.PIPE)
            runs.append(json.loads(done.stdout))
    return found


def _measured(way: str, path: Path) -> Measured:
    before_mb = _peak_mb()
    run = WAYS[way](path)
    wall, cpu = time.perf_counter(), time.process_time()
    facts = run()
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak_mb": _peak_mb() - before_mb,
        **facts,
    }


def _peak_mb() -> float:
    """The most memory that this process ever had; Linux only."""
    # `getrusage` would tell of the parent too, from which this process was forked.
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)) / 1024


def _songnet(path: Path) -> Callable[[], Measured]:
    from songnet.exports import read_history

    def run() -> Measured:
        history, report = read_history(path)
        return {"plays": len(history), "tracks": report.tracks}

    return run


def _plain(path: Path) -> Callable[[], Measured]:
    from benchmarks.plain_import import plain_history

    def run() -> Measured:
        plays, report = plain_history(path)
        return {"plays": len(plays), "tracks": report["tracks"]}

    return run


def _floor(path: Path) -> Callable[[], Measured]:
    def run() -> Measured:
        rows = 0
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                rows += archive.read(name).count(b"{")
        return {"rows": rows}

    return run


def _merge(path: Path) -> Callable[[], Measured]:
    del path  # the plays are made here
    old, new = _history(OLD_PLAYS, 1), _history(NEW_PLAYS, 2)

    def run() -> Measured:
        return {"plays": len(old.merge(new))}

    return run


def _history(plays: int, rng_seed: int) -> Any:
    from songnet.music import History

    rng = np.random.default_rng(rng_seed)
    tracks = np.minimum(rng.pareto(0.6, plays) * 30, 20_000).astype(int)
    seconds = np.sort(rng.integers(1_262_304_000, 1_700_000_000, plays))
    return History.from_plays(
        pd.DataFrame(
            {
                "started_at": pd.to_datetime(seconds, unit="s", utc=True),
                "artist": [f"Invented artist {track // 8}" for track in tracks],
                "title": [f"Invented song {track}" for track in tracks],
                "album": [f"Invented album {track // 4}" for track in tracks],
                "ms_played": rng.integers(1_000, 260_000, plays),
            }
        )
    )


WAYS = {"songnet": _songnet, "plain": _plain, "floor": _floor, "merge": _merge}


def _print(found: dict[str, list[Measured]]) -> None:
    plays = {way: {run.get("plays") for run in found[way]} for way in ("songnet", "plain")}
    if plays["songnet"] != plays["plain"]:
        raise SystemExit(f"the two ways found different plays: {plays}")
    print(f"{'way':10}{'wall s':>24}{'CPU s':>24}{'peak MB':>10}")
    for way, runs in found.items():
        cells = [_spread([run[name] for run in runs]) for name in ("wall", "cpu")]
        print(f"{way:10}{cells[0]:>24}{cells[1]:>24}{max(run['peak_mb'] for run in runs):10.0f}")
    for name in ("wall", "cpu"):
        ratios = [
            plain[name] / ours[name]
            for plain, ours in zip(found["plain"], found["songnet"], strict=True)
        ]
        print(f"plain / songnet, {name}: {_spread(ratios)}")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} ... {max(values):.2f})"


if __name__ == "__main__":
    main()
