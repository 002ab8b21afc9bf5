"""Playlists as files: whatever a title holds, the file says the same once it is read again."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.services.playlist_files import (
    FILE_NAME_BYTES,
    WRITERS,
    XSPF_NAMESPACE,
    FileTrack,
    csv_text,
    file_name,
    json_text,
    m3u8,
    written,
    xspf,
)

TRACKS = (
    FileTrack("Faded", "Alan Walker", "https://open.spotify.com/track/1", "Different World", 212),
    FileTrack('A "quoted", <b>&amp;\nlong; title', "@everyone", "https://x.y/?a=1&b=2"),
    FileTrack("音楽の夜明け", "שיר \u202e", "https://x.y/3"),
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
ANY_TRACK = st.builds(
    FileTrack,
    ANY_TEXT,
    ANY_TEXT,
    ANY_TEXT,
    st.none() | ANY_TEXT,
    st.none() | st.integers(0, 9000),
)


def songs(text: str) -> list[dict[str, str | None]]:
    root = ET.fromstring(text)
    return [
        {child.tag.removeprefix(f"{{{XSPF_NAMESPACE}}}"): child.text for child in track}
        for track in root.iter(f"{{{XSPF_NAMESPACE}}}track")
    ]


def test_m3u8_has_two_lines_for_each_song() -> None:
    assert m3u8("From Faded", TRACKS).splitlines()[:4] == [
        "#EXTM3U",
        "#PLAYLIST:From Faded",
        "#EXTINF:212,Alan Walker - Faded",
        "https://open.spotify.com/track/1",
    ]
    assert '#EXTINF:-1,@everyone - A "quoted", <b>&amp; long; title' in m3u8("", TRACKS)


def test_csv_reads_back_as_it_was() -> None:
    heading, *rows = csv.reader(io.StringIO(csv_text("", TRACKS), newline=""))
    assert heading == ["position", "title", "artist", "album", "seconds", "url"]
    assert [row[1:3] for row in rows] == [[track.title, track.artist] for track in TRACKS]
    assert rows[0] == ["1", "Faded", "Alan Walker", "Different World", "212", TRACKS[0].url]


def test_json_holds_everything() -> None:
    content = json.loads(json_text("From Faded", TRACKS))
    assert content["title"] == "From Faded"
    assert [FileTrack(**track) for track in content["tracks"]] == list(TRACKS)


def test_xspf_holds_what_players_show() -> None:
    first, second, third = songs(xspf("From <Faded> & more", TRACKS))
    assert first == {
        "location": "https://open.spotify.com/track/1",
        "title": "Faded",
        "creator": "Alan Walker",
        "album": "Different World",
        "duration": "212000",
    }
    assert second["title"] == TRACKS[1].title
    assert third["creator"] == TRACKS[2].artist
    title = ET.fromstring(xspf("From <Faded> & more", TRACKS))[0]
    assert title.text == "From <Faded> & more"


@pytest.mark.parametrize("ending", sorted(WRITERS))
@settings(max_examples=40, deadline=None)
@given(title=ANY_TEXT, tracks=st.lists(ANY_TRACK, max_size=5))
def test_whatever_a_title_holds_every_song_is_there(
    ending: str, title: str, tracks: list[FileTrack]
) -> None:
    text = written(ending, title, tracks).decode()
    count = {
        "m3u8": lambda: sum(line.startswith("#EXTINF:") for line in text.split("\n")),
        "csv": lambda: len(list(csv.reader(io.StringIO(text, newline="")))) - 1,
        "json": lambda: len(json.loads(text)["tracks"]),
        "xspf": lambda: len(songs(text)),
    }[ending]
    assert count() == len(tracks)


@given(title=ANY_TEXT)
def test_a_files_name_is_safe_whatever_the_title_is(title: str) -> None:
    name = file_name(title, "csv", "playlist-1")
    stem = name.removesuffix(".csv")
    assert 1 <= len(stem.encode()) <= FILE_NAME_BYTES
    assert not set(stem) & set('/\\:*?"<>|%;')
    assert not any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in stem)
    assert stem[0] not in " .-"
    assert stem[-1] not in " ."


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("More adventurous · From Faded, Don't", "More adventurous - From Faded, Don't.csv"),
        ("Aus Für Elise; 夜に駆ける", "Aus Für Elise - 夜に駆ける.csv"),
        ("../../etc/passwd\n", "etc - passwd.csv"),
        ("\u202egpj.exe", "gpj.exe.csv"),
        ("💔", "playlist-1.csv"),
        ("con", "playlist-1.csv"),
        ("x" * 300, "x" * FILE_NAME_BYTES + ".csv"),
    ],
)
def test_a_files_name_tells_what_is_in_it(title: str, name: str) -> None:
    assert file_name(title, "csv", "playlist-1") == name
