"""Last.fm plays as the exporter of lastfm.ghan.nl writes them: CSV, to the second, no durations.

`uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid`
"""

from __future__ import annotations

from typing import Final

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.csv_rows import csv_rows
from songnet.exports.epochs import times_of_epochs
from songnet.exports.formats import Reading, Service

_HEADER: Final = b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
_WIDTH: Final = _HEADER.count(b",") + 1
_TIME, _ARTIST, _ALBUM, _TITLE = 0, 2, 4, 6


class LastfmGhan:
    """Reads the CSV of lastfm.ghan.nl."""

    name = "lastfm-ghan"
    service = Service.LASTFM
    package = None

    def recognises(self, head: bytes) -> bool:
        first_line = head.lstrip().split(b"\n", 1)[0]
        return first_line.strip().replace(b'"', b"").lower() == _HEADER

    def read(self, document: Document) -> Reading:
        lines = csv_rows(document, range(_WIDTH, _WIDTH + 1))
        next(lines, None)  # the header
        found = list(lines)
        rows = [row for row in found if row is not None]
        columns = Columns(
            times=times_of_epochs([row[_TIME] for row in rows]),
            artist=[row[_ARTIST] for row in rows],
            title=[row[_TITLE] for row in rows],
            album=[row[_ALBUM] for row in rows],
        )
        return reading_of(columns, bad_rows=len(found) - len(rows))
