"""The artists of plays that name none, out of the other documents that a person gave.

Apple's list of plays leaves the artist out of most rows; its lists of what was played on each day
and of the person's library have them. An artist is taken where the title and the album agree, or
where the title alone leaves no choice. Where two artists have a song of that name, a gap is better
than a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import pyarrow as pa

from songnet.exports.formats import Reading, Skip, Song
from songnet.identity import track_key
from songnet.texts import coded, plain

_Key = tuple[str, str]
_Artists = dict[_Key, dict[str, str]]
"""By (title, album), both as keys: the artists' names by the `track_key` of artist and title."""

_ANY_ALBUM = ""


def name_artists(readings: Sequence[Reading]) -> list[int]:
    """Turns `nameless` plays into plays; those that stay without an artist are counted.

    Returns:
        How many plays of each reading were named.
    """
    if all(reading.nameless is None for reading in readings):
        return [0] * len(readings)
    known = _artists(song for reading in readings for song in reading.songs)
    return [_name(reading, known) for reading in readings]


def _artists(songs: Iterable[Song]) -> _Artists:
    known: _Artists = {}
    for song in songs:
        title = _part(song.title)
        track = track_key(song.artist, song.title)
        for album in {_ANY_ALBUM, _part(song.album) if song.album else _ANY_ALBUM}:
            names = known.setdefault((title, album), {})
            # The least of several spellings, so that no order of documents matters.
            names[track] = min(song.artist, names.get(track, song.artist))
    return known


def _name(reading: Reading, known: _Artists) -> int:
    nameless = reading.nameless
    if nameless is None or nameless.empty:
        return 0
    rows = list(zip(plain(nameless["title"]), plain(nameless["album"]), strict=True))
    found = {
        (title, album): _artist(known, title, None if pd.isna(album) else album)
        for title, album in set(rows)
    }
    artists = pa.array([found[row] for row in rows], pa.large_string())
    named = nameless.assign(artist=coded(artists.dictionary_encode())).dropna(subset=["artist"])
    reading.plays = pd.concat([reading.plays, named], ignore_index=True)
    if missing := len(nameless) - len(named):
        reading.skipped[Skip.NO_ARTIST] += missing
    reading.nameless = None
    return len(named)


def _artist(known: _Artists, title: str, album: str | None) -> str | None:
    albums = ([_part(album)] if album else []) + [_ANY_ALBUM]
    for candidates in (known.get((_part(title), part), {}) for part in albums):
        if len(candidates) == 1:
            return next(iter(candidates.values()))
    return None


def _part(name: str) -> str:
    return track_key("-", name)
