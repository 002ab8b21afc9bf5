"""From scores to a playlist."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from songnet.generation import choose, perturbed, rank, space_artists

SCORES = np.array([0.1, 3.0, 2.0, -1.0], np.float32)
ARTISTS = np.array([1, 1, 1, 1, 2, 2, 3])
ALL = np.arange(7)


def test_a_ranking_goes_from_the_best_to_the_worst():
    assert rank(SCORES).tolist() == [1, 2, 0, 3]


def test_equal_scores_keep_their_order():
    assert rank(np.zeros(5, np.float32)).tolist() == [0, 1, 2, 3, 4]


def test_chance_is_repeatable():
    scores = np.zeros(50, np.float32)
    first, again = (perturbed(scores, np.random.default_rng(7)) for _ in range(2))

    assert first.tolist() == again.tolist()
    assert first.tolist() != perturbed(scores, np.random.default_rng(8)).tolist()


def test_chance_moves_near_equals_only():
    scores = np.array([0.0, 0.05, 10.0, 10.05], np.float32)
    rankings = {
        tuple(rank(perturbed(scores, np.random.default_rng(seed))).tolist()) for seed in range(50)
    }

    assert len(rankings) > 1
    assert all(set(ranking[:2]) == {2, 3} for ranking in rankings)


def test_the_first_tracks_are_chosen():
    assert choose(ALL, ARTISTS, length=3) == [0, 1, 2]


def test_no_artist_gets_more_than_the_cap():
    assert choose(ALL, ARTISTS, length=4, most_per_artist=2) == [0, 1, 4, 5]


def test_the_cap_rises_where_the_library_has_too_few_artists():
    assert choose(ALL, ARTISTS, length=6, most_per_artist=2) == [0, 1, 2, 4, 5, 6]


def test_a_small_library_gives_what_it_has():
    assert len(choose(ALL, ARTISTS, length=20, most_per_artist=1)) == 7


def test_no_track_is_wanted():
    assert choose(ALL, ARTISTS, length=0, most_per_artist=3) == []


def test_artists_are_spaced_and_the_order_is_kept_otherwise():
    assert space_artists([0, 1, 4, 2, 6], ARTISTS) == [0, 4, 1, 6, 2]


@given(st.lists(st.integers(1, 8), min_size=1, max_size=20))
def test_no_artist_follows_itself_where_any_order_allows_that(artists):
    artist_of = np.array(artists)
    ordered = artist_of[space_artists(list(range(len(artists))), artist_of)]
    most = max(Counter(artists).values())

    if most <= (len(artists) + 1) // 2:
        assert np.all(ordered[1:] != ordered[:-1])


@given(st.permutations(range(7)), st.integers(0, 9), st.sampled_from([None, 1, 2, 3]))
def test_every_playlist_is_without_repeats_and_as_long_as_it_can_be(ranking, length, cap):
    chosen = choose(np.array(ranking), ARTISTS, length=length, most_per_artist=cap)
    ordered = space_artists(chosen, ARTISTS)

    assert sorted(ordered) == sorted(set(chosen))
    assert len(ordered) == min(length, 7)
