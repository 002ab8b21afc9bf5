from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pandas as pd
import pytest

from songnet.errors import WrongPackage
from songnet.exports.youtube_words import WATCHED, Frame, artist_of_topic, is_music, without_verb
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import dumped, extended, zipped
from tests.songnet.exports.writers import watched

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded")
PAGE = b"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><title>YouTube
</title><style type="text/css">.mdl-typography--title{font-size:20px}</style></head><body></body>"""


def song(read: Read, **changes: Any) -> tuple[str, str]:
    history, _ = read(dumped(watched(FADED, **changes)))
    artist, title = history.frame.loc[0, ["artist", "title"]]
    return artist, title


@pytest.mark.parametrize("frame", WATCHED, ids=lambda frame: f"{frame.before}~{frame.after}")
def test_the_verb_is_taken_off_in_every_language(read: Read, frame: Frame) -> None:
    title = f"{frame.before}Faded{frame.after}"
    assert song(read, title=title) == ("Alan Walker", "Faded")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Watched Watched", "Watched"),
        ("Vous avez regardé\u00a0Faded", "Faded"),
        ("Så på Så länge", "Så länge"),
        ("Faded", "Faded"),
        ("Watched ", "Watched"),
        ("Watched (1965) を視聴しました", "Watched (1965)"),
    ],
)
def test_only_the_verb_is_taken_off(given: str, title: str) -> None:
    assert without_verb(given) == title


def test_a_verb_of_an_unknown_language_is_learned_from_videos_that_are_gone(read: Read) -> None:
    link = "https://music.youtube.com/watch?v=00000000000"
    gone = watched(FADED, title=f"Kuka {link} na", titleUrl=link, subtitles=None)
    history, report = read(dumped(watched(FADED, title="Kuka Faded na"), gone))
    assert history.frame["title"].tolist() == ["Faded"]
    assert report.skipped == {"no_metadata": 1}


@pytest.mark.parametrize(
    "topic", ["Topic", "Thema", "Тема", "トピック", "주제", "Tema", "Sujet", "主題"]
)
def test_the_artist_is_in_the_name_of_the_channel(topic: str) -> None:
    assert artist_of_topic(f"Alan Walker - {topic}") == "Alan Walker"
    assert artist_of_topic(f"Alan Walker – {topic}") == "Alan Walker"


@pytest.mark.parametrize(
    ("channel", "title", "found"),
    [
        ("AlanWalkerVEVO", "Watched Alan Walker - Faded", ("Alan Walker", "Faded")),
        ("Some Label", "Watched Alan Walker - Faded (Remix)", ("Alan Walker", "Faded (Remix)")),
        ("Alan Walker", "Watched Faded", ("Alan Walker", "Faded")),
        ("Alan Walker", "Watched Faded - Live in Oslo", ("Alan Walker", "Faded - Live in Oslo")),
        ("Alan Walker", "Watched Alan Walker - Live", ("Alan Walker", "Live")),
        ("ColdplayVEVO", "Watched Yellow", ("Coldplay", "Yellow")),
    ],
)
def test_videos_of_people_and_labels(
    read: Read, channel: str, title: str, found: tuple[str, str]
) -> None:
    assert song(read, title=title, subtitles=[{"name": channel}]) == found


@pytest.mark.parametrize(
    "header", ["YouTube Music", "YouTube Musique", "YouTube Музыка", "YouTube ミュージック"]
)
def test_the_name_of_the_product_may_be_translated(header: str) -> None:
    assert is_music(header)


@pytest.mark.parametrize("header", ["YouTube", "YouTube Kids", "YouTube TV", "Music", ""])
def test_other_products_are_not_music(header: str) -> None:
    assert not is_music(header)


def test_what_was_watched_elsewhere_is_counted(read: Read) -> None:
    elsewhere = watched(
        FADED, header="YouTube", titleUrl="https://www.youtube.com/watch?v=00000000000"
    )
    search = watched(FADED, titleUrl="https://music.youtube.com/search?q=x", subtitles=None)
    gone = watched(FADED, title="Watched a video that has been removed", subtitles=None)
    del gone["titleUrl"]
    history, report = read(dumped(watched(FADED), elsewhere, elsewhere, search, gone))
    assert len(history) == 1
    assert report.skipped == {"video": 2, "no_play": 1, "no_metadata": 1}


def test_a_song_on_the_music_site_is_music_whatever_the_product_is_called(read: Read) -> None:
    assert song(read, header="Tunes") == ("Alan Walker", "Faded")


def test_the_time_is_the_start_to_the_millisecond(read: Read) -> None:
    history, _ = read(dumped(watched(FADED, time="2024-01-01T11:56:00.784Z")))
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T11:56:00.784Z")
    assert history.frame[["ms_played", "skipped", "uri", "album"]].isna().all(axis=None)


@pytest.mark.parametrize("bad", [None, 7, watched(FADED, subtitles="x"), watched(FADED, title=[])])
def test_one_bad_row_costs_one_row(read: Read, bad: object) -> None:
    _, report = read(dumped(watched(FADED), bad))
    assert report.skipped == {"bad_row": 1}


@pytest.mark.parametrize(
    "document",
    [
        PAGE,
        b"Channel Id,Channel Url,Channel Title\nUC0,http://example.org,x\n",
        b"Song URL,Song Title,Album Title,Artist Name 1\n",
        dumped(
            watched(
                FADED,
                header="YouTube",
                title="Searched for faded",
                titleUrl="https://www.youtube.com/results?search_query=faded",
                subtitles=None,
            )
        ),
    ],
    ids=["page", "subscriptions", "library", "searches"],
)
def test_the_rest_of_a_takeout_is_named(read: Read, document: bytes) -> None:
    with pytest.raises(WrongPackage) as caught:
        read(zipped({"Takeout/x": document}), names=("takeout.zip",))
    assert (caught.value.file, caught.value.service) == ("takeout.zip", "youtube")
    assert "JSON" in str(caught.value)


def test_a_page_beside_other_files_is_told_of(read: Read) -> None:
    history, report = read(dumped(extended()), PAGE, names=("endsong.json", "takeout.html"))
    assert len(history) == 1
    assert [(file.file, file.problem and file.problem.kind) for file in report.files] == [
        ("endsong.json", None),
        ("takeout.html", "WrongPackage"),
    ]


@pytest.mark.parametrize("flags", [0x800, 0], ids=["UTF-8", "an old code page"])
def test_takeout_may_call_its_files_anything(read: Read, flags: int) -> None:
    """A German Takeout; the names lie in the archive in one of two ways, of which one is mangled."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("Wiedergabeverlauf.json", "Suchverläufe.json"):
            info = zipfile.ZipInfo(f"Takeout/YouTube und YouTube\xa0Music/Verläufe/{name}")
            archive.writestr(info, dumped(watched(FADED)) if name[0] == "W" else b"{}")
    content = target.getvalue()
    if not flags:
        content = content.replace(struct.pack("<H", 0x800), struct.pack("<H", 0))
    history, _ = read(content)
    assert history.frame["title"].tolist() == ["Faded"]
