"""The measures, against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from songnet.metrics import Ranks, playlist_metrics, rank_next_tracks, ranks_of
from songnet.models.base import ModelState, NextTrackModel
from songnet.models.markov import MarkovModel
from songnet.models.popularity import PopularityModel
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import sessions_of


def ranks(scores: list[float], target: int) -> int:
    return int(ranks_of(np.array([scores], np.float32), np.array([target]))[0])


def test_the_highest_score_has_rank_one():
    assert ranks([0.1, 0.9, 0.5], target=1) == 1


def test_ties_count_against_the_model():
    assert ranks([0.5, 0.5, 0.5, 0.1], target=0) == 3


def test_a_score_that_is_no_number_never_helps():
    assert ranks([math.nan, 0.5, 0.1], target=1) == 2
    assert ranks([math.nan, 0.5, 0.1], target=0) == 3


def test_hit_rates_and_reciprocal_ranks():
    metrics = Ranks(np.array([1, 2, 10, 20, 21]), outside=0).metrics()

    assert metrics["hr@1"] == pytest.approx(1 / 5)
    assert metrics["hr@10"] == pytest.approx(3 / 5)
    assert metrics["hr@20"] == pytest.approx(4 / 5)
    assert metrics["mrr@20"] == pytest.approx((1 + 1 / 2 + 1 / 10 + 1 / 20) / 5)


def test_without_events_nothing_is_claimed():
    assert Ranks(np.zeros(0, np.int64), outside=3).metrics() == {}


def fitted_popularity(scores: Mapping[str, float]) -> NextTrackModel:
    vocabulary = Vocabulary.from_sessions(sessions_of([list(scores)]))
    values = [scores[name] for name in vocabulary.library["track_id"]]
    state = ModelState(config={}, arrays={"scores": np.array(values, np.float32)})
    return PopularityModel.from_state(vocabulary, state)


def test_every_position_after_a_sessions_first_track_is_an_event():
    model = fitted_popularity({"a": 3, "b": 2, "c": 1})
    played = model.vocabulary.encode(sessions_of([["c", "a", "b"], ["a"], ["b", "c"]]))

    assert rank_next_tracks(model, played).ranks.tolist() == [1, 2, 3]


def test_targets_outside_the_library_are_counted_and_not_scored():
    model = fitted_popularity({"a": 3, "b": 2})
    played = model.vocabulary.encode(sessions_of([["a", "x", "b", "y"], ["x", "a"]]))
    result = rank_next_tracks(model, played)

    assert result.ranks.tolist() == [2, 1]
    assert result.outside == 2


def test_the_prefix_of_an_event_ends_right_before_it():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b", "c", "d"]]))
    model = MarkovModel(vocabulary)
    from songnet.models.base import FitTask

    model.fit(FitTask(vocabulary.encode(sessions_of([["a", "b", "c", "d"]]))))

    played = vocabulary.encode(sessions_of([["a", "b", "c", "d"]]))
    assert rank_next_tracks(model, played).ranks.tolist() == [1, 1, 1]


def test_a_playlist_of_nothing_but_hits_is_perfect():
    metrics = playlist_metrics([1, 2, 3, 4], relevant=[1, 2, 3])

    assert metrics == pytest.approx({"ndcg@20": 1, "r_precision": 1, "recall@20": 1})


def test_a_hit_further_down_is_worth_less():
    metrics = playlist_metrics([9, 1, 8], relevant=[1, 2])

    ideal = 1 + 1 / math.log2(3)
    assert metrics["ndcg@20"] == pytest.approx((1 / math.log2(3)) / ideal)
    assert metrics["r_precision"] == pytest.approx(1 / 2)
    assert metrics["recall@20"] == pytest.approx(1 / 2)


def test_only_the_first_twenty_tracks_count():
    metrics = playlist_metrics([*range(100, 120), 1], relevant=[1])

    assert metrics == {"ndcg@20": 0, "r_precision": 0, "recall@20": 0}


def test_more_wanted_than_fits_can_still_be_perfect_in_ndcg():
    metrics = playlist_metrics(list(range(20)), relevant=list(range(40)))

    assert metrics["ndcg@20"] == pytest.approx(1)
    assert metrics["recall@20"] == pytest.approx(0.5)


def test_every_event_knows_its_session():
    model = fitted_popularity({"a": 3, "b": 2, "c": 1})
    played = model.vocabulary.encode(sessions_of([["c", "a", "b"], ["a"], ["b", "c"]]))

    assert rank_next_tracks(model, played).session_of.tolist() == [0, 0, 2]


def test_a_metric_is_the_mean_of_what_each_event_adds():
    ranks = Ranks(np.array([1, 2, 30]), outside=0)

    assert ranks.values()["mrr@20"].tolist() == [1, 1 / 2, 0]
    assert ranks.metrics()["mrr@20"] == pytest.approx(1 / 2)
