"""What is special about each of Last.fm's ways out."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.writers import api_page, api_track, csv_text

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded", "Different World")
ALONE = Played("2024-01-01T12:30:00", "Alan Walker", "Alone")


@pytest.mark.parametrize(
    "document",
    [
        api_page(api_track(FADED), api_track(ALONE)),
        [api_page(api_track(FADED)), api_page(api_track(ALONE))],
        [api_page(api_track(FADED))["recenttracks"], api_page(api_track(ALONE))["recenttracks"]],
        {"track": [api_track(FADED), api_track(ALONE)]},
        [api_track(FADED), api_track(ALONE)],
        [api_page(api_track(FADED)), {"recenttracks": {"track": api_track(ALONE)}}],
    ],
    ids=["a page", "pages", "their insides", "a list", "a bare list", "a list of one"],
)
def test_api_pages_come_in_many_wrappings(read: Read, document: object) -> None:
    history, report = read(json.dumps(document).encode())
    assert history.frame["title"].tolist() == ["Faded", "Alone"]
    assert history.frame["started_at"].tolist() == [FADED.at, ALONE.at]
    assert (report.rows, report.skipped) == (2, {})


def test_extended_api_pages_name_the_artist_elsewhere(read: Read) -> None:
    track = api_track(
        FADED, artist={"url": "https://example.org", "name": "Alan Walker"}, loved="1"
    )
    assert read(json.dumps(api_page(track)).encode())[0].frame["artist"].tolist() == ["Alan Walker"]


def test_the_song_that_is_playing_is_no_play_yet(read: Read) -> None:
    playing = api_track(ALONE, **{"@attr": {"nowplaying": "true"}})
    del playing["date"]
    history, report = read(json.dumps(api_page(playing, api_track(FADED))).encode())
    assert len(history) == 1
    assert report.skipped == {"no_play": 1}


def test_a_torn_page_gives_what_is_whole(read: Read) -> None:
    page = json.dumps(api_page(api_track(FADED), api_track(ALONE))).encode()
    history, report = read(page[: page.index(b"Alone") + 3])
    assert history.frame["title"].tolist() == ["Faded"]
    assert report.skipped == {"bad_row": 1}


@pytest.mark.parametrize("artist", [None, 7, ["x"], {"#text": 7}])
def test_a_bad_track_costs_one_row(read: Read, artist: object) -> None:
    page = api_page(api_track(FADED), api_track(ALONE, artist=artist))
    _, report = read(json.dumps(page).encode())
    assert sum(report.skipped.values()) == 1


def test_benjamins_file_knows_the_minute_only(read: Read) -> None:
    history, _ = read(csv_text(("Alan Walker", "", "Faded", "01 Jan 2024 11:56")))
    play = history.frame.loc[0]
    assert play["started_at"] == pd.Timestamp("2024-01-01T11:56:00Z")
    assert play["minute_precision"]
    assert pd.isna(play["album"])


@pytest.mark.parametrize("first", ['a,"torn', "1,2,3", ""])
def test_benjamins_file_is_known_although_its_first_line_is_bad(read: Read, first: str) -> None:
    good = csv_text(("Alan Walker", "", "Faded", "01 Jan 2024 11:56"))
    history, report = read(first.encode() + b"\r\n" + good)
    assert len(history) == 1
    assert report.rows == 1 + bool(first)


@pytest.mark.parametrize("date", ["32 Jan 2024 11:56", "01 Foo 2024 11:56", "01 Jan 2024", "", "x"])
def test_what_is_no_date_is_a_bad_time(read: Read, date: str) -> None:
    good = ("Alan Walker", "", "Faded", "01 Jan 2024 11:56")
    _, report = read(csv_text(good, ("Alan Walker", "", "Faded", date)))
    assert report.skipped == {"bad_time": 1}


@pytest.mark.parametrize("date", [None, "yesterday", -5, 1e30, 10**40])
def test_what_is_no_date_in_lastfmstats_is_a_bad_time(read: Read, date: object) -> None:
    rows = [
        {"track": "Faded", "artist": "Alan Walker", "album": "", "albumId": "", "date": when}
        for when in (FADED.epoch * 1000, date)
    ]
    history, report = read(json.dumps({"username": "x", "scrobbles": rows}).encode())
    assert history.frame["started_at"].tolist() == [FADED.at]
    assert report.skipped == {"bad_time": 1}
