from __future__ import annotations

import json
from typing import Any

import pytest

from songnet.errors import WrongPackage
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import OTHER_URI, URI, account, dumped, extended, zipped


def saved(uri: str = URI, **changes: Any) -> bytes:
    track = {"artist": "Alan Walker", "album": "Different World", "track": "Faded", "uri": uri}
    return json.dumps({"tracks": [track | changes], "albums": [], "other": []}).encode()


def playlists(uri: str = URI) -> bytes:
    track = {"trackName": "Faded", "artistName": "Alan Walker", "albumName": "x", "trackUri": uri}
    items = [{"track": track, "episode": None}, {"track": None, "episode": {"name": "x"}}]
    return json.dumps({"playlists": [{"name": "A list", "items": items}]}).encode()


@pytest.mark.parametrize("library", [saved(), playlists()], ids=["saved", "playlists"])
def test_it_gives_uris_to_plays_without(read: Read, library: bytes) -> None:
    history, report = read(zipped({"1.json": library, "2.json": dumped(account())}))
    assert history.frame["uri"].tolist() == [URI]
    assert history.tracks()["uri"].tolist() == [URI]
    assert report.uri_share == 1.0
    assert [file.links for file in report.files] == [1, 0]


def test_a_play_keeps_its_own_uri(read: Read) -> None:
    history, _ = read(dumped(extended()), saved(OTHER_URI))
    assert history.frame["uri"].tolist() == [URI]


def test_it_serves_plays_that_come_later(read: Read) -> None:
    first, _ = read(dumped(account(trackName="Alone")), saved())
    later, _ = read(dumped(account()))
    together, _ = read(dumped(account(trackName="Alone")), saved(), dumped(account()))
    assert first.merge(later) == later.merge(first) == together
    assert together.frame["uri"].notna().sum() == 1


def test_bad_entries_are_left_out(read: Read) -> None:
    history, _ = read(dumped(account()), saved(track=7))
    assert history.links == {}


@pytest.mark.parametrize(
    "document",
    [
        saved(),
        playlists(),
        b'{"createdFromFacebook": false, "birthdate": "1900-01-01"}',
        b'[{"searchTime": "2024", "searchQuery": "x"}]',
        b'{"inferences": []}',
    ],
)
def test_account_data_without_a_history_is_named(read: Read, document: bytes) -> None:
    with pytest.raises(WrongPackage) as caught:
        read(zipped({"MyData/x.json": document}), names=("my_data.zip",))
    assert caught.value.file == "my_data.zip"
    assert "Account data" in caught.value.package
    assert "Extended streaming history" in str(caught.value)
    assert str(caught.value).count("streaming history") == 2  # what is missing, and what to ask for


def test_the_technical_log_is_named(read: Read) -> None:
    with pytest.raises(WrongPackage) as caught:
        read(b'[{"context_time": 1, "message_x": "y"}]')
    assert "Technical log" in caught.value.package
