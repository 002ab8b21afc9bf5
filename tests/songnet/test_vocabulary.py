"""Tracks, artists and albums as numbers."""

from __future__ import annotations

import pandas as pd

from songnet.music import History
from songnet.sessions import find_sessions
from songnet.vocabulary import PADDING, Vocabulary
from tests.songnet.listeners import START, sessions_of


def vocabulary_of(*tracks: tuple[str, str, str | None]) -> Vocabulary:
    """Tracks as (artist, title, album), each played once more than the one after it."""
    rows = [
        {"artist": artist, "title": title, "album": album, "ms_played": None}
        for place, (artist, title, album) in enumerate(tracks)
        for _ in range(len(tracks) - place)
    ]
    times = [START + pd.Timedelta(minutes=4 * number) for number in range(len(rows))]
    plays = pd.DataFrame(rows).assign(started_at=times)
    return Vocabulary.from_sessions(find_sessions(History.from_plays(plays).frame))


def test_every_track_has_an_index_of_its_own_from_one_on():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b", "a"], ["c"]]))

    assert sorted(vocabulary.indexes(["a", "b", "c"])) == [1, 2, 3]


def test_an_index_leads_back_to_its_track():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b", "a"], ["c"]]))

    assert [vocabulary.track(vocabulary.index(name)).track_id for name in "abc"] == list("abc")


def test_rows_of_the_library_stand_in_the_order_of_the_indexes():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b", "a"], ["c"]]))

    assert vocabulary.library["track_id"].tolist() == [
        vocabulary.track(index).track_id for index in (1, 2, 3)
    ]


def test_an_unknown_track_is_padding():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a"]]))

    assert vocabulary.index("x") == PADDING
    assert vocabulary.encode(sessions_of([["x", "a"]])).tracks.tolist() == [PADDING, 1]


def test_plays_are_counted_by_index():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b", "a"], ["a"]]))

    assert vocabulary.plays[vocabulary.index("a")] == 3
    assert vocabulary.plays[PADDING] == 0


def test_tracks_of_an_artist_share_its_index():
    vocabulary = vocabulary_of(("X", "one", None), ("x", "two", None), ("Y", "three", None))
    one, two, three = vocabulary.artist_of[1:]

    assert one == two != three
    assert PADDING not in (one, three)


def test_albums_of_the_same_name_by_two_artists_are_two():
    vocabulary = vocabulary_of(("X", "one", "Greatest Hits"), ("Y", "two", "Greatest Hits"))

    assert len(set(vocabulary.album_of[1:])) == 2


def test_a_track_without_an_album_has_none():
    vocabulary = vocabulary_of(("X", "one", "Album"), ("X", "two", None))

    assert vocabulary.album_of[1:].tolist() == [1, PADDING]


def test_known_transitions_are_known_tracks_after_a_sessions_first():
    vocabulary = Vocabulary.from_sessions(sessions_of([["a", "b"]]))

    assert vocabulary.encode(sessions_of([["a"], ["b", "x"]])).known_transitions() == 0
    assert vocabulary.encode(sessions_of([["x", "b"], ["a", "b", "a"]])).known_transitions() == 3
