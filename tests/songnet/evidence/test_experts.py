"""What each expert says of pasts that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from songnet.evidence import experts as e
from songnet.evidence.after_track import after_previous, after_track
from songnet.evidence.artists import after_artist
from songnet.evidence.moments import moments
from songnet.evidence.near_tracks import near_tracks
from songnet.evidence.neighbours import neighbours
from songnet.evidence.session import session_cache
from songnet.models.base import Query
from songnet.models.past import Past
from songnet.models.suffix_knn import SuffixKnnModel
from songnet.vocabulary import Vocabulary
from tests.songnet.evidence.small import ask, encoded, index, past_of, said, shares, view_of
from tests.songnet.listeners import sessions_of

ALL = (after_track, after_previous, near_tracks, moments, neighbours, after_artist)


def after(*sessions: str, asked: str, expert: int, border: int | None = None) -> dict[str, float]:
    view = view_of(past_of(*sessions, days_between=0.0001), border)
    ask(after_track, view, asked)
    return said(view, expert)


def test_what_came_next_is_counted():
    assert after("ab", "ab", "ac", asked="a", expert=e.NEXT) == {"b": 2, "c": 1}


def test_a_session_ends_what_can_come_next():
    assert after("a", "b", "ac", asked="a", expert=e.NEXT) == {"c": 1}


def test_what_came_lately_counts_more():
    view = view_of(past_of("ab", "ac", days_between=90))
    ask(after_track, view, "a")

    late = said(view, e.NEXT_OF_LATE)
    assert late["c"] == pytest.approx(2 * late["b"], rel=1e-3)


def test_only_the_latest_times_count_among_the_latest():
    latest = after("az", *["ab"] * 12, asked="a", expert=e.NEXT_LATEST)

    assert latest == {"b": pytest.approx(sum(0.6**k for k in range(12)), rel=1e-4)}


def test_two_tracks_have_to_stand_in_order():
    assert shares(after("abc", "bad", "xbe", asked="ab", expert=e.AFTER_TWO)) == {"c": 1}


def test_three_tracks_have_to_stand_in_order():
    said_after = after("abcd", "xbce", asked="abc", expert=e.AFTER_THREE)

    assert shares(said_after) == {"d": 1}


def test_the_longest_match_is_kept_for_what_came_next_and_second():
    past = ("abcde", "xxcdf", "yyydg")

    assert after(*past, asked="abcd", expert=e.LONGEST) == {"e": 4, "f": 2, "g": 1}
    assert after(*past, asked="abc", expert=e.LONGEST_SKIP) == {"e": 3, "f": 1}


def test_an_unknown_track_ends_a_match():
    assert after("abc", asked="?b", expert=e.LONGEST) == {"c": 1}


def test_the_latest_time_of_a_transition_is_kept():
    view = view_of(past_of("ab", "ab", "z", days_between=1))
    ask(after_track, view, "a")

    assert said(view, e.LAST_SEEN) == {"b": 86_400}


def test_what_came_soon_is_what_did_not_come_next():
    soon = after("abcdefgh", asked="a", expert=e.SOON)

    assert list(soon) == ["c", "d", "e", "f"]
    assert soon["d"] == pytest.approx(0.6 * soon["c"], rel=1e-4)


def test_what_came_before_is_kept():
    assert list(after("ab", "cb", asked="b", expert=e.BEFORE)) == ["a", "c"]


def test_near_are_ten_plays_on_either_side():
    near = after("abcdefghijklmnopqrstuvwxy", asked="m", expert=e.NEAR)

    assert "".join(near) == "cdefghijklnopqrstuvw"


def test_the_track_before_the_last_is_asked_too():
    view = view_of(past_of("axb", "ab", days_between=0.0001))
    ask(after_previous, view, "ax")

    assert list(said(view, e.AFTER_PREVIOUS)) == ["b", "x"]


def test_each_of_the_last_tracks_is_asked_what_is_near():
    view = view_of(past_of("ax", "bx", "cy", days_between=0.0001))
    ask(near_tracks, view, "abba")

    assert said(view, e.BREADTH) == {"x": 2}


def test_suffix_knn_is_the_model_of_that_name():
    sessions = ("abcde", "xbcdy", "abzdq", "cd", "bcdd")
    view = view_of(past_of(*sessions))
    ask(moments, view, "abc")
    model = SuffixKnnModel(Vocabulary.from_sessions(sessions_of([["x"]])))
    model.remember(Past(encoded(*sessions), 26))

    evidence = model.evidence(Query(np.array([index(x) for x in "abc"])))
    expected = {chr(ord("a") + i): x for i, x in enumerate(evidence[1:]) if x}

    assert shares(said(view, e.SUFFIX)) == pytest.approx(shares(expected), rel=1e-3)


def test_like_sessions_say_what_came_after_and_what_they_held():
    view = view_of(past_of("xaby", "zq", days_between=0.0001))
    ask(neighbours, view, "a")

    assert list(said(view, e.VSTAN)) == ["b", "y"]
    assert list(said(view, e.VSKNN)) == ["a", "b", "x", "y"]


def test_a_session_that_shares_more_says_more():
    view = view_of(past_of("abx", "cbz", "qqqqqq", days_between=0.0001))
    ask(neighbours, view, "ab")

    speaks = said(view, e.VSKNN)
    assert speaks["x"] > speaks["z"]


def test_an_artist_speaks_for_all_its_tracks():
    artists = "aab" + "defghijklmnopqrstuvwxyzc"[:23]
    view = view_of(past_of("ac", "bc", artists=artists, days_between=0.0001))
    ask(after_artist, view, "a")

    assert shares(said(view, e.AFTER_ARTIST)) == {"c": 1}
    assert view.scratch.artists[index("b")] == pytest.approx(2, rel=1e-3)


def test_the_session_remembers_itself():
    view = view_of(past_of("abc"))
    ask(session_cache, view, "abab")

    assert said(view, e.SESSION_COUNT) == {"a": 2, "b": 2}
    assert said(view, e.SESSION_BACK) == {"a": 0.5, "b": 1}


@pytest.mark.parametrize("expert", ALL, ids=lambda expert: expert.py_func.__name__)
def test_no_expert_looks_beyond_the_border(expert):
    known, later = ("abcab", "cabca"), ("abxxb", "xbaxa")
    blank, full = past_of(*known, "zzzzz", "zzzzz"), past_of(*known, *later)
    views = [view_of(past, border=10) for past in (blank, full)]
    for view in views:
        ask(expert, view, "abca")

    np.testing.assert_array_equal(views[0].scratch.slot_of, views[1].scratch.slot_of)
    np.testing.assert_array_equal(views[0].scratch.values, views[1].scratch.values)


@pytest.mark.parametrize("expert", ALL, ids=lambda expert: expert.py_func.__name__)
def test_unknown_tracks_are_asked_nothing(expert):
    view = view_of(past_of("abc"))
    ask(expert, view, "??")

    assert not view.scratch.values.any()
