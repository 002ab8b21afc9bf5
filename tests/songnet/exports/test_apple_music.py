from __future__ import annotations

import itertools
import json
from typing import Any

import pandas as pd
import pytest

from songnet.errors import NoMusic, WrongPackage
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import dumped, extended, zipped
from tests.songnet.exports.writers import APPLE_COLUMNS, apple, apple_row, csv_text

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded", "Different World")
ALONE = Played("2024-01-01T12:30:00", "Alan Walker", "Alone", "Alone")


def nameless(play: Played, **changes: Any) -> dict[str, Any]:
    return apple_row(play, **{"Container Artist Name": ""} | changes)


def daily(*descriptions: str) -> bytes:
    header = ("Country", "Track Identifier", "Media type", "Date Played", "Play Count")
    rows = [("XX", "1", "AUDIO", "20240101", "1", description) for description in descriptions]
    return csv_text((*header, "Track Description"), *rows)


def library(*tracks: tuple[str, str, str]) -> bytes:
    return json.dumps(
        [
            {"Content Type": "Song", "Title": title, "Artist": artist, "Album": album}
            for artist, title, album in tracks
        ]
    ).encode()


def test_start_length_and_album_are_kept(read: Read) -> None:
    history, _ = read(apple(apple_row(FADED)))
    play = history.frame.loc[0]
    assert (play["started_at"], play["ms_played"], play["album"]) == (
        FADED.at,
        60_000,
        "Different World",
    )
    assert not play["shuffle"]
    assert not play["skipped"]


@pytest.mark.parametrize(
    ("reason", "skipped"),
    [
        ("NATURAL_END_OF_TRACK", False),
        ("TRACK_SKIPPED_FORWARDS", True),
        ("TRACK_SKIPPED_BACKWARDS", True),
        ("", False),
    ],
)
def test_skipping_is_derived(read: Read, reason: str, skipped: bool) -> None:
    history, _ = read(apple(apple_row(FADED, **{"End Reason Type": reason})))
    assert history.frame["skipped"][0] == skipped


def test_without_a_start_the_end_tells(read: Read) -> None:
    history, _ = read(apple(apple_row(FADED, **{"Event Start Timestamp": ""})))
    assert history.frame["started_at"][0] == FADED.at


def test_other_events_are_no_plays(read: Read) -> None:
    rows = [apple_row(FADED, **{"Event Type": kind}) for kind in ("PLAY_START", "LYRIC_DISPLAY")]
    history, report = read(apple(apple_row(FADED), *rows))
    assert len(history) == 1
    assert report.skipped == {"no_play": 2}


def test_the_columns_may_come_in_any_order_and_some_may_lack(read: Read) -> None:
    whole, _ = read(apple(apple_row(FADED)))
    assert read(apple(apple_row(FADED), columns=APPLE_COLUMNS[::-1]))[0] == whole
    least = ("Event Start Timestamp", "Event Type", "Song Name", "Container Artist Name")
    fewer, _ = read(apple(apple_row(FADED), columns=(*least, "Play Duration Milliseconds")))
    assert fewer.frame["started_at"].tolist() == [FADED.at]


def test_old_packages_call_the_columns_otherwise(read: Read) -> None:
    columns = ("Artist Name", "Content Name", "Event Type", "Event End Timestamp")
    row = {"Artist Name": "Alan Walker", "Content Name": "Faded"} | apple_row(FADED)
    history, _ = read(apple(row, columns=(*columns, "Play Duration Milliseconds")))
    assert history.frame[["artist", "title"]].to_numpy().tolist() == [["Alan Walker", "Faded"]]


@pytest.mark.parametrize(
    "other",
    [
        daily("Alan Walker - Faded"),
        daily("Alan Walker – Faded"),
        csv_text(("Track Name", "Last Played Date"), ("Alan Walker - Faded", "1704110200000")),
        library(("Alan Walker", "Faded", "Different World")),
        library(("Alan Walker", "Faded (feat. Iselin Solheim)", "x")),
        apple(apple_row(FADED, **{"Event Start Timestamp": "2023-05-05T00:00:00.000Z"})),
    ],
    ids=["daily", "dash", "history", "library", "decorated", "another row"],
)
def test_missing_artists_come_from_the_other_files(read: Read, other: bytes) -> None:
    plays = apple(nameless(FADED), nameless(ALONE))
    for order in ((plays, other), (other, plays)):
        history, report = read(*order)
        assert history.frame["artist"].unique().tolist() == ["Alan Walker"]
        assert "Faded" in set(history.frame["title"])
        assert sum(file.named for file in report.files) == 1
        assert report.skipped == {"no_artist": 1}


