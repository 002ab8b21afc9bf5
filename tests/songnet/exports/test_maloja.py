from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.writers import maloja_scrobble

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded", "Different World")


def document(*scrobbles: Any) -> bytes:
    return json.dumps({"maloja": {"export_time": 1}, "scrobbles": list(scrobbles)}).encode()


def test_time_is_the_start_and_duration_in_seconds(read: Read) -> None:
    history, _ = read(document(maloja_scrobble(FADED, duration=200)))
    play = history.frame.loc[0]
    assert (play["started_at"], play["ms_played"]) == (FADED.at, 200_000)
    assert (play["artist"], play["album"]) == ("Alan Walker", "Different World")


def test_most_scrobbles_have_no_duration(read: Read) -> None:
    history, _ = read(document(maloja_scrobble(FADED, duration=None)))
    assert history.frame[["ms_played", "skipped"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "album", [None, "An album", {"albumtitle": "An album"}, {"title": None}, {}]
)
def test_the_album_comes_in_many_shapes(read: Read, album: object) -> None:
    scrobble = maloja_scrobble(FADED)
    scrobble["track"]["album"] = album
    found = read(document(scrobble))[0].frame["album"][0]
    assert pd.isna(found) or found == "An album"


@pytest.mark.parametrize("artists", [[], None, [None], [7]])
def test_a_scrobble_without_an_artist_is_counted(read: Read, artists: object) -> None:
    bad = maloja_scrobble(FADED)
    bad["track"]["artists"] = artists
    _, report = read(document(bad, maloja_scrobble(FADED)))
    assert sum(report.skipped.values()) == 1


@pytest.mark.parametrize("duration", [-1, 1e300, 10**400])
def test_impossible_durations_are_counted(read: Read, duration: float) -> None:
    _, report = read(document(maloja_scrobble(FADED), maloja_scrobble(FADED, duration=duration)))
    assert sum(report.skipped.values()) == 1
