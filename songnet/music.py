"""The nouns of songnet: Track, History, Session, Playlist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from songnet.errors import HistoryError

COLUMNS = {
    "started_at": "datetime64[us, UTC]",
    "track_id": "string",
    "artist": "string",
    "title": "string",
    "album": "string",
    "uri": "string",
    "ms_played": "Int64",
    "skipped": "boolean",
    "shuffle": "boolean",
}
"""The columns of a `History` and their dtypes; all but the first four may hold missing values."""


@dataclass(frozen=True)
class Track:
    """One recording."""

    track_id: str
    artist: str
    title: str
    album: str | None = None
    uri: str | None = None
    """`spotify:track:...` where the source named one."""

    def __str__(self) -> str:
        return f"{self.title} - {self.artist}"


@dataclass(frozen=True)
class Reason:
    """Why a track stands in a playlist, with a count that its listener can check."""

    kind: str
    count: int
    track_id: str | None = None
    """The other track that the reason speaks of ('played after it')."""


@dataclass(frozen=True)
class PlaylistTrack(Track):
    """A track in a playlist."""

    url: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Playlist:
    """An ordered list of tracks grown from seeds; the seeds are not among the tracks."""

    seeds: tuple[Track, ...]
    tracks: tuple[PlaylistTrack, ...]

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[PlaylistTrack]:
        return iter(self.tracks)


class History:
    """One person's plays in time order.

    `frame` has the columns `COLUMNS` and a plain RangeIndex. A History is never changed: what
    changes plays returns another one.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)
