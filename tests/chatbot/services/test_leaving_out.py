"""Which songs of earlier playlists another one leaves out."""

from __future__ import annotations

from chatbot.services.leaving_out import heard, leave_out

ALONE = {song: f"by {song}" for song in "abcdef"}


def test_as_many_stay_out_as_leave_enough_the_first_ones_first() -> None:
    assert leave_out("fedcba", ALONE, length=4, most_per_artist=3) == ("f", "e")
    assert leave_out("fedcba", ALONE, length=6, most_per_artist=3) == ()
    assert leave_out("fedcba", ALONE, length=9, most_per_artist=3) == ()


def test_what_is_not_in_the_library_takes_no_room() -> None:
    assert leave_out("xyzffed", ALONE, length=4, most_per_artist=None) == ("f", "e")


def test_songs_that_the_cap_would_leave_out_anyway_take_no_room() -> None:
    artists = {"a": "A", "b": "A", "c": "A", "d": "D", "e": "E"}
    assert leave_out("dabce", artists, length=3, most_per_artist=1) == ("a", "b")
    assert leave_out("dabce", artists, length=3, most_per_artist=None) == ("d", "a")


def test_the_newest_stay_out_first_and_of_those_what_was_heard_most() -> None:
    assert list(heard([["a", "b", "c"], ["b", "d"], ["c", "b"]])) == list("bcabdbc")
