"""How often each track came directly after each other one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songnet.vocabulary import PADDING, EncodedSessions, Indexes

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Transitions:
    """Counts of (previous, next) within sessions, as a sparse table in rows.

    `following[bounds[p]:bounds[p + 1]]` are the tracks that came after track `p`, ascending, and
    `counts` how often each did.
    """

    bounds: Int32s
    """(tracks + 2,)"""
    following: Int32s
    """(pairs,) vocabulary indexes."""
    counts: Int32s
    """(pairs,)"""

    @classmethod
    def count(cls, sessions: EncodedSessions, tracks: int) -> Transitions:
        """Counts the pairs of known tracks in a vocabulary of so many."""
        previous, following = sessions.tracks[:-1], sessions.tracks[1:]
        is_pair = np.ones(len(previous), bool)
        is_pair[sessions.bounds[1:-1] - 1] = False  # the next session's first track follows nothing
        is_pair &= (previous != PADDING) & (following != PADDING)
        size = tracks + 1
        keys, counts = np.unique(previous[is_pair] * size + following[is_pair], return_counts=True)
        return cls(
            bounds=np.searchsorted(keys, np.arange(size + 1) * size).astype(np.int32),
            following=(keys % size).astype(np.int32),
            counts=counts.astype(np.int32),
        )

    def after(self, track: int) -> tuple[Int32s, Int32s]:
        """Which tracks came after a track, and how often."""
        part = slice(int(self.bounds[track]), int(self.bounds[track + 1]))
        return self.following[part], self.counts[part]

    def times(self, previous: int, following: Indexes) -> Indexes:
        """(n,) how often each of n tracks came directly after a track."""
        tracks, counts = self.after(previous)
        if not len(tracks):
            return np.zeros(len(following), np.int64)
        places = np.minimum(np.searchsorted(tracks, following), len(tracks) - 1)
        return np.where(tracks[places] == following, counts[places], 0).astype(np.int64)

    def arrays(self) -> dict[str, Int32s]:
        """What `from_arrays` needs."""
        return {"bounds": self.bounds, "following": self.following, "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[np.int32]], tracks: int) -> Transitions:
        """Rebuilds the table for a vocabulary of so many tracks.

        Raises:
            KeyError, ValueError: the arrays are no such table.
        """
        table = cls(**{name: arrays[name] for name in ("bounds", "following", "counts")})
        if table.bounds.shape != (tracks + 2,) or table.bounds[-1] != len(table.following):
            raise ValueError(f"no table of transitions between {tracks} tracks")
        return table
