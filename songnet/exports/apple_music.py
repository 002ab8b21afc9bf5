"""Apple Music's plays: 'Apple Music Play Activity.csv', to the millisecond, mostly without artists.

One row is one event, of which `PLAY_END` tells of a play: `Event Start Timestamp`, `Song Name`,
`Album Name`, `Play Duration Milliseconds`, `End Reason Type`; `Container Artist Name` is filled for
albums and empty for most else. The artists are taken from the package's other files, see
`apple_songs`. The columns come in another order each year, and are found by their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pandas as pd

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.csv_rows import csv_rows
from songnet.exports.formats import Reading, Service, Skip, Song, header_of
from songnet.exports.times import iso_times

_START: Final = ("event start timestamp",)
_END: Final = ("event end timestamp",)
_EVENT: Final = ("event type",)
_TITLE: Final = ("song name", "content name", "item description")
_ALBUM: Final = ("album name", "container album name")
_ARTIST: Final = ("artist name", "container artist name")
_PLAYED: Final = ("play duration milliseconds",)
_REASON: Final = ("end reason type",)
_SHUFFLE: Final = ("shuffle play",)
_WANTED: Final = (_START, _END, _EVENT, _TITLE, _ALBUM, _ARTIST, _PLAYED, _REASON, _SHUFFLE)

_PLAYS: Final = frozenset({"PLAY_END", ""})
"""Old packages leave the event out; all of theirs are plays."""
_SHUFFLES: Final = {"TRUE": True, "FALSE": False, "SHUFFLE_ON": True, "SHUFFLE_OFF": False}
_NO_ARTISTS: Final = frozenset({"various artists", "verschiedene interpreten"})


class AppleMusic:
    """Reads the play activity of Apple Music."""

    name = "apple-music"
    service = Service.APPLE
    package = None

    def recognises(self, head: bytes) -> bool:
        header = header_of(head)
        return {*_EVENT, *_PLAYED} <= header and not header.isdisjoint(_TITLE)

    def read(self, document: Document) -> Reading:
        rows = csv_rows(document)
        header = [name.strip().casefold() for name in next(rows, None) or []]
        picked = list(_picked(rows, header))
        good = [row for row in picked if row is not None]
        start, end, event, title, album, artist, played, reason, shuffle = (
            zip(*good, strict=True) if good else ([] for _ in _WANTED)
        )
        ms_played = pd.to_numeric(pd.Series(played, dtype="object"), errors="coerce")
        named = [None if name.casefold() in _NO_ARTISTS else name for name in artist]
        columns = Columns(
            times=_starts(start, end, ms_played.astype("float64")),
            artist=named,
            title=title,
            album=album,
            ms_played=[None if pd.isna(value) else float(value) for value in ms_played],
            ended_by_button=[why.startswith("TRACK_SKIPPED") for why in reason],
            shuffle=[_SHUFFLES.get(value.upper()) for value in shuffle],
            not_music=[None if kind in _PLAYS else Skip.NO_PLAY for kind in event],
            times_are_starts=True,
            artists_elsewhere=True,
        )
        reading = reading_of(columns, bad_rows=len(picked) - len(good))
        reading.songs = {
            Song(who, what, where or None)
            for who, what, where in zip(named, title, album, strict=True)
            if who and what
        }
        return reading


def _picked(
    rows: Iterable[list[str] | None], header: Sequence[str]
) -> Iterator[tuple[str, ...] | None]:
    """Of each row the wanted columns alone; of several names of a column the first with a value."""
    places = [[header.index(name) for name in names if name in header] for names in _WANTED]
    for row in rows:
        if row is None:
            yield None
            continue
        yield tuple(
            next((value for place in found if (value := row[place].strip())), "")
            for found in places
        )


def _starts(starts: Sequence[str], ends: Sequence[str], ms_played: pd.Series) -> pd.Series:
    """The starts that are told, else what the end and the length say."""
    told = iso_times(starts)
    lengths = pd.to_timedelta(ms_played.clip(0, _DAY_MS).fillna(0), unit="ms")
    return told.where(told.notna(), iso_times(ends) - lengths)


_DAY_MS: Final = 24 * 3_600_000
"""Longer plays are left out in any case, and must not overflow here."""
