"""What a model must learn, and what it must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from songnet.errors import TrainingFailed
from songnet.metrics import rank_next_tracks
from songnet.models import model_class
from songnet.models.base import FitTask, NextTrackModel, Query
from songnet.models.lstm import LstmModel
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of, shuffled

TRACKS, FAITH = 40, 0.8
OPTIMUM = FAITH + (1 - FAITH) / TRACKS
"""No model can hit more with one guess."""
LSTM = {"dims": 32, "hidden": 32, "most_epochs": 12}


def hit_rate(name: str, sessions: list[list[str]], config: dict[str, Any] | None = None) -> float:
    """HR@1 on the last tenth, after learning from the first eight tenths."""
    border, test_from = len(sessions) * 8 // 10, len(sessions) * 9 // 10
    training = sessions_of(sessions[:border])
    vocabulary = Vocabulary.from_sessions(training)
    model = model_class(name)(vocabulary, config)
    model.fit(
        FitTask(
            training=vocabulary.encode(training),
            validation=vocabulary.encode(sessions_of(sessions[border:test_from])),
        )
    )
    test = vocabulary.encode(sessions_of(sessions[test_from:]))
    return rank_next_tracks(model, test).metrics()["hr@1"]


ORDERED = [
    ("lstm", LSTM),
    ("markov", None),
    ("markov_backoff", None),
    ("suffix_knn", None),
    ("vstan", None),
    ("mixture", None),
]


@pytest.mark.parametrize(("name", "config"), ORDERED)
def test_a_planted_chain_is_learned_almost_to_its_optimum(name: str, config: dict[str, Any] | None):
    sessions = chain_sessions(tracks=TRACKS, faith=FAITH)

    assert hit_rate(name, sessions, config) > OPTIMUM - 0.06


@pytest.mark.parametrize(
    ("name", "config"), [*ORDERED, ("item_knn", None), ("vsknn", None), ("recency", None)]
)
def test_nothing_is_learned_where_there_is_no_order(name: str, config: dict[str, Any] | None):
    sessions = shuffled(chain_sessions(tracks=TRACKS, faith=FAITH))

    assert hit_rate(name, sessions, config) < 1 / TRACKS + 0.04


@pytest.mark.parametrize("name", ["popularity", "recency", "cache"])
def test_what_looks_at_no_order_learns_none(name: str):
    assert hit_rate(name, chain_sessions(tracks=TRACKS, faith=FAITH)) < 1 / TRACKS + 0.04


def test_the_lstm_sees_further_back_than_one_track():
    # After 'x' comes what stood before it: only the track before the last one tells.
    rng = np.random.default_rng(0)
    sessions = []
    for _ in range(300):
        first = f"Song {rng.integers(8)}"
        sessions.append([first, "x", f"{first} again"])
    model = _fit_lstm(sessions, most_epochs=20)

    for number in range(8):
        prefix = model.vocabulary.indexes([f"Song {number}", "x"])
        best = int(np.argmax(model.score_next(Query(prefix)))) + 1
        assert model.vocabulary.track(best).title == f"Song {number} again"


def test_short_sessions_are_learned_from_beside_long_ones():
    # Where only the last column of a padded batch counts, the short rows teach nothing.
    long = [[f"Long {step}" for step in range(20)]] * 30
    short = [["a", "b"], ["c", "d"]] * 30
    model = _fit_lstm([*long, *short], most_epochs=12)

    for first, second in (("a", "b"), ("c", "d")):
        scores = model.score_next(Query(model.vocabulary.indexes([first])))
        assert int(np.argmax(scores)) + 1 == model.vocabulary.index(second)


def test_tracks_heard_once_are_known_by_their_artists():
    # Two artists, never in one session; six songs of each were heard once, and alone.
    known = {letter: [f"{letter} {n}" for n in range(10)] for letter in "AB"}
    once = {letter: [f"{letter} {n}" for n in range(10, 16)] for letter in "AB"}
    artists = {title: title[0] for titles in (*known.values(), *once.values()) for title in titles}
    rng = np.random.default_rng(0)
    sessions = [rng.choice(known[letter], 6, replace=False).tolist() for letter in "AB" * 60]
    sessions += [[title] for letter in "AB" for title in once[letter]]
    model = _fit_lstm(sessions, artist_of=artists, most_epochs=10)

    scores = model.score_next(Query(model.vocabulary.indexes(["A 1", "A 2"])))
    of_artist = {
        letter: scores[model.vocabulary.indexes(once[letter]) - 1].mean() for letter in "AB"
    }
    assert of_artist["A"] > of_artist["B"] + 1


def test_training_that_diverges_is_reported_and_not_kept():
    sessions = chain_sessions(tracks=10, sessions=30)

    with pytest.raises(TrainingFailed, match="loss is"):
        _fit_lstm(sessions, learning_rate=float("inf"))


def test_early_stopping_goes_back_to_the_best_epoch():
    sessions = shuffled(chain_sessions(tracks=20, sessions=60))
    training, validation = sessions_of(sessions[:40]), sessions_of(sessions[40:])
    vocabulary = Vocabulary.from_sessions(training)
    heard = []
    model = LstmModel(vocabulary, LSTM | {"patience": 2})
    report = model.fit(
        FitTask(
            training=vocabulary.encode(training),
            validation=vocabulary.encode(validation),
            on_progress=lambda progress: heard.append((progress.epoch, dict(progress.metrics))),
        )
    )

    reached = {epoch: metrics["mrr@20"] for epoch, metrics in heard if metrics}
    kept = rank_next_tracks(model, vocabulary.encode(validation)).metrics()["mrr@20"]
    assert kept == max(reached.values())
    assert report.epochs == min(epoch for epoch, mrr in reached.items() if mrr == kept)


def _fit_lstm(
    sessions: list[list[str]],
    *,
    artist_of: dict[str, str] | None = None,
    most_epochs: int = 2,
    **config: Any,
) -> NextTrackModel:
    played = sessions_of(sessions, artist_of=artist_of)
    vocabulary = Vocabulary.from_sessions(played)
    model = LstmModel(vocabulary, LSTM | {"plays_per_batch": 64} | config)
    model.fit(FitTask(training=vocabulary.encode(played), epochs=most_epochs))
    return model
