"""Where the time of a playlist goes: a mixture of counts over an invented library.

Times are those of the processor, so that a busy machine does not show in them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import numpy as np

from benchmarks.counts import invented
from songnet.adventure import novelty, reorder
from songnet.flow import Flow
from songnet.generation import choose, rank, space_artists
from songnet.models import model_class
from songnet.models.base import FitTask, NextTrackModel
from songnet.models.past import Past
from songnet.reasons import Reasons
from songnet.recommender import Recommender
from songnet.trained_on import TrainedOn
from songnet.vocabulary import Indexes

T = TypeVar("T")
TRACKS, PLAYS = 20_000, 100_000
QUESTIONS = 30


def print_speed() -> None:
    """Prints the milliseconds of a whole playlist of a loaded recommender, and of each step."""
    vocabulary, sessions = invented(PLAYS, TRACKS)
    model = model_class("mixture")(vocabulary)
    model.fit(FitTask(sessions, sessions))
    past = Past(sessions, len(vocabulary))
    content = Recommender(vocabulary, model, past, _facts()).to_bytes()
    load_ms = _median_ms([lambda: Recommender.from_bytes(content)] * 5)
    print(f"model file {len(content) / 1e6:.1f} MB, loads in {load_ms:.0f} ms")
    loaded = Recommender.from_bytes(content)
    rng = np.random.default_rng(1)
    # What was played in fact, often or seldom; the first question pays for what is built but once.
    asked = [rng.choice(sessions.tracks, 3, replace=False) for _ in range(QUESTIONS)]
    names = [[vocabulary.track(int(seed)).track_id for seed in seeds] for seeds in asked]
    first = _median_ms([lambda: loaded.playlist(names[0])])
    for length in (20, 50):
        whole = _times_ms([partial(loaded.playlist, n, length) for n in names])
        print(
            f"a playlist of {length}: median {np.median(whole):.1f} ms, at most {max(whole):.1f} ms"
        )
    print(f"the very first one after loading: {first:.0f} ms")
    _print_steps(model, past, asked)


def _print_steps(model: NextTrackModel, past: Past, asked: list[Indexes]) -> None:
    vocabulary = model.vocabulary
    artist_of = vocabulary.artist_of
    newness = novelty(past, vocabulary.plays, artist_of)
    flow, reasons = Flow(past, artist_of), Reasons(past, vocabulary)
    spent: dict[str, list[float]] = {}

    def timed(step: str, run: Callable[[], T]) -> T:
        started = time.process_time()
        result = run()
        spent.setdefault(step, []).append(1000 * (time.process_time() - started))
        return result

    for seeds in asked:
        scores = timed("scores", partial(model.score_seeds, seeds))
        ranking = timed("ranking", partial(rank, scores))
        bend = partial(reorder, ranking, scores, newness, adventure=1.0, length=20)
        moved = timed("adventure", bend)
        capped = partial(choose, moved, artist_of[1:], length=20, most_per_artist=3)
        chosen = timed("cap", capped)
        apart = timed("spacing", partial(space_artists, chosen, artist_of[1:]))
        tracks = [column + 1 for column in apart]
        timed("order", partial(flow.order, tracks, seeds))
        timed("reasons", partial(_reasons_of, reasons, tracks, seeds))
    for step, took in spent.items():
        print(f"  {step:15} {np.median(took):6.2f} ms")


def _reasons_of(reasons: Reasons, tracks: list[int], seeds: Indexes) -> None:
    for track in tracks:
        reasons.of(track, seeds)


def _median_ms(runs: list[Callable[[], object]]) -> float:
    return float(np.median(_times_ms(runs)))


def _times_ms(runs: list[Callable[[], object]]) -> list[float]:
    took = []
    for run in runs:
        started = time.process_time()
        run()
        took.append(1000 * (time.process_time() - started))
    return took


def _facts() -> TrainedOn:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return TrainedOn("mixture", PLAYS, TRACKS, TRACKS // 12, PLAYS // 20, now, now, 0, 0.0, 0, {})
