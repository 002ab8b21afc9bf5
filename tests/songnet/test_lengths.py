"""How long songs last, from plays of every kind."""

from __future__ import annotations

import pandas as pd

from songnet.lengths import track_lengths


def lengths(*plays: tuple[str, int | None]) -> dict[str, int]:
    table = pd.DataFrame(plays, columns=["track_id", "ms_played"])
    table = table.astype({"track_id": "string", "ms_played": "Int64"})
    return {str(track): int(ms) for track, ms in track_lengths(table).items()}


def test_a_song_lasts_as_long_as_it_is_played_most_often() -> None:
    assert lengths(("a", 212_107), ("a", 212_640), ("a", 90_000), ("a", 400_000)) == {"a": 212_000}


def test_a_song_that_was_never_played_alike_lasts_as_long_as_its_longest_play() -> None:
    assert lengths(("a", 90_000), ("a", 212_000), ("a", 150_000)) == {"a": 212_000}


def test_what_was_left_at_once_tells_nothing() -> None:
    assert lengths(("a", 2_000), ("a", 2_000), ("a", 212_000), ("b", 2_000)) == {"a": 212_000}


def test_what_has_no_duration_has_no_length() -> None:
    assert lengths(("a", None), ("b", 212_000)) == {"b": 212_000}
    assert lengths() == {}
