"""Last.fm plays as lastfmstats.com writes them: JSON, to the second, no durations.

`{"username": ..., "scrobbles": [{"track", "artist", "album", "albumId", "date"}, ...]}`, where the
date is in milliseconds.
"""

from __future__ import annotations

import msgspec

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.epochs import times_of_epochs
from songnet.exports.formats import Reading, Service, as_utf8, json_keys
from songnet.exports.json_lists import rows_under


class _Row(msgspec.Struct, gc=False):
    track: str | None = None
    artist: str | None = None
    album: str | None = None
    date: float | str | None = None


class LastfmStats:
    """Reads the JSON of lastfmstats.com."""

    name = "lastfm-stats"
    service = Service.LASTFM
    package = None

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return {"scrobbles", "track", "artist", "date"} <= keys and "time" not in keys

    def read(self, document: Document) -> Reading:
        rows, bad_rows = rows_under(as_utf8(document.content()), "scrobbles", _Row)
        columns = Columns(
            times=times_of_epochs([row.date for row in rows], per_second=1000),
            artist=[row.artist for row in rows],
            title=[row.track for row in rows],
            album=[row.album for row in rows],
        )
        return reading_of(columns, bad_rows=bad_rows)
