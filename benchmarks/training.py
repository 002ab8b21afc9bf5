"""What a training costs: `python -m benchmarks.training`.

Invented plays without any order (see benchmarks/counts.py), which is the worst case for the walks:
no two sessions are alike. Times are those of the processor, so that a busy machine shows less in
them. Each size runs in a process of its own, for its memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pandas as pd

from songnet.evidence.arrays import past_arrays, scratch_for
from songnet.evidence.events import prequential_events
from songnet.evidence.warming import warm
from songnet.music import History
from songnet.recommender import Recommender
from songnet.sessions import find_sessions
from songnet.training import TrainingConfig
from songnet.vocabulary import Vocabulary

T = TypeVar("T")

SIZES = ((40_000, 8_000), (140_000, 25_000))
TRACKS_PER_ARTIST = 12
PLAYS_PER_SESSION = 20
NEW_SHARE = 0.05
"""So much of the plays is new in an update."""
PLAY_SECONDS, REST_SECONDS = 200, 3600
ASKED = 50
PREFIX = 20
FAVOURITES = 300
"""The walks through what is played most are the longest."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, metavar=("PLAYS", "TRACKS"))
    parser.add_argument("--questions", type=Path, metavar="MODEL", help="only ask this model")
    options = parser.parse_args()
    if options.questions:
        warm()
        _show(_questions(Recommender.load(options.questions)))
        return
    if options.one:
        print(json.dumps(_measure(*options.one)))
        return
    for plays, tracks in SIZES:
        command = [sys.executable, "-m", "benchmarks.training", "--one", str(plays), str(tracks)]
        ended = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"{plays:,} plays of {tracks:,} tracks")
        _show(json.loads(ended.stdout))


def _show(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"  {name:52} {value:10.2f}")


def _measure(plays: int, tracks: int) -> dict[str, float]:
    started = time.process_time()
    warm()
    figures = {"loading what is compiled, s": time.process_time() - started}
    history = invented(plays, tracks)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    recommender, figures["training, s"] = timed(lambda: Recommender.train(history))
    figures["  of which gathering the evidence, s"] = _gathering(history)
    nothing = TrainingConfig(model_config={"start": "nothing"})
    _, figures["training from nothing, s"] = timed(
        lambda: Recommender.train(history, config=nothing)
    )
    early = History.from_plays(history.frame.iloc[: int(plays * (1 - NEW_SHARE))])
    start = Recommender.train(early)
    _, figures["update with 5 % new plays, s"] = timed(
        lambda: Recommender.train(history, start=start)
    )
    figures["memory at most, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["  of which before the training, MiB"] = before
    return figures | _questions(recommender)


def _questions(recommender: Recommender) -> dict[str, float]:
    figures = {}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        recommender.save(file)
        figures["model file, MB"] = file.stat().st_size / 1e6
        loaded, seconds = timed(lambda: Recommender.load(file))
        figures["load, ms"] = 1000 * seconds
    ids = loaded.library["track_id"].tolist()
    rng = np.random.default_rng(0)
    prefixes = [[ids[i] for i in rng.integers(len(ids), size=PREFIX)] for _ in range(ASKED)]
    favourites = np.argsort(-loaded.library["plays"].to_numpy())[:FAVOURITES]
    of_favourites = [[ids[i] for i in rng.choice(favourites, PREFIX)] for _ in range(ASKED)]
    questions: dict[str, tuple[Callable[[list[str]], object], list[list[str]]]] = {
        "score_next after 20 tracks": (loaded.score_next, prefixes),
        "  once more, the session as it was": (loaded.score_next, prefixes),
        "  after 20 of the most played tracks": (loaded.score_next, of_favourites),
        "playlist of 20 from 3 seeds": (lambda prefix: loaded.playlist(prefix[:3]), prefixes),
        "  from 3 of the most played": (lambda prefix: loaded.playlist(prefix[:3]), of_favourites),
    }
    for name, (ask, asked) in questions.items():
        ask(asked[0][::-1])
        took = [1000 * timed(partial(ask, prefix))[1] for prefix in asked]
        figures[f"{name}, median ms"] = float(np.median(took))
        figures[f"{name}, longest ms"] = max(took)
    return figures


def _gathering(history: History) -> float:
    sessions = find_sessions(history.frame)
    vocabulary = Vocabulary.from_sessions(sessions)
    past = past_arrays(vocabulary.encode(sessions), vocabulary.artist_of, vocabulary.album_of)
    scratch_for(past)
    return timed(
        lambda: prequential_events(
            past, blocks=10, most_events=24_000, learned=0, rng=np.random.default_rng(0)
        )
    )[1]


def timed(run: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds of the processor that it took."""
    started = time.process_time()
    result = run()
    return result, time.process_time() - started


def invented(plays: int, tracks: int) -> History:
    shares = (np.arange(tracks) + 1.0) ** -0.8
    rng = np.random.default_rng(0)
    # Every track once, so that the library has the size that is named.
    drawn = np.concatenate(
        [rng.permutation(tracks), rng.choice(tracks, plays - tracks, p=shares / shares.sum())]
    )
    number = np.arange(plays)
    seconds = number * PLAY_SECONDS + number // PLAYS_PER_SESSION * REST_SECONDS
    return History.from_plays(
        pd.DataFrame(
            {
                "started_at": pd.to_datetime(1.6e9 + seconds, unit="s", utc=True),
                "artist": [f"Artist {track // TRACKS_PER_ARTIST}" for track in drawn],
                "title": [f"Title {track}" for track in drawn],
                "ms_played": 180_000,
            }
        )
    )


if __name__ == "__main__":
    main()
