"""The contract between the reader and the formats of exports.

A format is one file in this folder: an object with a `name`, `recognises` and `read`, listed in
`songnet.exports.registry.FORMATS`. Everything else (archives, limits, cleaning, duplicates, the
report) happens outside of it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import pandas as pd

from songnet.plays import COLUMNS

if TYPE_CHECKING:
    from songnet.exports.archive import Document

_KEY: Final = re.compile(rb'"([A-Za-z_]{1,64})"\s*:')
_LONGEST_HEADER: Final = 32 * 1024
_WIDE_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Service(StrEnum):
    """Who keeps listening histories and hands them out."""

    SPOTIFY = "spotify"
    APPLE = "apple"
    YOUTUBE = "youtube"
    DEEZER = "deezer"
    LASTFM = "lastfm"
    LISTENBRAINZ = "listenbrainz"
    MALOJA = "maloja"


class Skip(StrEnum):
    """Why a row of an export became no play."""

    PODCAST = "podcast"
    AUDIOBOOK = "audiobook"
    VIDEO = "video"
    """A video that was watched outside of a music service."""
    NO_PLAY = "no_play"
    """Something else than the end of a play: a song that has just begun, a look at its lyrics."""
    NO_METADATA = "no_metadata"
    NO_ARTIST = "no_artist"
    """A play whose artist stands nowhere in what the person gave."""
    BAD_ROW = "bad_row"
    BAD_TIME = "bad_time"
    BAD_DURATION = "bad_duration"
    DUPLICATE = "duplicate"


class Song(NamedTuple):
    """A song as a package describes it."""

    artist: str
    title: str
    album: str | None = None


@dataclass
class Reading:
    """What a format found in one document: `rows` = plays + nameless + everything in `skipped`."""

    rows: int = 0
    plays: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()}
        )
    )
    """Columns of `songnet.plays.COLUMNS`, without `track_id`; in the document's order."""
    skipped: Counter[Skip] = field(default_factory=Counter)
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """URIs of tracks by track_id, from documents that hold no plays."""
    nameless: pd.DataFrame | None = None
    """Plays without an artist, where other documents of the same package name the artists."""
    songs: set[Song] = field(default_factory=set)
    """What this document knows of artists, for the `nameless` plays of all."""


class Format(Protocol):
    """One kind of document that a music service gives to its users."""

    @property
    def name(self) -> str:
        """A stable name for the report: `spotify-extended`."""

    @property
    def service(self) -> Service:
        """Who gives such documents."""

    @property
    def package(self) -> str | None:
        """Which package a person holds who has only this ("Spotify's 'Account data'").

        None for documents with plays.
        """

    def recognises(self, head: bytes) -> bool:
        """Whether a document is of this kind, by the first bytes of its content, in UTF-8."""

    def read(self, document: Document) -> Reading:
        """Reads the document; rows that cannot be read are counted, not raised.

        Raises:
            BrokenArchive, LimitExceeded: the document ends before its end.
        """


def as_utf8(data: bytes) -> bytes:
    """The same text in UTF-8 without a byte order mark."""
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    encoding = _WIDE_MARKS.get(data[:2])
    if encoding is None:
        return data
    return data.decode(encoding, "replace").encode("utf-8", "replace")


def json_keys(head: bytes) -> set[str]:
    """The keys that stand in the beginning of a JSON document; no value is decoded."""
    if head.lstrip()[:1] not in (b"{", b"["):
        return set()
    return {key.decode("ascii") for key in set(_KEY.findall(head))}


def header_of(head: bytes) -> set[str]:
    """The names of the columns in the first line of a CSV document, in small letters."""
    first_line = head.lstrip().split(b"\n", 1)[0][:_LONGEST_HEADER]
    if first_line[:1] in (b"{", b"[", b"<"):
        return set()
    text = first_line.decode("utf-8", "replace").replace("\r", " ")
    return {name.strip().casefold() for name in next(csv.reader([text]), [])}
