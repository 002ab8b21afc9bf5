"""Where things were played, and which sessions are alike."""

from __future__ import annotations

import numpy as np
import pytest

from songnet.models.neighbours import distinct_newest_first, find_neighbours
from songnet.models.past import Past
from songnet.places import places_by
from songnet.vocabulary import PADDING, EncodedSessions

A, B, C, D = 1, 2, 3, 4


@pytest.fixture
def past() -> Past:
    # A B C | A D | B A B
    tracks = np.array([A, B, C, A, D, B, A, B])
    return Past(EncodedSessions(tracks, 86_400.0 * np.arange(8), np.array([0, 3, 5, 8])), 4)


def test_the_places_of_a_track_are_in_order(past: Past):
    assert past.places(B).tolist() == [1, 5, 7]
    assert past.places(PADDING).tolist() == []


def test_places_of_several_tracks_tell_whose_they_are(past: Past):
    places, which = past.places_of_each(np.array([D, B]))

    assert places.tolist() == [4, 1, 5, 7]
    assert which.tolist() == [0, 1, 1, 1]


def test_what_is_beside_ends_with_the_session(past: Past):
    beside = past.beside(past.places(A), np.array([-1, 1, 2]))

    assert beside.tolist() == [[PADDING, B, C], [PADDING, D, PADDING], [B, B, PADDING]]


def test_totals_leave_the_padding_out(past: Past):
    totals = past.total(np.array([[A, PADDING], [A, C]]), np.array([[1.0], [0.5]]))

    assert totals.tolist() == [0, 1.5, 0, 0.5, 0]


def test_recency_never_exceeds_one(past: Past):
    assert past.recency(np.array([0, 2, 7]), 86_400.0, 1.0).tolist() == [0.5, 1, 1]


def test_without_a_time_the_newest_play_is_now(past: Past):
    assert past.recency(np.array([7, 6]), None, 1.0).tolist() == [1, 0.5]


def test_a_rebuilt_past_is_the_same(past: Past):
    again = Past.from_arrays(past.arrays(), 4)

    assert again.tracks.tolist() == past.tracks.tolist()
    assert again.started_at.tolist() == past.started_at.tolist()
    assert again.sessions.bounds.tolist() == past.sessions.bounds.tolist()


@pytest.mark.parametrize("changed", ["counts", "started_at", "bounds"])
def test_a_damaged_past_is_refused(past: Past, changed: str):
    arrays = past.arrays()
    arrays[changed] = arrays[changed][:-1]

    with pytest.raises(ValueError, match="no past of"):
        Past.from_arrays(arrays, 4)


def test_distinct_tracks_stand_newest_first():
    tracks = np.array([D, A, B, PADDING, A, C])

    assert distinct_newest_first(tracks, 5).tolist() == [C, A, B]


def test_neighbours_come_by_what_they_share_and_then_by_age(past: Past):
    found = find_neighbours(past, np.array([B, A]), np.array([1.0, 0.5]), newest=9, most=9)

    assert found.sessions.tolist() == [2, 0, 1]
    assert found.similarity.tolist() == [1.5, 1.5, 0.5]
    assert found.latest_shared.tolist() == [0, 0, 1]


def test_the_most_similar_neighbours_are_kept(past: Past):
    found = find_neighbours(past, np.array([D, A]), np.array([1.0, 0.5]), newest=9, most=1)

    assert found.sessions.tolist() == [1]


def test_tracks_that_were_never_played_have_no_neighbours(past: Past):
    assert not len(find_neighbours(past, np.zeros(0, np.int64), np.zeros(0), newest=9, most=9)[0])


@pytest.mark.parametrize("most", [9, 70_000])
def test_places_stand_by_number_and_then_in_order(most: int):
    numbers = np.array([most, 0, 3, most, 3, 0])

    assert places_by(numbers).tolist() == [1, 5, 2, 4, 0, 3]
