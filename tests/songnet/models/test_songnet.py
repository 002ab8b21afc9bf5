"""The model that weighs evidence learns what counts cannot say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from songnet.metrics import rank_next_tracks
from songnet.models.base import FitTask, Query
from songnet.models.songnet import NOTHING, SongnetModel
from songnet.sessions import Sessions, split_in_time
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of, shuffled

FAITH = 0.8


def fitted(sessions: Sessions, **config: object) -> SongnetModel:
    vocabulary = Vocabulary.from_sessions(sessions)
    model = SongnetModel(vocabulary, config)
    model.fit(FitTask(vocabulary.encode(sessions)))
    return model


def hits(model: SongnetModel, sessions: Sessions) -> float:
    return rank_next_tracks(model, model.vocabulary.encode(sessions)).metrics()["hr@1"]


@pytest.mark.parametrize("start", ["shipped", NOTHING])
def test_a_chain_is_learned_to_its_end(start: str):
    split = split_in_time(sessions_of(chain_sessions(faith=FAITH)), 0.9, 0.1)

    assert hits(fitted(split.training, start=start), split.validation) > FAITH - 0.08


def test_plays_without_order_are_not_learned():
    sessions = sessions_of(shuffled(chain_sessions(faith=FAITH)))
    split = split_in_time(sessions, 0.9, 0.1)

    assert hits(fitted(split.training, start=NOTHING), split.validation) < 0.1


def alternating() -> list[list[str]]:
    """After 'same' comes what came before it; after 'other' what never did: counts see neither."""
    rng = np.random.default_rng(0)
    walks = []
    for number in range(300):
        songs = [f"Song {song}" for song in rng.permutation(30)]
        repeats = number % 2 == 0
        walk = ["same" if repeats else "other", songs[0]]
        for song in songs[1:6]:
            walk += [walk[-1] if repeats else song, song]
        walks.append(walk[:10])
    return walks


def test_the_state_of_the_session_says_what_to_trust():
    split = split_in_time(sessions_of(alternating()), 0.9, 0.1)
    model = fitted(split.training, start=NOTHING, from_nothing={"epochs": 10})
    same, other = (model.vocabulary.index(name) for name in ("same", "other"))
    songs = [model.vocabulary.index(f"Song {number}") for number in (3, 3, 7, 7, 9)]

    after_same = model.score_next(Query(np.array([same, *songs])))
    after_other = model.score_next(Query(np.array([other, 1, 3, 4, 7, 9])))

    assert after_same[songs[-1] - 1] > after_other[songs[-1] - 1]


def test_a_fit_that_goes_on_learns_only_from_what_is_new():
    sessions = sessions_of(chain_sessions())
    vocabulary = Vocabulary.from_sessions(sessions)
    encoded = vocabulary.encode(sessions)
    model = SongnetModel(vocabulary)
    model.fit(FitTask(encoded))
    again = SongnetModel(vocabulary)
    report = again.fit(FitTask(encoded, start=model))

    assert report.loss is None  # nothing is new
    query = Query(np.array([1, 2]))
    np.testing.assert_array_equal(again.score_next(query), model.score_next(query))


def test_a_window_bounds_what_a_question_costs_and_not_what_it_says():
    split = split_in_time(sessions_of(chain_sessions()), 0.9, 0.1)
    model = fitted(split.training)
    tracks = np.arange(1, 39)
    long, short = (Query(tracks[-length:]) for length in (38, 30))

    assert np.argmax(model.score_next(long)) == np.argmax(model.score_next(short))


def test_scores_are_log_probabilities():
    model = fitted(sessions_of(chain_sessions()))
    scores = model.score_next(Query(np.array([1, 2, 3])))

    assert np.exp(scores.astype(float)).sum() == pytest.approx(1, abs=1e-4)


def test_threads_that_ask_at_once_get_what_each_alone_gets():
    model = fitted(sessions_of(chain_sessions()))
    queries = [Query(np.array([first, first + 1])) for first in range(1, 39)]
    alone = [model.score_next(query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(model.score_next, queries))

    np.testing.assert_array_equal(at_once, alone)
