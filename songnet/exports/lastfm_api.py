"""Last.fm plays as its API gives them: pages of `user.getRecentTracks` in JSON, as many as one has.

A page is `{"recenttracks": {"track": [...]}}` with tracks `{"artist": {"#text"}, "name", "album":
{"#text"}, "date": {"uts"}}`. A file holds one page, a list of pages, or their `track` lists alone;
with `extended=1` the artist has a `name` instead of a `#text`. The song that is playing just now
heads each page, without a date.

Source: https://www.last.fm/api/show/user.getRecentTracks
"""

from __future__ import annotations

import msgspec

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.epochs import times_of_epochs
from songnet.exports.formats import Reading, Service, Skip, as_utf8, json_keys
from songnet.exports.json_lists import rows_under


class _Name(msgspec.Struct, gc=False, rename={"text": "#text"}):
    text: str | None = None
    name: str | None = None


class _Date(msgspec.Struct, gc=False):
    uts: int | float | str | None = None


class _State(msgspec.Struct, gc=False):
    nowplaying: str | bool | None = None


class _Row(msgspec.Struct, gc=False, rename={"state": "@attr"}):
    artist: _Name | str | None = None
    name: str | None = None
    album: _Name | str | None = None
    date: _Date | None = None
    state: _State | None = None

    def not_music(self) -> Skip | None:
        playing = self.state is not None and self.state.nowplaying in (True, "true", "1")
        return Skip.NO_PLAY if playing and self.date is None else None


def _text(name: _Name | str | None) -> str | None:
    return name.text or name.name if isinstance(name, _Name) else name


class LastfmApi:
    """Reads the pages of Last.fm's API."""

    name = "lastfm-api"
    service = Service.LASTFM
    package = None

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return {"uts", "date", "artist", "name"} <= keys or "recenttracks" in keys

    def read(self, document: Document) -> Reading:
        data = as_utf8(document.content())
        if b'"track"' not in data:
            data = b'{"track":' + data + b"}"  # a list of plays alone
        rows, bad_rows = rows_under(data, "track", _Row)
        columns = Columns(
            times=times_of_epochs([row.date.uts if row.date else None for row in rows]),
            artist=[_text(row.artist) for row in rows],
            title=[row.name for row in rows],
            album=[_text(row.album) for row in rows],
            not_music=[row.not_music() for row in rows],
        )
        return reading_of(columns, bad_rows=bad_rows)
