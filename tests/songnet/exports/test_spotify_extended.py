from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import URI, dumped, extended, podcast, zipped


def test_a_play_starts_its_length_before_its_stamp(read: Read) -> None:
    history, _ = read(dumped(extended(ms_played=200_500)))
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T11:56:39.500Z")


def test_album_uri_and_shuffle_are_kept(read: Read) -> None:
    history, report = read(dumped(extended()))
    play = history.frame.loc[0]
    assert (play["album"], play["uri"], play["shuffle"]) == ("Different World", URI, True)
    assert report.uri_share == 1.0


@pytest.mark.parametrize(
    ("changes", "skipped"),
    [
        ({}, False),
        ({"ms_played": 29_999}, True),
        ({"ms_played": 30_000}, False),
        ({"reason_end": "fwdbtn"}, True),
        ({"reason_end": "backbtn"}, True),
        ({"reason_end": ""}, False),
        ({"reason_end": None}, False),
        ({"skipped": True}, False),
    ],
)
def test_skipping_is_derived(read: Read, changes: dict[str, Any], skipped: bool) -> None:
    history, _ = read(dumped(extended(**changes)))
    assert history.frame["skipped"][0] == skipped


def test_short_plays_stay(read: Read) -> None:
    assert len(read(dumped(extended(ms_played=0)))[0]) == 1


def test_podcasts_audiobooks_and_empty_rows_are_counted_apart(read: Read) -> None:
    nothing = podcast(episode_name=None, spotify_episode_uri=None)
    book = nothing | {"audiobook_title": "A book", "audiobook_uri": "spotify:show:1"}
    _, report = read(dumped(extended(), podcast(), podcast(), book, nothing))
    assert report.skipped == {"audiobook": 1, "no_metadata": 1, "podcast": 2}
    assert report.rows == 5


def test_any_key_may_be_missing_or_null(read: Read) -> None:
    needed = (
        "ts",
        "ms_played",
        "master_metadata_track_name",
        "master_metadata_album_artist_name",
    )
    full = extended()
    least = {key: full[key] for key in needed}
    nulls = {key: full[key] if key in needed else None for key in full}
    history, _ = read(dumped(least, nulls | {"ts": "2024-01-02T00:00:00Z"}))
    assert len(history) == 2
    assert history.frame[["album", "uri", "shuffle"]].isna().all(axis=None)


def test_without_duration_the_stamp_is_the_start(read: Read) -> None:
    history, _ = read(dumped(extended(ms_played=None)))
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T12:00:00Z")
    assert history.frame[["ms_played", "skipped"]].isna().all(axis=None)


@pytest.mark.parametrize("ms_played", [-1, 24 * 3_600_000 + 1, 10**30, 10**300])
def test_impossible_durations_are_counted(read: Read, ms_played: int) -> None:
    _, report = read(dumped(extended(), extended(ms_played=ms_played)))
    assert report.skipped == {"bad_duration": 1}


@pytest.mark.parametrize(
    "bad",
    [
        extended(ts=17),
        extended(ms_played="long"),
        extended(master_metadata_track_name=["Faded"]),
        "no row at all",
        None,
        7,
    ],
)
def test_one_bad_row_costs_one_row(read: Read, bad: object) -> None:
    history, report = read(dumped(extended(), bad, extended(ts="2024-01-02T00:00:00Z")))
    assert len(history) == 2
    assert report.skipped == {"bad_row": 1}


def test_an_unreadable_stamp_is_a_bad_time(read: Read) -> None:
    _, report = read(dumped(extended(), extended(ts="yesterday"), extended(ts=None)))
    assert report.skipped == {"bad_time": 2}


def test_odd_booleans_are_unknown(read: Read) -> None:
    history, _ = read(dumped(extended(shuffle="sometimes")))
    assert history.frame["shuffle"].isna().all()


@pytest.mark.parametrize("uri", ["spotify:local:::Faded:212", "https://example.org", "", "x" * 50])
def test_what_is_no_track_uri_is_dropped(read: Read, uri: str) -> None:
    history, _ = read(dumped(extended(spotify_track_uri=uri)))
    assert history.frame["uri"].isna().all()


def test_uris_of_one_recording_are_one_track(read: Read) -> None:
    other = extended(
        ts="2024-01-02T00:00:00Z",
        master_metadata_track_name="Faded - Remastered 2020",
        spotify_track_uri="spotify:track:0000000000000000000002",
    )
    history, report = read(dumped(extended(), other))
    assert report.tracks == 1
    assert history.frame["uri"].nunique() == 2


def test_tracks_in_the_video_files_are_plays_too(read: Read) -> None:
    folder = "Spotify Extended Streaming History/Streaming_History"
    package = zipped(
        {
            f"{folder}_Audio_2023-2024_10.json": dumped(extended()),
            f"{folder}_Video_2021-2024.json": dumped(
                extended(ts="2024-02-01T12:00:00Z"), podcast(ts="2024-02-01T13:00:00Z")
            ),
            f"{folder}_Audio_2021_2.json": dumped(extended(ts="2021-02-01T12:00:00Z")),
            "Spotify Extended Streaming History/ReadMeFirst.pdf": b"%PDF-1.4",
        }
    )
    history, report = read(package)
    assert history.frame["started_at"].dt.strftime("%Y-%m").tolist() == [
        "2021-02", "2024-01", "2024-02",
    ]  # fmt: skip
    assert report.skipped == {"podcast": 1}
    assert report.ignored_files == 1
