"""Last.fm plays as the exporter of benjaminbenben.com writes them: CSV, to the minute.

Lines of `artist,album,title,"DD Mon YYYY HH:MM"` in UTC, the newest first, without a header and
without durations.
"""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.csv_rows import csv_rows, rows_of_lines
from songnet.exports.formats import Reading, Service

_WIDTHS: Final = range(4, 5)
_ARTIST, _ALBUM, _TITLE, _TIME = range(4)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        start=1,
    )
}
_DATE: Final = re.compile(
    rf"\s*(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}),? (\d{{1,2}}:\d\d)\s*", re.ASCII
)
_LINES_LOOKED_AT: Final = 10


class LastfmBenjamin:
    """Reads the CSV of benjaminbenben.com/lastfm-to-csv."""

    name = "lastfm-benjamin"
    service = Service.LASTFM
    package = None

    def recognises(self, head: bytes) -> bool:
        if head.lstrip()[:1] in (b"{", b"["):
            return False
        lines = head.decode("utf-8", "replace").splitlines(keepends=True)[:_LINES_LOOKED_AT]
        rows = rows_of_lines(lines, _WIDTHS)
        return any(row is not None and _DATE.fullmatch(row[_TIME]) for row in rows)

    def read(self, document: Document) -> Reading:
        found = list(csv_rows(document, _WIDTHS))
        rows = [row for row in found if row is not None]
        columns = Columns(
            times=pd.to_datetime(
                pd.Series([_iso(row[_TIME]) for row in rows], dtype="string"),
                utc=True,
                format="ISO8601",
                errors="coerce",
            ),
            artist=[row[_ARTIST] for row in rows],
            title=[row[_TITLE] for row in rows],
            album=[row[_ALBUM] for row in rows],
            minute_precision=True,
        )
        return reading_of(columns, bad_rows=len(found) - len(rows))


def _iso(text: str) -> str | None:
    """The date in ISO 8601; not by strptime, whose names of months go by the machine's locale."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, month, year, time = found.groups()
    return f"{year}-{_MONTHS[month]:02}-{int(day):02} {time.zfill(5)}"
