"""What else lies in Apple's packages: lists that name the artists of songs, and the rest.

'Apple Music - Play History Daily Tracks.csv', '- Recently Played Tracks.csv' and '- Track Play
History.csv' describe songs as 'Artist - Title'; 'Apple Music Library Tracks.json' is a list of
`{"Title", "Artist", "Album", ...}`. None of them tells when a song was played.
"""

from __future__ import annotations

from typing import Final

import msgspec

from songnet.exports.archive import Document
from songnet.exports.csv_rows import csv_rows
from songnet.exports.formats import Reading, Service, Song, as_utf8, header_of, json_keys
from songnet.exports.json_rows import decode_rows

PACKAGE: Final = "Apple's lists of songs without the plays"

_DESCRIPTIONS: Final = ("track description", "track name")
_SIGNS: Final = ("date played", "last played date", "is user initiated", "play count")
_DASHES: Final = (" - ", " – ", " — ")


class ApplePlayedTracks:
    """Reads the artists out of Apple's lists of what was played on a day or at last."""

    name = "apple-played-tracks"
    service = Service.APPLE
    package = PACKAGE

    def recognises(self, head: bytes) -> bool:
        header = header_of(head)
        return not header.isdisjoint(_DESCRIPTIONS) and not header.isdisjoint(_SIGNS)

    def read(self, document: Document) -> Reading:
        rows = csv_rows(document)
        header = [name.strip().casefold() for name in next(rows, None) or []]
        place = next((header.index(name) for name in _DESCRIPTIONS if name in header), None)
        if place is None:
            return Reading()
        described = (_song(row[place]) for row in rows if row is not None)
        return Reading(songs={song for song in described if song is not None})


class _Track(msgspec.Struct, rename="pascal", gc=False):
    title: str | None = None
    artist: str | None = None
    album: str | None = None


class AppleLibrary:
    """Reads the artists out of the person's library."""

    name = "apple-library"
    service = Service.APPLE
    package = PACKAGE

    def recognises(self, head: bytes) -> bool:
        return {"Title", "Artist"} <= json_keys(head) and b'"Content Type"' in head

    def read(self, document: Document) -> Reading:
        tracks, _ = decode_rows(as_utf8(document.content()), _Track)
        return Reading(
            songs={
                Song(track.artist, track.title, track.album)
                for track in tracks
                if track.artist and track.title
            }
        )


class AppleOther:
    """Knows other files of Apple's packages, in order to say which package came."""

    name = "apple-other"
    service = Service.APPLE
    package = "other parts of Apple's data"

    _headers: tuple[set[str], ...] = (
        {"favorite type", "item reference"},
        {"container type", "container description"},
        {"artist id", "artist name", "number of plays"},
    )
    _keys: tuple[bytes, ...] = (b'"Transaction Type"', b'"Container Identifier"', b'"Playlist Item')

    def recognises(self, head: bytes) -> bool:
        if head.lstrip()[:1] in (b"{", b"["):
            return any(key in head for key in self._keys)
        header = header_of(head)
        return any(sign <= header for sign in self._headers)

    def read(self, document: Document) -> Reading:
        del document  # there is nothing in it for us
        return Reading()


def _song(description: str) -> Song | None:
    """'Artist - Title', parted at the first dash."""
    places = [(description.find(dash), dash) for dash in _DASHES if dash in description]
    if not places:
        return None
    place, dash = min(places)
    artist, title = description[:place].strip(), description[place + len(dash) :].strip()
    return Song(artist, title) if artist and title else None
