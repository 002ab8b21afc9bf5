"""YouTube Music's plays in Google's Takeout: JSON, to the millisecond, no durations.

`[{"header": "YouTube Music", "title": "Watched Faded", "titleUrl", "subtitles": [{"name": "Alan
Walker - Topic"}], "time"}, ...]` in `watch-history.json`, whose name and words are in the language
of the account. Videos that were watched on YouTube itself stand in the same list. Takeout gives a
web page unless one asks for JSON; that is only recognised here, so that people can be told.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.formats import Reading, Service, Skip, as_utf8, json_keys
from songnet.exports.json_lists import rows_of_list
from songnet.exports.times import iso_times
from songnet.exports.youtube_words import (
    Frame,
    artist_of_topic,
    is_music,
    learned_frames,
    without_verb,
)
from songnet.identity import track_key

_MUSIC_HOST: Final = "music.youtube.com"
_LABELS: Final = re.compile(r"\s*(?:VEVO|Official(?: (?:Artist )?Channel)?)$", re.IGNORECASE)
_VERSION: Final = re.compile(
    r"(?:live|acoustic|unplugged|instrumental"
    r"|(?:\w+ )?(?:remaster(?:ed)?|remix|version|edit|mix))\b",
    re.IGNORECASE,
)
_NO_ARTIST: Final = frozenset({"Release"})
"""Channels that YouTube made for songs whose artist it does not know."""


class _Channel(msgspec.Struct, gc=False):
    name: str | None = None


class _Row(msgspec.Struct, gc=False, rename="camel"):
    header: str | None = None
    title: str | None = None
    title_url: str | None = None
    subtitles: list[_Channel] | None = None
    time: str | None = None

    def not_music(self) -> Skip | None:
        link = _split(self.title_url)
        if link is not None and not link[1].startswith(("/watch", "/shorts")):
            return Skip.NO_PLAY  # a search, a visit of a channel
        if is_music(self.header or "") or (link is not None and link[0] == _MUSIC_HOST):
            return None
        return Skip.VIDEO

    def song(self, frames: tuple[Frame, ...]) -> tuple[str | None, str | None]:
        """Artist and title; neither where the video is gone."""
        channel = self.subtitles[0].name if self.subtitles else None
        if not channel or not self.title:
            return None, None
        title = without_verb(self.title, frames)
        artist = artist_of_topic(channel)
        if artist is not None:
            return None if artist in _NO_ARTIST else artist, title
        return _uploaded(channel, title)


class YouTubeMusic:
    """Reads the watch history of a Takeout."""

    name = "youtube-music"
    service = Service.YOUTUBE
    package = None

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        is_activity = {"header", "title", "time"} <= keys and "titleUrl" in keys
        return is_activity and not _is_search_history(head)

    def read(self, document: Document) -> Reading:
        rows, bad_rows = rows_of_list(as_utf8(document.content()), _Row)
        frames = learned_frames((row.title or "", row.title_url or "") for row in rows)
        songs = [row.song(frames) for row in rows]
        columns = Columns(
            times=iso_times([row.time for row in rows]),
            artist=[artist for artist, _ in songs],
            title=[title for _, title in songs],
            not_music=[row.not_music() for row in rows],
        )
        return reading_of(columns, bad_rows=bad_rows)


class YouTubePage:
    """Knows the web page that Takeout gives to whoever does not choose JSON."""

    name = "youtube-html"
    service = Service.YOUTUBE
    package = "Google's Takeout as a web page (HTML) instead of JSON"

    def recognises(self, head: bytes) -> bool:
        start = head.lstrip()[:64].lower()
        return start.startswith((b"<html", b"<!doctype html")) and b".mdl-" in head

    def read(self, document: Document) -> Reading:
        del document  # it is not read
        return Reading()


class YouTubeOther(YouTubePage):
    """Knows the other files of a Takeout of YouTube."""

    name = "youtube-other"
    package = "other parts of Google's Takeout"

    def recognises(self, head: bytes) -> bool:
        first_line = head.lstrip().split(b"\n", 1)[0].lower()
        return (
            first_line.startswith((b"channel id,channel url", b"playlist id,"))
            or (b"song title" in first_line and b"artist name 1" in first_line)
            or _is_search_history(head)
        )


def _is_search_history(head: bytes) -> bool:
    keys = json_keys(head)
    return (
        {"header", "title", "titleUrl"} <= keys
        and b"watch?v" not in head.replace(b"\\u003d", b"=")
        and b"/results?search_query" in head
    )


def _split(link: str | None) -> tuple[str, str] | None:
    """Host and path."""
    if not link:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return parts.netloc.lower(), parts.path


def _uploaded(channel: str, title: str) -> tuple[str, str]:
    """Artist and title of a video that a person or a label put there: mostly 'Artist - Title'."""
    owner = _LABELS.sub("", channel.strip()) or channel
    first, dash, rest = title.partition(" - ")
    if not dash or not first.strip() or not rest.strip():
        return owner, title
    is_owner = track_key(owner.replace(" ", ""), "-") == track_key(first.replace(" ", ""), "-")
    if not is_owner and _VERSION.match(rest):
        # 'Song - Live in Paris' on the artist's own channel; who uploads others' songs names them.
        return owner, title
    return first.strip(), rest.strip()
