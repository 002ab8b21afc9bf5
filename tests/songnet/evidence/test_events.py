"""The table that the network reads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songnet.evidence import events
from songnet.evidence.arrays import scratch_for
from songnet.evidence.candidates import CANDIDATES
from songnet.evidence.events import gather_events, session_evidence
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.evidence.prequential import plan
from songnet.evidence.standing import standing_at
from songnet.evidence.view import View
from songnet.evidence.walk import SessionEvidence, SessionTracks
from tests.songnet.evidence.small import START, index, past_of, view_of

WORDS = ("abcab", "cabca", "abcde", "edcba", "aabbc")
TIME = {"hour_sin", "hour_cos", "weekend", "has_time", "days_since_border"}


def evidence_of(view: View, session: str, seconds: float = -1.0) -> SessionEvidence:
    tracks = np.array([index(letter) for letter in session], np.int32)
    return session_evidence(view, SessionTracks(tracks, np.full(len(tracks) + 1, seconds), 0, 0))


def test_the_columns_have_their_names():
    assert FEATURES == (
        "prior", "p_next", "p_next_of_late", "p_next_latest", "p_after_two", "p_after_three",
        "p_soon", "p_before", "p_near", "p_near_all", "p_after_previous", "p_suffix", "p_vstan",
        "p_vsknn", "p_after_artist", "count_next", "count_after_two", "count_after_three",
        "count_near", "sum_suffix", "sum_vstan", "breadth", "longest", "longest_skip",
        "age_of_transition", "was_next", "in_session", "session_back", "is_last", "p_artist",
        "p_artist_back_off", "same_artist", "same_album", "artist_of_last_five",
        "album_of_last_five", "artist_month", "artist_count", "share_of_artist", "p_week",
        "p_month", "p_quarter", "p_year", "p_ever", "trend", "count", "age_last", "age_first",
        "gap_of_plays", "self_repeat", "session_repeat", "opening", "hour_ratio",
        "weekend_ratio", "rank_next", "rank_suffix", "rank_vstan", "rank_near_all", "rank_month",
        "rank_vsknn", "best_rank", "ranks_in_five",
    )  # fmt: skip


def test_each_column_stands_where_its_name_says():
    view = view_of(past_of("ab", "ab", "ac", "ba", days_between=0.0001))
    evidence = evidence_of(view, "a")
    place = evidence.chosen[1].tolist().index(index("b"))
    row = dict(zip(FEATURES, evidence.candidates[1, place].tolist(), strict=True))

    assert row["p_next"] == pytest.approx(np.log(2 / 3 + 1e-5), rel=1e-4)
    assert row["count_next"] == pytest.approx(np.log1p(2), rel=1e-4)
    assert row["count"] == pytest.approx(np.log1p(3), rel=1e-4)
    assert (row["was_next"], row["longest"], row["is_last"]) == (1, 1, 0)
    assert (row["rank_next"], row["same_artist"], row["in_session"]) == (1, 0, 0)
    assert row["p_ever"] == pytest.approx(np.log(3 / 8 + 1e-5), rel=1e-4)


def test_each_column_of_a_moment_stands_where_its_name_says():
    view = view_of(past_of("ab", "ab", "ac", days_between=0.0001))
    row = dict(zip(MOMENT_FEATURES, evidence_of(view, "aa?")[3][3].tolist(), strict=True))

    assert row["length"] == pytest.approx(np.log1p(3))
    assert row["known"] == pytest.approx(2 / 3)
    assert row["distinct_here"] == pytest.approx(1 / 2)
    assert row["repeats_here"] == 1
    assert row["plays"] == pytest.approx(np.log1p(6))


def test_nothing_that_comes_after_the_border_is_in_the_table():
    blank, full = past_of(*WORDS, "zzz", "zzz"), past_of(*WORDS, "abx", "xbc")
    tables = [evidence_of(view_of(past, border=25), "abc", START + 1e6) for past in (blank, full)]

    for of_blank, of_full in zip(*tables, strict=True):
        np.testing.assert_array_equal(of_blank, of_full)


def test_no_moment_knows_the_track_that_comes():
    view = view_of(past_of(*WORDS))
    one, other = evidence_of(view, "abc"), evidence_of(view, "abd")

    np.testing.assert_array_equal(one.candidates[:3], other.candidates[:3])
    np.testing.assert_array_equal(one.timed[:3], other.timed[:3])


def test_only_the_columns_of_time_know_the_time():
    view = view_of(past_of(*WORDS))
    one, other = evidence_of(view, "abc"), evidence_of(view, "abc", START + 1e6)
    differ = (one.timed != other.timed).any(axis=0)

    assert {name for name, differs in zip(MOMENT_FEATURES, differ, strict=True) if differs} <= TIME
    np.testing.assert_array_equal(one.timeless, other.timeless)
    np.testing.assert_array_equal(one.played, other.played)


def test_what_was_played_is_described_as_the_candidate_that_it_was():
    view = view_of(past_of(*WORDS))
    evidence = evidence_of(view, "ab")
    place = evidence.chosen[1].tolist().index(index("b"))

    np.testing.assert_array_equal(evidence.played[1], evidence.candidates[1, place])


def test_moments_can_be_left_out():
    view = view_of(past_of(*WORDS))
    tracks = np.array([index(letter) for letter in "abcabc"], np.int32)
    seconds = np.full(7, -1.0)
    whole = session_evidence(view, SessionTracks(tracks, seconds, 0, 0))
    part = session_evidence(view, SessionTracks(tracks, seconds, 3, 6))

    np.testing.assert_array_equal(part.played, whole.played[3:])
    np.testing.assert_array_equal(part.candidates, whole.candidates[6:])


def test_the_paper_is_white_again():
    view = view_of(past_of(*WORDS))
    evidence_of(view, "abcabc")

    clean = scratch_for(view.past)
    for name in ("values", "slot_of", "filled", "agreement", "shared_by", "artists"):
        np.testing.assert_array_equal(getattr(view.scratch, name), getattr(clean, name))


def test_there_are_never_more_candidates_than_there_is_room_for():
    rng = np.random.default_rng(0)
    sessions = ["".join(rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))) for _ in range(20)]
    chosen = evidence_of(view_of(past_of(*sessions)), "abc").chosen

    assert chosen.shape[1] == CANDIDATES
    assert sorted(chosen[3][chosen[3] > 0]) == list(range(1, 27))


def test_events_say_which_candidate_came_and_which_come_soon():
    past = past_of(*WORDS, "abz")
    found = gather_events(past, np.array([5]), [standing_at(past, 25)], np.array([True]))

    assert found.known.tolist() == [True, True, False]
    assert (found.targets >= 0).tolist() == [True, True, False]
    assert found.ahead[0].sum() == 2
    assert found.ahead[0, found.targets[0]]


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=60),
    blocks=st.integers(1, 12),
    learned=st.integers(0, 400),
)
def test_no_session_is_seen_from_its_own_future(lengths, blocks, learned):
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    planned = plan(
        bounds,
        blocks=blocks,
        most_events=200,
        learned=learned,
        rng=np.random.default_rng(0),
    )

    begins = bounds[planned.sessions]
    assert all(0 < border <= begin for border, begin in zip(planned.borders, begins, strict=True))
    assert all(begins >= min(learned, bounds[-1]))
    assert bounds[-1] - (begins[0] if len(begins) else bounds[-1]) <= 200


def test_a_session_in_pieces_is_the_session(monkeypatch: pytest.MonkeyPatch):
    past = past_of(*WORDS, "abcabdeabcde")

    def gathered():
        return gather_events(past, np.array([5]), [standing_at(past, 25)], np.array([True]))

    whole = gathered()
    monkeypatch.setattr(events, "PIECE", 5)
    pieces = gathered()

    for name in ("candidates", "played", "timed", "targets", "ahead", "counts"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))
