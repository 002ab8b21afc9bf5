"""A listener's past as flat arrays with inverted lists: what all models that look back read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from songnet.places import places_by
from songnet.vocabulary import PADDING, EncodedSessions, Indexes

Floats = npt.NDArray[np.float64]
NO_PLAYS = EncodedSessions(np.zeros(0, np.int64), np.zeros(0), np.zeros(1, np.int64))


@dataclass(frozen=True)
class Past:
    """Every play in time order, and for every track the places at which it was played.

    A place is the number of a play, from 0 on. Nothing is precomputed per pair of tracks, so that
    its size grows with the plays alone and new plays could simply be appended.
    """

    sessions: EncodedSessions
    vocabulary_size: int
    """How many tracks there are, without the padding."""

    @property
    def tracks(self) -> Indexes:
        """(plays,) vocabulary indexes."""
        return self.sessions.tracks

    @property
    def started_at(self) -> Floats:
        """(plays,) seconds since 1970, UTC."""
        return self.sessions.started_at

    @cached_property
    def last_started_at(self) -> float:
        """When the newest play began; 0 where there is none."""
        return float(self.started_at.max(initial=0.0))

    @cached_property
    def session_of(self) -> Indexes:
        """(plays,) the number of each play's session."""
        return np.repeat(np.arange(len(self.sessions)), np.diff(self.sessions.bounds))

    @cached_property
    def first_of(self) -> Indexes:
        """(plays,) the place at which each play's session begins."""
        return self.sessions.bounds[self.session_of]

    @cached_property
    def end_of(self) -> Indexes:
        """(plays,) the place after the last one of each play's session."""
        return self.sessions.bounds[self.session_of + 1]

    @cached_property
    def counts(self) -> Indexes:
        """(tracks + 1,) how often each track was played; 0 for the padding."""
        counts = np.bincount(self.tracks, minlength=self.vocabulary_size + 1)
        counts[PADDING] = 0
        return counts

    @cached_property
    def popularity(self) -> Floats:
        """(tracks + 1,) the share of each track in the plays, each counted once more than it was.

        So no track is impossible. Laplace's rule of succession.
        """
        popularity = self.counts + 1.0
        popularity[PADDING] = 0
        shares: Floats = popularity / popularity.sum()
        return shares

    def places(self, track: int) -> Indexes:
        """Where a track was played, in ascending order; nowhere for the padding."""
        if track == PADDING:
            return self._by_track[:0]
        return self._by_track[self._list_bounds[track] : self._list_bounds[track + 1]]

    def places_of_each(self, tracks: Indexes) -> tuple[Indexes, Indexes]:
        """Where several tracks were played.

        Returns:
            (places,) one list after the other, and (places,) which of the tracks stands there, as
            a number from 0 on.
        """
        lists = [self.places(int(track)) for track in tracks]
        which = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
        return np.concatenate([self._by_track[:0], *lists]), which

    def beside(self, places: Indexes, offsets: Indexes) -> Indexes:
        """What was played so many plays later (or earlier, below 0) in the same sessions.

        Args:
            places: (places,)
            offsets: (offsets,) in plays.

        Returns:
            (places, offsets) tracks; `PADDING` where the session does not reach so far.
        """
        there = places[:, None] + offsets  # (places, offsets)
        within = (there >= self.first_of[places][:, None]) & (there < self.end_of[places][:, None])
        return np.where(within, self.tracks[np.where(within, there, 0)], PADDING)

    def total(self, tracks: Indexes, weights: Floats) -> Floats:
        """Sums weights by track.

        Args:
            tracks: of any shape; `PADDING` counts for nothing.
            weights: of the same shape, or one that is broadcast to it.

        Returns:
            (tracks + 1,) sums; 0 for the padding.
        """
        spread = np.broadcast_to(weights, tracks.shape)
        sums: Floats = np.bincount(
            tracks.ravel(), spread.ravel(), minlength=self.vocabulary_size + 1
        ).astype(np.float64, copy=False)
        sums[PADDING] = 0
        return sums

    def recency(self, places: Indexes, now: float | None, half_life_days: float) -> Floats:
        """(places,) 1 for a play that began now, a half of it for each half-life that has passed.

        Args:
            places: (places,)
            now: seconds since 1970 UTC; None for the time of the newest play.
            half_life_days: in days.
        """
        now = self.last_started_at if now is None else now
        age_days = np.maximum(now - self.started_at[places], 0.0) / 86_400
        return np.asarray(np.exp2(-age_days / half_life_days), dtype=np.float64)

    @cached_property
    def _by_track(self) -> Indexes:
        return places_by(self.tracks)

    @cached_property
    def _list_bounds(self) -> Indexes:
        return np.searchsorted(self.tracks[self._by_track], np.arange(self.vocabulary_size + 2))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `from_arrays` needs."""
        return {
            "tracks": self.tracks.astype(np.int32),
            "started_at": self.started_at,
            "bounds": self.sessions.bounds.astype(np.int32),
            "counts": self.counts[1:].astype(np.int32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], vocabulary_size: int) -> Self:
        """Rebuilds the past of a vocabulary of so many tracks.

        Raises:
            KeyError, ValueError: the arrays are no such past.
        """
        past = cls(
            EncodedSessions(
                tracks=arrays["tracks"].astype(np.int64),
                started_at=arrays["started_at"].astype(np.float64),
                bounds=arrays["bounds"].astype(np.int64),
            ),
            vocabulary_size,
        )
        plays, bounds = len(past.tracks), past.sessions.bounds
        if not len(bounds) or bounds[0] != 0 or np.any(np.diff(bounds) < 0):
            raise ValueError("no sessions one after the other")
        if plays and not 0 <= past.tracks.min() <= past.tracks.max() <= vocabulary_size:
            raise ValueError(f"tracks beyond a library of {vocabulary_size}")
        if arrays["counts"].shape != (vocabulary_size,) or past.started_at.shape != (plays,):
            raise ValueError(f"no past of a library of {vocabulary_size} tracks")
        if past.counts.shape != (vocabulary_size + 1,) or past.sessions.bounds[-1] != plays:
            raise ValueError(f"no past of {vocabulary_size} tracks and {plays} plays")
        return past