def test_the_album_decides_between_two_songs_of_a_name(read: Read) -> None:
    songs = library(("Alan Walker", "Alone", "Different World"), ("Heart", "Alone", "Bad Animals"))
    row = nameless(ALONE, **{"Album Name": "Bad Animals"})
    history, _ = read(apple(row), songs)
    assert history.frame["artist"].tolist() == ["Heart"]


def test_nothing_is_guessed(read: Read) -> None:
    songs = library(("Alan Walker", "Alone", "Different World"), ("Heart", "Alone", "Bad Animals"))
    _, report = read(apple(nameless(ALONE), apple_row(FADED)), songs)
    assert report.skipped == {"no_artist": 1}


def test_a_live_version_takes_no_artist_from_the_studio_one(read: Read) -> None:
    row = nameless(FADED, **{"Song Name": "Faded (Live)", "Album Name": ""})
    _, report = read(apple(row, apple_row(ALONE)), daily("Alan Walker - Faded"))
    assert report.skipped == {"no_artist": 1}


def test_various_artists_are_nobody(read: Read) -> None:
    row = apple_row(FADED, **{"Container Artist Name": "Various Artists"})
    history, _ = read(apple(row), daily("Alan Walker - Faded"))
    assert history.frame["artist"].tolist() == ["Alan Walker"]


def test_the_package_is_a_zip_in_a_zip(read: Read) -> None:
    inner = zipped(
        {
            "Apple Music Activity/Apple Music Play Activity.csv": apple(nameless(FADED)),
            "Apple Music Activity/Apple Music Library Tracks.json.zip": zipped(
                {"Apple Music Library Tracks.json": library(("Alan Walker", "Faded", "x"))}
            ),
        }
    )
    package = zipped({"Apple_Media_Services.zip": inner, "Apple ID.csv": b"x,y\n1,2\n"})
    history, report = read(package, names=("Apple Media Services information.zip",))
    assert len(history) == 1
    assert report.rows == report.plays + sum(report.skipped.values()) == 1


def test_the_files_may_come_in_separate_uploads_of_one_import(read: Read) -> None:
    together, _ = read(zipped({"1": apple(nameless(FADED)), "2": daily("Alan Walker - Faded")}))
    for order in itertools.permutations([apple(nameless(FADED)), daily("Alan Walker - Faded")]):
        assert read(*order)[0] == together


def test_plays_alone_without_artists_ask_for_the_whole_package(read: Read) -> None:
    with pytest.raises(NoMusic) as caught:
        read(apple(nameless(FADED)))
    assert caught.value.skipped == {"no_artist": 1}
    assert "whole package" in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        daily("Alan Walker - Faded"),
        library(("Alan Walker", "Faded", "x")),
        csv_text(("Favorite Type", "Item Reference"), ("SONG", "1")),
    ],
)
def test_a_package_without_the_plays_is_named(read: Read, document: bytes) -> None:
    with pytest.raises(WrongPackage) as caught:
        read(zipped({"Apple Music Activity/x": document}))
    assert caught.value.service == "apple"
    assert "Play Activity" in str(caught.value)


@pytest.mark.parametrize("duration", ["-1", "86400001", "1e300", "99999999999999999999"])
def test_impossible_durations_are_counted(read: Read, duration: str) -> None:
    bad = apple_row(ALONE, **{"Play Duration Milliseconds": duration, "Event Start Timestamp": ""})
    _, report = read(apple(apple_row(FADED), bad))
    assert report.skipped == {"bad_duration": 1}


def test_an_unknown_duration_costs_nothing(read: Read) -> None:
    history, _ = read(apple(apple_row(FADED, **{"Play Duration Milliseconds": "long"})))
    assert pd.isna(history.frame["ms_played"][0])


def test_the_same_song_from_spotify_is_the_same_track(read: Read) -> None:
    spotify = dumped(extended(ts="2024-03-01T00:00:00Z"))
    history, report = read(apple(nameless(FADED)), daily("Alan Walker - Faded"), spotify)
    assert report.tracks == 1
    assert len(history) == 2
