"""Last.fm plays as the exporter of lastfm.ghan.nl writes them: CSV, to the second, no durations.

`uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid`
"""

from __future__ import annotations

import csv
import io
from typing import Final

import pandas as pd

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.formats import Reading, as_utf8

_HEADER: Final = b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
_WIDTH: Final = _HEADER.count(b",") + 1
_TIME, _ARTIST, _ALBUM, _TITLE = 0, 2, 4, 6


class LastfmGhan:
    """Reads the CSV of lastfm.ghan.nl."""

    name = "lastfm-ghan"
    package = None

    def recognises(self, head: bytes) -> bool:
        first_line = head.lstrip().split(b"\n", 1)[0]
        return first_line.strip().replace(b'"', b"").lower() == _HEADER

    def read(self, document: Document) -> Reading:
        text = as_utf8(document.content()).decode("utf-8", "replace").replace("\0", "")
        lines = csv.reader(io.StringIO(text, newline=""))
        rows: list[list[str]] = []
        bad_rows = 0
        next(lines)
        while True:
            try:
                row = next(lines)
            except StopIteration:
                break
            except csv.Error:  # a field over csv.field_size_limit
                bad_rows += 1
                continue
            if len(row) == _WIDTH:
                rows.append(row)
            elif row:
                bad_rows += 1
        seconds = pd.to_numeric(pd.Series([row[_TIME] for row in rows]), errors="coerce")
        # Beyond this a number is no time for pandas at all; either way it is a bad time.
        seconds = seconds.astype("float64").where(lambda values: values.between(0, 1e11))
        columns = Columns(
            times=pd.to_datetime(seconds, unit="s", utc=True, errors="coerce"),
            artist=[row[_ARTIST] for row in rows],
            title=[row[_TITLE] for row in rows],
            album=[row[_ALBUM] for row in rows],
        )
        return reading_of(columns, bad_rows=bad_rows)
