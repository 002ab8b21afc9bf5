"""The model that weighs evidence learns what counts cannot say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from songnet.metrics import rank_next_tracks
from songnet.models.base import FitTask, Query
from songnet.models.songnet import NOTHING, SongnetModel
from songnet.sessions import Sessions, split_in_time
from songnet.vocabulary import EncodedSession, Vocabulary
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


def moody() -> list[list[str]]:
    """In half of the sessions each song is followed by the one that always follows; in the others
    by any song. Only how the session went so far tells which it is."""
    rng = np.random.default_rng(0)
    successor = rng.permutation(40)
    walks = []
    for number in range(400):
        walk = [int(rng.integers(40))]
        while len(walk) < 12:
            faithful = number % 2 == 0
            walk.append(int(successor[walk[-1]]) if faithful else int(rng.integers(40)))
        walks.append([f"Song {song}" for song in walk])
    return walks


def test_the_state_of_the_session_has_a_say():
    split = split_in_time(sessions_of(moody()), 0.9, 0.1)
    model = fitted(split.training, start=NOTHING)
    with_state = likelihood(model, split.validation)
    with torch.no_grad():
        for layer in (*model.net.gate, model.net.of_state):
            layer.weight.zero_()

    assert with_state > likelihood(model, split.validation) + 0.02


def likelihood(model: SongnetModel, sessions: Sessions) -> float:
    """The mean log-probability of what really came next, in nats."""
    encoded = model.vocabulary.encode(sessions)
    found = []
    for number in range(len(encoded)):
        tracks, started_at = encoded.session(number)
        scores = model.score_positions(EncodedSession(tracks[:-1], started_at[:-1]))
        found.append(scores[np.arange(len(tracks) - 1), tracks[1:] - 1])
    return float(np.concatenate(found).mean())


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
