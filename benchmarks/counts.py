"""What a fit and a question cost: `python -m benchmarks.counts`.

Invented plays without any order, popularity falling as it does with people (a power law), sessions
of twenty. Times are those of the processor, so that a busy machine does not show in them.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from songnet.models import TORCHLESS_MODELS, model_class
from songnet.models.base import FitTask, Query
from songnet.vocabulary import EncodedSessions, Vocabulary

TRACKS_PER_ARTIST = 12
PLAYS_PER_SESSION = 20
QUESTIONS = 100
PREFIX = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, default=100_000)
    parser.add_argument("--tracks", type=int, default=20_000)
    options = parser.parse_args()
    vocabulary, sessions = invented(options.plays, options.tracks)
    for name in TORCHLESS_MODELS:
        model = model_class(name)(vocabulary)
        started = time.process_time()
        model.fit(FitTask(sessions, sessions))
        model.score_next(Query(sessions.tracks[:1]))  # builds what is built but once
        fit_s = time.process_time() - started
        took = []
        for place in np.linspace(0, options.plays - PREFIX, QUESTIONS).astype(int).tolist():
            query = Query(sessions.tracks[place : place + PREFIX], sessions.started_at[-1])
            started = time.process_time()
            model.score_next(query)
            took.append(1000 * (time.process_time() - started))
        question = f"{np.median(took):5.2f} ms, at most {max(took):.2f} ms"
        print(f"{name:15} fit {fit_s:5.2f} s, question {question}")


def invented(plays: int, tracks: int) -> tuple[Vocabulary, EncodedSessions]:
    numbers = np.arange(tracks)
    library = pd.DataFrame(
        {
            "track_id": numbers.astype(str),
            "artist": (numbers // TRACKS_PER_ARTIST).astype(str),
            "title": "",
            "album": "",
            "uri": None,
            "plays": 1,
        }
    )
    shares = (numbers + 1.0) ** -0.8
    drawn = np.random.default_rng(0).choice(tracks, plays, p=shares / shares.sum()) + 1
    started_at = (1.5e9 + 300.0 * np.arange(plays)).astype(np.float64)
    bounds = np.append(np.arange(0, plays, PLAYS_PER_SESSION), plays)
    return Vocabulary(library), EncodedSessions(drawn.astype(np.int64), started_at, bounds)


if __name__ == "__main__":
    main()
