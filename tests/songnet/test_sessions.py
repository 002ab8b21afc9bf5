"""Which plays count, which belong together, and where a history is cut."""

from __future__ import annotations

import pandas as pd
import pytest

from songnet.errors import TooFewPlays
from songnet.music import History
from songnet.sessions import SessionRules, check_enough, find_sessions, split_in_time
from tests.songnet.listeners import START, history_of


def frame_of(plays: list[tuple[float, str, int | None]]) -> pd.DataFrame:
    """Plays as (minute, title, ms_played)."""
    rows = [
        {
            "started_at": START + pd.Timedelta(minutes=minute),
            "artist": "Artist",
            "title": title,
            "track_id": title,
            "ms_played": ms_played,
        }
        for minute, title, ms_played in plays
    ]
    return History.from_plays(pd.DataFrame(rows)).frame


def titles(frame: pd.DataFrame, rules: SessionRules | None = None) -> list[list[str]]:
    sessions = find_sessions(frame, rules)
    return [
        sessions.plays["title"].iloc[begin:end].tolist()
        for begin, end in zip(sessions.bounds[:-1], sessions.bounds[1:], strict=True)
    ]


def test_a_play_counts_from_thirty_seconds_on():
    frame = frame_of([(0, "a", 30_000), (1, "b", 29_999), (2, "c", 30_001)])

    assert titles(frame) == [["a", "c"]]


def test_a_play_without_a_duration_counts():
    assert titles(frame_of([(0, "a", None), (5, "b", 180_000)])) == [["a", "b"]]


def test_thirty_minutes_without_activity_start_a_session():
    frame = frame_of([(0, "a", None), (29.9, "b", None), (59.9, "c", None)])

    assert titles(frame) == [["a", "b"], ["c"]]


def test_the_gap_is_measured_from_the_end_of_a_play_where_it_is_known():
    forty_minutes = 40 * 60_000
    frame = frame_of([(0, "a", forty_minutes), (60, "b", None)])

    assert titles(frame) == [["a", "b"]]


def test_every_session_keeps_its_first_song():
    played = [["a", "b", "c"], ["d", "e"], ["f"]]

    assert titles(history_of(played).frame) == played


def test_a_skipped_song_keeps_a_session_open():
    frame = frame_of([(0, "a", 180_000), (25, "skipped", 5_000), (50, "b", 180_000)])

    assert titles(frame) == [["a", "b"]]


def test_a_session_of_nothing_but_skips_is_none():
    frame = frame_of([(0, "a", 180_000), (60, "skipped", 5_000), (120, "b", 180_000)])

    assert titles(frame) == [["a"], ["b"]]


def test_windows_end_a_session_however_dense_the_plays_are():
    frame = frame_of([(minute, str(minute), 180_000) for minute in (0, 30, 59, 60, 100, 119, 120)])

    assert titles(frame, SessionRules(window_minutes=60)) == [
        ["0", "30", "59"],
        ["60", "100", "119"],
        ["120"],
    ]


def test_no_plays_are_no_sessions():
    assert len(find_sessions(History.empty().frame)) == 0


def test_the_split_takes_eighty_ten_and_ten_percent_of_the_plays():
    split = split_in_time(find_sessions(history_of([["a", "b"]] * 50).frame))

    assert [len(part.plays) for part in split] == [80, 10, 10]


def test_the_split_follows_time():
    split = split_in_time(find_sessions(history_of([["a", "b"]] * 50).frame))
    training, validation, test = (part.plays["started_at"] for part in split)

    assert training.max() < validation.min()
    assert validation.max() < test.min()


def test_a_session_belongs_to_the_part_of_its_first_play():
    # Play 8 of 10 lies in the middle of the second session, which starts in the training part.
    split = split_in_time(find_sessions(history_of([["a"] * 6, ["b"] * 3, ["c"]]).frame))

    assert [part.plays["title"].tolist() for part in split] == [["a"] * 6 + ["b"] * 3, [], ["c"]]


def test_parts_joined_are_the_whole_again():
    sessions = find_sessions(history_of([["a", "b"], ["c"], ["d", "e", "f"]]).frame)
    joined = sessions.part(0, 1).joined(sessions.part(1, 3))

    assert joined.starts.tolist() == sessions.starts.tolist()
    pd.testing.assert_frame_equal(joined.plays, sessions.plays)


def test_the_least_is_enough():
    check_enough(history_of([list("abcde"), list("fghij")]))


@pytest.mark.parametrize(
    "played",
    [
        pytest.param([], id="nothing"),
        pytest.param([list("abcdefghij")], id="one session"),
        pytest.param([list("abcde"), list("fghia")], id="nine tracks"),
    ],
)
def test_less_than_the_least_is_refused_with_the_numbers(played: list[list[str]]):
    history = history_of(played) if played else History.empty()

    with pytest.raises(TooFewPlays) as refusal:
        check_enough(history)

    assert refusal.value.sessions == len(played)
    assert refusal.value.plays == sum(map(len, played))
    assert (refusal.value.least_tracks, refusal.value.least_sessions) == (10, 2)
