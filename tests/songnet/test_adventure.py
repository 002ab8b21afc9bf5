"""From familiar to adventurous."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet.adventure import PLAIN_ADVENTURE, novelty, reorder
from songnet.generation import choose, rank
from songnet.models.past import NO_PLAYS, Past
from songnet.vocabulary import EncodedSessions

DAY = 86_400.0


def past_of(*plays: tuple[int, float], tracks: int) -> Past:
    """Plays as (track, day)."""
    played, days = zip(*plays, strict=True)
    sessions = EncodedSessions(
        np.array(played), np.array(days) * DAY, np.array([0, len(plays)], np.int64)
    )
    return Past(sessions, tracks)


def newness(past: Past, artists: list[int]) -> np.ndarray:
    return novelty(past, past.counts, np.array([0, *artists]))


def test_what_is_heard_seldom_is_newer():
    past = past_of((1, 1), (2, 1), (1, 1), (1, 1), tracks=2)
    often, seldom = newness(past, [1, 2])
    assert seldom > 0 > often


def test_what_was_heard_long_ago_is_newer():
    long_ago, lately = newness(past_of((1, 1), (2, 300), tracks=2), [1, 2])
    assert long_ago > lately


def test_an_artist_around_is_newer_than_one_at_the_centre():
    past = past_of((1, 1), (2, 1), (3, 1), tracks=3)
    centre, _, around = newness(past, [1, 1, 2])
    assert around > centre


def test_without_a_past_counts_of_plays_are_enough():
    plays = np.array([0, 5, 1])
    often, seldom = novelty(Past(NO_PLAYS, 2), plays, np.array([0, 1, 2]))
    assert seldom > often


SCORES = st.lists(st.floats(-20, 0, width=32), min_size=30, max_size=30)
NEWNESS = st.lists(st.floats(-3, 3), min_size=30, max_size=30)


@settings(deadline=None)
@given(SCORES, NEWNESS, st.sampled_from([None, 1, 2, 3]))
def test_more_adventure_never_gives_a_more_familiar_choice(scores, news, cap):
    scored, new = np.array(scores, np.float32), np.array(news)
    artist_of = np.arange(30) // 3  # enough artists for every cap
    means = []
    for adventure in np.linspace(0, 1, 11):
        ranking = reorder(rank(scored), scored, new, adventure=adventure, length=10)
        chosen = choose(ranking, artist_of, length=10, most_per_artist=cap)
        means.append(new[chosen].mean())
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(means))


@settings(deadline=None)
@given(SCORES, NEWNESS)
def test_in_the_middle_the_ranking_stands(scores, news):
    ranking = rank(np.array(scores, np.float32))
    plain = reorder(
        ranking, np.array(scores, np.float32), np.array(news), adventure=PLAIN_ADVENTURE, length=10
    )
    assert plain.tolist() == ranking.tolist()


@settings(deadline=None)
@given(SCORES, NEWNESS, st.floats(0, 1))
def test_nothing_is_lost_and_nothing_comes_from_far_below(scores, news, adventure):
    scored = np.array(scores, np.float32)
    ranking = rank(scored)
    moved = reorder(ranking, scored, np.array(news), adventure=adventure, length=2)
    assert sorted(moved) == sorted(ranking)
    assert moved[20:].tolist() == ranking[20:].tolist()


@pytest.mark.parametrize("adventure", [-0.01, 1.01, float("nan")])
def test_what_is_no_adventure_is_refused(adventure):
    with pytest.raises(ValueError, match="from 0"):
        reorder(np.arange(3), np.zeros(3, np.float32), np.zeros(3), adventure=adventure, length=3)
