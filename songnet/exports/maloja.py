"""Plays as a Maloja server exports them: JSON, to the second, durations where it knows them.

`{"scrobbles": [{"time", "track": {"artists": [...], "title", "album"}, "duration"}, ...]}` in
`maloja_export_*.json`; times and durations in seconds, the album a name, an object or null.
"""

from __future__ import annotations

import msgspec

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.epochs import times_of_epochs
from songnet.exports.formats import Reading, Service, as_utf8, json_keys
from songnet.exports.json_lists import rows_under

_MS_PER_S = 1000


class _Album(msgspec.Struct, gc=False):
    albumtitle: str | None = None
    title: str | None = None


class _Track(msgspec.Struct, gc=False):
    artists: list[str | None] | str | None = None
    title: str | None = None
    album: _Album | str | None = None


class _Row(msgspec.Struct, gc=False):
    time: int | float | str | None = None
    track: _Track | None = None
    duration: int | float | None = None

    def artist(self) -> str | None:
        artists = self.track.artists if self.track else None
        if isinstance(artists, list):
            # The first is the main one; services name that one too.
            return next((artist for artist in artists if artist), None)
        return artists

    def album(self) -> str | None:
        album = self.track.album if self.track else None
        return album.albumtitle or album.title if isinstance(album, _Album) else album


class Maloja:
    """Reads the JSON export of Maloja."""

    name = "maloja"
    service = Service.MALOJA
    package = None

    def recognises(self, head: bytes) -> bool:
        return {"scrobbles", "time", "track"} <= json_keys(head)

    def read(self, document: Document) -> Reading:
        rows, bad_rows = rows_under(as_utf8(document.content()), "scrobbles", _Row)
        columns = Columns(
            times=times_of_epochs([row.time for row in rows]),
            artist=[row.artist() for row in rows],
            title=[row.track.title if row.track else None for row in rows],
            album=[row.album() for row in rows],
            ms_played=[None if row.duration is None else row.duration * _MS_PER_S for row in rows],
            times_are_starts=True,
        )
        return reading_of(columns, bad_rows=bad_rows)
