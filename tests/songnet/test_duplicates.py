from __future__ import annotations

import pandas as pd
import pytest

from songnet.music import History

EXACT, MINUTE = False, True


def history(*records: tuple[float, bool], title: str = "Faded", **columns: object) -> History:
    """Records of one track as (second, known to the minute only)."""
    start = pd.Timestamp("2024-01-01", tz="UTC")
    return History.from_plays(
        pd.DataFrame(
            {
                "started_at": [start + pd.Timedelta(second, unit="s") for second, _ in records],
                "artist": "Alan Walker",
                "title": title,
                "minute_precision": [precision for _, precision in records],
                **columns,
            }
        )
    )


@pytest.mark.parametrize(
    ("one", "other", "plays"),
    [
        ((0, EXACT), (0, EXACT), 1),
        ((0, EXACT), (10, EXACT), 1),
        ((0, EXACT), (10.001, EXACT), 2),
        ((0, MINUTE), (60, MINUTE), 1),
        ((0, MINUTE), (60.001, MINUTE), 2),
        ((0, EXACT), (60, MINUTE), 1),
        ((0, MINUTE), (60, EXACT), 1),
        ((0, MINUTE), (60.001, EXACT), 2),
    ],
)
def test_records_within_the_tolerance_are_one_play(
    one: tuple[float, bool], other: tuple[float, bool], plays: int
) -> None:
    assert len(history(one).merge(history(other))) == plays
    assert len(history(other).merge(history(one))) == plays


def test_the_same_time_alone_is_no_duplicate() -> None:
    assert len(history((0, EXACT)).merge(history((0, EXACT), title="Alone"))) == 2


def test_a_record_between_two_joins_them() -> None:
    ends = history((0, EXACT), (16, EXACT))
    assert len(ends.merge(history((8, EXACT)))) == 1


def test_a_join_is_remembered() -> None:
    """Or the third record would depend on whether the second came together with it."""
    early = history((0, EXACT), (8, EXACT)).merge()
    assert len(early) == 1
    assert len(early.merge(history((16, EXACT)))) == 1


def test_a_record_inside_a_span_joins_it() -> None:
    """Even where neither end of the span is near."""
    span = history((0, EXACT), (8, EXACT), (16, EXACT), (24, EXACT), (32, EXACT)).merge()
    assert len(span.merge(history((16, EXACT)))) == 1


def test_a_minute_reaches_across_what_seconds_do_not() -> None:
    records = [(0, EXACT), (30, EXACT), (50, MINUTE)]
    assert len(history(*records).merge()) == 1
    assert len(history(*records[:2]).merge().merge(history(records[2]))) == 1


def test_the_exact_start_wins() -> None:
    merged = history((0, MINUTE)).merge(history((25, EXACT)))
    assert merged.frame["started_at"][0] == pd.Timestamp("2024-01-01T00:00:25Z")
    assert not merged.frame["minute_precision"][0]


def test_the_longest_listening_wins_with_its_skip() -> None:
    short = history((0, EXACT), ms_played=3_000, skipped=True)
    long = history((4, EXACT), ms_played=200_000, skipped=False)
    unknown = history((5, EXACT))
    merged = short.merge(unknown, long).frame.loc[0]
    assert (merged["ms_played"], merged["skipped"]) == (200_000, False)


def test_what_one_record_lacks_another_gives() -> None:
    bare = history((0, EXACT))
    rich = history((3, EXACT), album="Different World", uri="spotify:track:1", shuffle=True)
    merged = bare.merge(rich).frame.loc[0]
    assert (merged["album"], merged["uri"], merged["shuffle"]) == (
        "Different World",
        "spotify:track:1",
        True,
    )
