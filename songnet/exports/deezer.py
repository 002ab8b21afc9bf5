"""Deezer's plays: the sheet '10_listeningHistory' of `deezer-data_<digits>.xlsx`, to the second.

Columns `Song Title, Artist, ISRC, Album Title, IP Address, Listening Time, Platform Name, Platform
Model, Date`; the listening time is in seconds, and -1 where it is unknown. The workbook's other
sheets are never opened, nor are the columns that tell of the person.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.formats import Reading, Service
from songnet.exports.spreadsheet import Cells, sheet_named
from songnet.exports.times import iso_times

_SHEET: Final = "listeningHistory"
_TITLE: Final = ("song title", "titre", "titre du morceau")
_ARTIST: Final = ("artist", "artiste")
_ALBUM: Final = ("album title", "titre de l'album")
_PLAYED: Final = ("listening time", "temps d'écoute")
_DATE: Final = ("date", "date d'écoute")
_UNKNOWN: Final = -1.0
_MS_PER_S: Final = 1000
_DAYS_1900: Final = pd.Timestamp("1899-12-30", tz="UTC")
_DAYS_1904: Final = pd.Timestamp("1904-01-01", tz="UTC")
_LAST_DAY: Final = 2_958_465
"""The end of the year 9999."""


class Deezer:
    """Reads the listening history in Deezer's workbook."""

    name = "deezer"
    service = Service.DEEZER
    package = None

    def recognises(self, head: bytes) -> bool:
        return b"workbook" in head[:1024] and _SHEET.lower().encode() in head.lower()

    def read(self, document: Document) -> Reading:
        sheet = sheet_named(document, _SHEET)
        header = sheet.header() if sheet is not None else {}
        places = [
            next((header[name] for name in names if name in header), None)
            for names in (_TITLE, _ARTIST, _ALBUM, _PLAYED, _DATE)
        ]
        if sheet is None or None in places[:2]:
            return Reading()
        wanted = {place for place in places if place is not None}
        _, *found = sheet.rows(wanted)  # the first is the header
        rows = [row for row in found if row is not None]
        title, artist, album, played, date = (_texts(rows, place) for place in places)
        columns = Columns(
            times=_times(date, _DAYS_1904 if sheet.counts_from_1904 else _DAYS_1900),
            artist=artist,
            title=title,
            album=album,
            ms_played=[_ms_played(text) for text in played],
            times_are_starts=True,
        )
        return reading_of(columns, bad_rows=len(found) - len(rows))


class DeezerOther:
    """Knows Deezer's workbook without the history."""

    name = "deezer-other"
    service = Service.DEEZER
    package = "Deezer's data without the listening history"

    _sheets = (b"_favoriteartists", b"_favoritetracks", b"_personalinformation", b"_playlists")

    def recognises(self, head: bytes) -> bool:
        small = head.lower()
        is_book = b"workbook" in head[:1024] and _SHEET.lower().encode() not in small
        return is_book and any(sheet in small for sheet in self._sheets)

    def read(self, document: Document) -> Reading:
        del document  # there is nothing in it for us
        return Reading()


def _texts(rows: list[Cells], place: int | None) -> list[str | None]:
    return [row.get(place) if place is not None else None for row in rows]


def _times(dates: list[str | None], first_day: pd.Timestamp) -> pd.Series:
    """Texts like '2024-01-31 18:05:12', or days since the beginning of the workbook's calendar."""
    days: pd.Series = pd.to_numeric(pd.Series(dates, dtype="object"), errors="coerce")
    days = days.astype("float64")
    known = days.where(days.between(0, _LAST_DAY))
    by_day = (first_day + pd.to_timedelta(known, unit="D")).dt.round("s")
    texts = [None if is_day else text for text, is_day in zip(dates, days.notna(), strict=True)]
    return iso_times(texts, with_zone=False).where(days.isna(), by_day)


def _ms_played(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return None if seconds == _UNKNOWN else seconds * _MS_PER_S
