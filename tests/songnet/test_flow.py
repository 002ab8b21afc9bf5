"""The order of a playlist."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet import flow
from songnet.flow import Costs, Flow, promises_of
from songnet.models.past import NO_PLAYS, Past
from songnet.vocabulary import EncodedSessions

TRACKS = 8
ARTISTS = np.array([0, 1, 1, 2, 2, 3, 3, 4, 5])
SESSIONS = st.lists(
    st.lists(st.integers(0, TRACKS), min_size=1, max_size=14), min_size=1, max_size=6
)


def flow_of(*sessions: list[int], artists: np.ndarray = ARTISTS, promise: float = 1.0) -> Flow:
    tracks = np.array([track for session in sessions for track in session], np.int64)
    bounds = np.cumsum([0, *(len(session) for session in sessions)])
    played = EncodedSessions(tracks, 300.0 * np.arange(len(tracks)), bounds)
    return Flow(Past(played, len(artists) - 1), artists, promise)


def recounted(sessions: list[list[int]], a: int, b: int) -> float:
    """The definition, by brute force."""
    plays = sum(session.count(a) for session in sessions)
    direct = near = by_artist = artist_plays = 0.0
    for session in sessions:
        for place, track in enumerate(session):
            if place and session[place - 1] == a and track == b:
                direct += 1
            for other in range(len(session)):
                distance = abs(other - place)
                if track == a and session[other] == b and 0 < distance <= flow.NEAR:
                    near += flow.NEAR_DECAY ** (distance - 1)
        for before, after in pairwise(session):
            if ARTISTS[before] == ARTISTS[a] and before:
                known = {ARTISTS[track] for track in range(1, TRACKS + 1)}
                artist_plays += ARTISTS[before] in known
                by_artist += ARTISTS[after] == ARTISTS[b] and after > 0
    all_near = 2 * plays * sum(flow.NEAR_DECAY**step for step in range(flow.NEAR))
    return (
        flow.DIRECT_SHARE * direct / (plays + flow.DIRECT_PRIOR)
        + flow.NEAR_SHARE * near / (all_near + flow.NEAR_PRIOR)
        + flow.ARTIST_SHARE * by_artist / (artist_plays + flow.ARTIST_PRIOR)
        + flow.REST_SHARE / TRACKS
    )


@settings(deadline=None)
@given(SESSIONS, st.permutations(range(1, TRACKS + 1)))
def test_chances_are_as_they_are_defined(sessions, order):
    tracks = np.array(order[:5])
    chances = flow_of(*sessions).chances(tracks)
    for row, a in enumerate(tracks):
        for column, b in enumerate(tracks):
            assert chances[row, column] == pytest.approx(recounted(sessions, a, b))


def test_what_was_played_in_a_row_stays_in_a_row():
    ordered = flow_of(*[[1, 3, 5, 7]] * 9).order([7, 3, 1, 5], np.array([8]))
    assert ordered == [1, 3, 5, 7]


def test_the_first_track_goes_with_the_seeds():
    habits = flow_of(*[[8, 7]] * 20, *[[1], [3], [5]] * 20)
    assert habits.order([1, 3, 5, 7], np.array([8]))[0] == 7


def test_a_promise_can_outweigh_what_flows():
    sessions = [[1, 3, 5, 7]] * 9
    assert flow_of(*sessions, promise=1e6).order([7, 3, 1, 5], np.array([8])) == [7, 3, 1, 5]


def test_without_a_past_the_ranking_stands():
    habits = Flow(Past(NO_PLAYS, TRACKS), ARTISTS)
    assert habits.order([5, 1, 7, 3], np.array([8])) == [5, 1, 7, 3]


@settings(deadline=None)
@given(SESSIONS, st.permutations(range(1, TRACKS + 1)), st.integers(0, TRACKS))
def test_an_order_holds_every_track_once_and_is_repeatable(sessions, tracks, count):
    habits = flow_of(*sessions)
    ordered = habits.order(tracks[:count], np.array([tracks[-1], 0]))
    assert sorted(ordered) == sorted(tracks[:count])
    assert ordered == habits.order(tracks[:count], np.array([tracks[-1], 0]))


@settings(deadline=None)
@given(SESSIONS, st.permutations([1, 3, 5, 7, 8, 2]))
def test_artists_that_stand_apart_stay_apart(sessions, tracks):
    ordered = flow_of(*sessions).order(tracks, np.array([4]))
    apart_before = all(ARTISTS[a] != ARTISTS[b] for a, b in pairwise(tracks))
    apart_after = all(ARTISTS[a] != ARTISTS[b] for a, b in pairwise(ordered))
    assert apart_after or not apart_before


def long_flow(tracks: int) -> Flow:
    """Each track was followed by the next one; every artist has two that lie far apart."""
    artists = np.array([0, *(1 + track % (tracks // 2) for track in range(tracks))])
    return flow_of(list(range(1, tracks + 1)), artists=artists)


def test_a_long_playlist_is_put_in_order_by_pieces():
    ranked = [*range(150, 100, -1), *range(1, 101)]
    ordered = long_flow(200).order(ranked, np.array([200]))

    assert sorted(ordered[:100]) == sorted(ranked[:100])
    assert sorted(ordered[100:]) == sorted(ranked[100:])
    in_a_row = sum(after == before + 1 for before, after in pairwise(ordered))
    assert in_a_row > sum(after == before + 1 for before, after in pairwise(ranked))


@pytest.mark.parametrize("length", [101, 201, 250])
def test_no_artist_stands_on_both_sides_of_where_pieces_meet(length: int):
    habits = long_flow(300)
    for shift in range(3):
        ordered = habits.order(list(np.roll(np.arange(1, length + 1), shift)), np.array([0]))
        assert len(set(ordered)) == length
        assert all(habits.artist_of[a] != habits.artist_of[b] for a, b in pairwise(ordered))


def test_a_track_too_many_for_one_piece_is_kept_from_its_artist():
    artists = np.arange(102)
    artists[101] = artists[99]
    ordered = flow_of([98, 100, 99], artists=artists).order(list(range(1, 102)), np.array([0]))
    assert all(artists[a] != artists[b] for a, b in pairwise(ordered))


def test_the_memory_of_a_search_does_not_grow_with_the_length():
    habits = long_flow(1400)

    def most_bytes(length: int) -> int:
        tracemalloc.start()
        habits.order(list(range(1, length + 1)), np.array([0]))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most_bytes(100)  # what is kept from one search to the next
    assert most_bytes(700) < 1.5 * most_bytes(100)


def random_costs(numbers: list[float], artists: list[int]) -> Costs:
    count = len(artists)
    steps = np.array(numbers[: count * count]).reshape(count, count)
    return Costs.of(steps, np.array(numbers[-count:]), np.array(artists), promises_of(count, 1.0))


NUMBERS = st.lists(st.floats(0.1, 9), min_size=30, max_size=30)


@settings(deadline=None)
@given(NUMBERS, st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_no_single_move_makes_an_order_cheaper(numbers, artists):
    costs = random_costs(numbers, artists)
    order = costs.improved(np.arange(5))
    cost = costs.total(order[None])[0]
    for first, last in permutations(range(5), 2):
        swapped = order.tolist()
        swapped.insert(last, swapped.pop(first))
        assert costs.total(np.array([swapped]))[0] >= cost - 1e-6
    for first in range(5):
        for last in range(first + 1, 5):
            turned = order.copy()
            turned[first : last + 1] = turned[first : last + 1][::-1]
            assert costs.total(turned[None])[0] >= cost - 1e-6


@settings(deadline=None)
@given(NUMBERS, st.lists(st.integers(1, 5), min_size=5, max_size=5))
def test_an_order_is_near_the_cheapest_of_all(numbers, artists):
    costs = random_costs(numbers, artists)
    cheapest = costs.total(np.array(list(permutations(range(5))))).min()
    start = costs.total(np.arange(5)[None])[0]
    found = costs.total(costs.improved(np.arange(5))[None])[0]
    assert cheapest - 1e-6 <= found <= start
