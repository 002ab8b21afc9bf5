"""Every model that counts, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from songnet.models import MODEL_NAMES, TORCH_MODELS, model_class
from songnet.models.base import FitTask, NextTrackModel, Query
from songnet.models.counts import CountModel
from songnet.vocabulary import PADDING, EncodedSessions, Vocabulary
from tests.songnet.listeners import START, sessions_of

NOW = START.timestamp()
PROBABILITIES = sorted({*MODEL_NAMES} - {*TORCH_MODELS, "popularity"})
"""Popularity gives logarithms of counts, which is all that a ranking needs."""


def fitted(
    name: str,
    sessions: list[list[str]],
    artist_of: dict[str, str] | None = None,
    **config: Any,
) -> CountModel:
    played = sessions_of(sessions, artist_of=artist_of)
    vocabulary = Vocabulary.from_sessions(played)
    model = model_class(name)(vocabulary, config)
    model.fit(FitTask(vocabulary.encode(played)))
    assert isinstance(model, CountModel)
    return model


def evidence(model: CountModel, prefix: str, started_at: float | None = NOW) -> dict[str, float]:
    """What speaks for each track, without those that nothing speaks for."""
    weights = model.evidence(Query(model.vocabulary.indexes(list(prefix)), started_at))
    titles = [None, *model.vocabulary.library["title"]]
    return {str(title): weights[row] for row, title in enumerate(titles) if weights[row] > 0}


def test_evidence_is_mixed_with_popularity():
    model = fitted("cache", [list("aab")], popularity_share=0.1)
    a, b = np.exp(model.score_next(Query(model.vocabulary.indexes(["b"]))))[
        model.vocabulary.indexes(["a", "b"]) - 1
    ]

    # One more than was counted: 3 and 2 of 5.
    assert a == pytest.approx(0.1 * 3 / 5)
    assert b == pytest.approx(0.9 + 0.1 * 2 / 5)


def test_without_evidence_there_is_popularity():
    model = fitted("cache", [list("aab")])
    scores = model.score_next(Query(np.zeros(0, np.int64)))

    assert np.exp(scores[model.vocabulary.index("a") - 1]) == pytest.approx(3 / 5)


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_sum_to_one(name: str):
    played = sessions_of([list("abcab"), list("cad")])
    vocabulary = Vocabulary.from_sessions(played)
    model = model_class(name)(vocabulary)
    model.fit(FitTask(vocabulary.encode(played)))

    for prefix in ("", "a", "ab", "dca"):
        scores = model.score_next(Query(vocabulary.indexes(list(prefix))))
        assert np.exp(scores.astype(float)).sum() == pytest.approx(1, abs=1e-5)


def test_recency_halves_with_each_half_life():
    # The second session begins 64 min after the first play, and is the newest one.
    model = fitted("recency", [["a"], ["b"]], half_life_days=64 / 1440)

    assert evidence(model, "") == pytest.approx({"a": 0.5, "b": 1.0})


def test_the_cache_decays_along_the_session():
    model = fitted("cache", [list("abc")], decay=0.5, reach=3)

    assert evidence(model, "cabaa") == pytest.approx({"a": 1 + 0.5, "b": 0.25})


def test_item_knn_is_a_cosine_over_the_window():
    model = fitted("item_knn", [list("abc"), list("ba"), ["c"]], window=1, regularisation=2)

    # Beside 'b': 'a' twice and 'c' once; 'a' was played twice, 'c' too.
    assert evidence(model, "ab") == pytest.approx({"a": 2 / np.sqrt(4), "c": 1 / np.sqrt(4)})


def test_item_knn_is_not_like_itself():
    assert "a" not in evidence(fitted("item_knn", [list("aab")]), "a")


def test_suffix_knn_sums_agreement_over_moments():
    model = fitted(
        "suffix_knn",
        [list("abc"), list("xbd")],
        length=2,
        decay=0.5,
        sharpness=2,
        reach=1,
        half_life_days=1e9,
    )

    # 'a b' agrees wholly with the first session, and by 'b' alone with the second.
    assert evidence(model, "ab") == pytest.approx({"c": 1.5**2, "d": 1})


def test_suffix_knn_bridges_a_hole():
    model = fitted("suffix_knn", [list("abc")], length=2, decay=0.5, sharpness=1, reach=1)

    assert evidence(model, "ay") == pytest.approx({"c": 0.5}, rel=1e-3)


def test_suffix_knn_hears_a_few_plays_ahead_and_forgets():
    model = fitted(
        "suffix_knn", [list("abc")], length=1, reach=2, reach_decay=0.4, half_life_days=1
    )

    a_day_later = NOW + 86_400
    assert evidence(model, "a", a_day_later) == pytest.approx({"b": 0.5, "c": 0.2})


def test_vsknn_weighs_neighbours_by_what_they_share():
    model = fitted("vsknn", [list("abcc"), list("ad"), list("be")])

    # 'a' is worth 1/2 and 'b', the last one, 1. The first session shares both, the second one 'a'
    # alone, which stands one track further back.
    assert evidence(model, "ab") == pytest.approx(
        {"a": 1.5 + 0.25, "b": 1.5 + 1, "c": 1.5, "d": 0.25, "e": 1}
    )


def test_vsknn_asks_the_newest_of_equal_neighbours():
    model = fitted("vsknn", [list("ab"), list("ac")], neighbours=1)

    assert evidence(model, "a").keys() == {"a", "c"}


def test_vsknn_samples_the_newest_sessions():
    model = fitted("vsknn", [list("abx"), list("ac")], sample=1)

    assert evidence(model, "ab").keys() == {"a", "c"}


def test_vstan_decays_by_order_distance_and_rarity():
    model = fitted(
        "vstan",
        [list("abcd"), list("ae")],
        session_decay=1,
        neighbour_days=1e9,
        item_decay=1,
        item_reach=2,
    )

    # Of six plays two are 'a' and one is 'b'; the second session shares 'a' alone, one track back.
    idf_a, idf_b = np.log(7 / 3), np.log(7 / 2)
    both, only_a = idf_b + np.exp(-1) * idf_a, np.exp(-1) * idf_a
    assert evidence(model, "ab") == pytest.approx(
        {"c": both, "d": both * np.exp(-1), "e": only_a * np.exp(-1)}
    )


def test_vstan_trusts_late_neighbours_more():
    model = fitted("vstan", [list("ab"), ["a", "c"]], neighbour_days=64 / 1440)
    now = NOW + 68 * 60  # when the second session began
    weights = evidence(model, "a", now)

    assert weights["b"] / weights["c"] == pytest.approx(np.exp(-68 / 64))


def test_markov_backs_off_to_the_artists():
    artist_of = {"a": "A", "b": "B", "c": "B", "d": "D"}
    model = fitted(
        "markov_backoff",
        [list("ab"), list("ac"), list("d")],
        artist_of,
        artist_weight=2.0,
        popularity_weight=1.0,
    )

    # Popularity: a 3, b 2, c 2, d 2 of 9. After artist 'A' came 'B' twice.
    of_b, of_a, of_d = (2 + 4 / 9) / 3, (3 / 9) / 3, (2 / 9) / 3
    assert evidence(model, "a") == pytest.approx(
        {
            "a": 2 * of_a / 4,
            "b": (1 + 2 * of_b / 2) / 4,
            "c": (1 + 2 * of_b / 2) / 4,
            "d": 2 * of_d / 4,
        }
    )


def test_markov_backs_off_for_a_track_that_nothing_followed():
    artist_of = {"a": "A", "a2": "A", "b": "B", "c": "C"}
    model = fitted("markov_backoff", [["a", "b"], ["a2"], ["c"]], artist_of)
    weights = model.evidence(Query(model.vocabulary.indexes(["a2"])))

    assert weights[model.vocabulary.index("b")] > weights[model.vocabulary.index("c")]


@pytest.mark.parametrize(
    "name", ["item_knn", "suffix_knn", "vsknn", "vstan", "markov_backoff", "mixture"]
)
def test_plays_outside_the_library_and_borders_of_sessions_are_no_evidence(name: str):
    vocabulary = Vocabulary.from_sessions(sessions_of([list("abcd")]))
    a, b, c, d = vocabulary.indexes(list("abcd"))

    def model(tracks: list[int], bounds: list[int]) -> NextTrackModel:
        made = model_class(name)(vocabulary)
        times = NOW + 240.0 * np.arange(len(tracks))
        made.fit(FitTask(EncodedSessions(np.array(tracks), times, np.array(bounds))))
        return made

    scores = model([a, PADDING, c, a, b, d], [0, 3, 5, 6]).score_next(Query(np.array([a]), NOW))

    # 'd' came after 'a b' too, but in a session of its own.
    assert np.all(np.isfinite(scores))
    assert scores[b - 1] > scores[d - 1]
