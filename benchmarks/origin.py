"""What the origin's recipe costs beside songnet's training: `python -m benchmarks.origin`.

Both learn from the same invented library in one process, one thread each for their networks.
songnet trains as for a person: twice, since it is judged before it learns from everything. The
origin trains once, for its eleven epochs. It looks its one-hot inputs up instead of multiplying
with them, which gives the same network for less work and memory than was published: the ratio is
kind to it.

It is stopped after a while and extrapolated from what was done by then, unless `--whole` lets it
train the smaller library to its end. Times are the processor's; what was waited stands beside them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import torch

from benchmarks.training import SIZES, invented
from songnet.evidence.warming import warm
from songnet.models.base import FitProgress, FitTask
from songnet.models.origin import OriginModel, Samples
from songnet.recommender import Recommender
from songnet.sessions import find_sessions
from songnet.threads import threads
from songnet.vocabulary import Vocabulary

SECONDS = 60.0
"""Of the processor: so long the origin trains before it is extrapolated."""


@dataclass
class Clock:
    """Hears of a fit, and ends it when it has lasted long enough."""

    most_seconds: float
    first: tuple[float, float] | None = None
    last: tuple[float, float] = (0.0, 0.0)

    def __call__(self, progress: FitProgress) -> None:
        self.last = time.process_time(), progress.done
        self.first = self.first or self.last
        (begun, before), (now, done) = self.first, self.last
        if before < done < 1 and now - begun >= self.most_seconds:
            raise Enough

    @property
    def seconds_of_all(self) -> float:
        """What the whole fit takes, by what was done between the first report and the last."""
        assert self.first is not None
        (begun, before), (ended, done) = self.first, self.last
        return (ended - begun) / (done - before)


class Enough(Exception):
    """The fit can be extrapolated."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, metavar=("PLAYS", "TRACKS"))
    parser.add_argument("--whole", action="store_true", help="the smaller library to its end")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="(default: %(default)s)")
    options = parser.parse_args()
    if options.one:
        most = float("inf") if options.whole else options.seconds
        plays, tracks = options.one
        print(json.dumps(measure(plays, tracks, most)))
        return
    for number, (plays, tracks) in enumerate(SIZES):
        command = [sys.executable, "-m", "benchmarks.origin", "--one", str(plays), str(tracks)]
        command += ["--seconds", str(options.seconds)]
        command += ["--whole"] if options.whole and number == 0 else []
        ended = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"{plays:,} plays of {tracks:,} tracks")
        for name, value in json.loads(ended.stdout).items():
            print(f"  {name:52} {value if isinstance(value, str) else f'{value:,.1f}':>14}")


def measure(plays: int, tracks: int, most_seconds: float) -> dict[str, float | str]:
    """Both trainings on one invented library."""
    warm()
    history = invented(plays, tracks)
    waited, started = time.monotonic(), time.process_time()
    Recommender.train(history)
    songnet = time.process_time() - started
    figures: dict[str, float | str] = {
        "songnet, s": songnet,
        "songnet, s that were waited": time.monotonic() - waited,
        "songnet, most memory so far, MiB": _most_memory(),
    }
    sessions = find_sessions(history.frame)
    vocabulary = Vocabulary.from_sessions(sessions)
    model, clock = OriginModel(vocabulary), Clock(most_seconds)
    task = FitTask(vocabulary.encode(sessions), on_progress=clock)
    with threads(1), suppress(Enough):
        model.fit(task)
    figures["the origin was trained"] = f"{100 * clock.last[1]:.2f} %"
    samples = len(Samples.cut(task.training, model.config))
    figures["the origin's samples, in each of 11 epochs"] = samples
    figures["the origin, s"] = clock.seconds_of_all
    figures["the origin, h"] = clock.seconds_of_all / 3600
    figures["the origin over songnet"] = clock.seconds_of_all / songnet
    return figures


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
