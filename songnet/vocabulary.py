"""Tracks, artists and albums as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from songnet.music import History, Track
from songnet.sessions import Sessions

Indexes = npt.NDArray[np.int64]
PADDING = 0
"""The index of no track: before the first track of a session, and in the place of a track that the
library does not hold."""
LIBRARY_COLUMNS = ("track_id", "artist", "title", "album", "uri")


class EncodedSession(NamedTuple):
    """One session as arrays."""

    tracks: Indexes
    """(time,) vocabulary indexes."""
    started_at: npt.NDArray[np.float64]
    """(time,) seconds since 1970, UTC."""


@dataclass(frozen=True)
class EncodedSessions:
    """Sessions as flat arrays, which is what models read."""

    tracks: Indexes
    """(plays,) vocabulary indexes; 0 for a track outside the vocabulary."""
    started_at: npt.NDArray[np.float64]
    """(plays,) seconds since 1970, UTC."""
    bounds: Indexes
    """(sessions + 1,): session `i` is `tracks[bounds[i]:bounds[i + 1]]`."""

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def session(self, number: int) -> EncodedSession:
        """One of the sessions."""
        part = slice(int(self.bounds[number]), int(self.bounds[number + 1]))
        return EncodedSession(self.tracks[part], self.started_at[part])

    def known_transitions(self) -> int:
        """How many known tracks stand after a session's first: what a model can be judged on."""
        is_next = np.ones(len(self.tracks), bool)
        is_next[self.bounds[:-1]] = False
        return int(np.count_nonzero(is_next & (self.tracks != PADDING)))


class Vocabulary:
    """The tracks that can be told apart, numbered from 1; 0 is padding.

    Row `i` of `library` is the track with the index `i + 1`.
    """

    def __init__(self, library: pd.DataFrame, other_uris: Mapping[str, int] | None = None) -> None:
        """Numbers the rows of a table.

        Args:
            library: with `LIBRARY_COLUMNS` and `plays`.
            other_uris: URIs that mean a track too, beside the one in the library, by its index: a
                recording has one for every release that it is on.
        """
        self.library = library
        self.other_uris = dict(other_uris or {})
        self._index_of: dict[str, int] = dict(
            zip(library["track_id"].tolist(), range(1, len(library) + 1), strict=True)
        )

    @classmethod
    def from_sessions(cls, sessions: Sessions) -> Vocabulary:
        """All tracks that are played in the sessions, as `History.tracks` describes them."""
        vocabulary = cls(History(sessions.plays).tracks())
        known = set(vocabulary.library["uri"].dropna())
        links = sessions.plays[["uri", "track_id"]].dropna().drop_duplicates("uri")
        for uri, track_id in links.itertuples(index=False):
            if uri not in known:
                vocabulary.other_uris[uri] = vocabulary.index(track_id)
        return vocabulary

    def __len__(self) -> int:
        """The number of tracks, without the padding."""
        return len(self.library)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._index_of

    def index(self, track_id: str) -> int:
        """The track's index, or 0 where it is unknown."""
        return self._index_of.get(track_id, PADDING)

    def indexes(self, track_ids: Sequence[str]) -> Indexes:
        """(tracks,) indexes, 0 for unknown ones."""
        return np.array([self.index(track_id) for track_id in track_ids], dtype=np.int64)

    def encode(self, sessions: Sessions) -> EncodedSessions:
        """The sessions as numbers."""
        indexes = sessions.plays["track_id"].map(self._index_of)
        return EncodedSessions(
            tracks=np.asarray(indexes.fillna(PADDING), dtype=np.int64),
            started_at=sessions.plays["started_at"].astype("int64").to_numpy() / 1e6,
            bounds=sessions.bounds,
        )

    def track(self, index: int) -> Track:
        """The track with an index from 1 on."""
        track_id, artist, title, album, uri = self._rows[index - 1]
        return Track(track_id=track_id, artist=artist, title=title, album=album, uri=uri)

    @cached_property
    def plays(self) -> Indexes:
        """(tracks + 1,) how often each index was played; 0 for the padding."""
        return np.concatenate([[0], self.library["plays"].to_numpy(dtype=np.int64)])

    @cached_property
    def artist_of(self) -> Indexes:
        """(tracks + 1,) the artist's index from 1 on; 0 for the padding."""
        return _numbered(self.library["artist"].str.casefold())

    @cached_property
    def album_of(self) -> Indexes:
        """(tracks + 1,) the album's index from 1 on; 0 for the padding and where none is known."""
        album = self.library["album"].str.casefold()
        # Every second artist has an album called 'Greatest Hits'.
        return _numbered(self.library["artist"].str.casefold() + "\0" + album)

    @cached_property
    def _rows(self) -> list[tuple[str, str, str, str | None, str | None]]:
        columns = (self.library[name].array for name in LIBRARY_COLUMNS)
        as_objects = (column.to_numpy(dtype=object, na_value=None) for column in columns)
        return list(zip(*(column.tolist() for column in as_objects), strict=True))


def _numbered(names: pd.Series) -> Indexes:
    codes, _ = pd.factorize(names)  # -1 where missing
    return np.concatenate([[PADDING], codes.astype(np.int64) + 1])
