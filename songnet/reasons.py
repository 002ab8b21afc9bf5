"""Why a track stands in a playlist: counts from its listener's own history.

Every number can be recounted in the history: from the plays that count, in their sessions (see
`SessionRules`). 'Directly' is the next play of the same session.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from songnet.models.past import Past
from songnet.music import Reason
from songnet.vocabulary import PADDING, Indexes, Vocabulary

FOLLOWED = "followed"
"""It came directly after the other track, so many times."""
PRECEDED = "preceded"
"""It came directly before the other track, so many times."""
TOGETHER = "together"
"""It was played in so many of the sessions with the other track (`of`)."""
SAME_ALBUM = "same_album"
"""It is from the album of the other track, whose songs were played so many times."""
ARTIST_FOLLOWED = "artist_followed"
"""A song of its artist came directly after one of the other track's artist, so many times."""
SAME_ARTIST = "same_artist"
"""It is by the artist of the other track, whose songs were played so many times."""
PLAYS = "plays"
"""It was played so many times."""
KINDS = (FOLLOWED, PRECEDED, TOGETHER, SAME_ALBUM, ARTIST_FOLLOWED, SAME_ARTIST, PLAYS)
"""The strongest first."""
HABIT = 2
"""What happened less often is no habit: it comes after what did, though before `PLAYS`."""


class Reasons:
    """Finds the reasons for tracks in one listener's past. Any number of threads may ask it."""

    def __init__(self, past: Past, vocabulary: Vocabulary) -> None:
        """Reads a past.

        Args:
            past: the listener's plays; where it is empty there are no reasons but counts of plays.
            vocabulary: the library that its tracks are indexes of.
        """
        self._past = past
        self._vocabulary = vocabulary
        # The artists of every play, once: asked for each track they would cost the most.
        self._artists = vocabulary.artist_of[past.tracks]
        self._is_followed = np.append(past.session_of[1:] == past.session_of[:-1], [False])
        self._is_followed = self._is_followed[: len(past.tracks)]

    def of(self, index: int, others: Indexes, previous: int = PADDING) -> tuple[Reason, ...]:
        """The reasons for one track, the strongest first; of each kind at most one.

        The order is that of `KINDS`, but what happened less than `HABIT` times comes later, and
        `PLAYS` last. Of several other tracks, the one with the highest count is named, and of
        equals the first.

        Args:
            index: the track.
            others: (others,) what the playlist was grown from.
            previous: the track that stands before it, which `FOLLOWED` may name too.
        """
        others = others[(others != index) & (others != PADDING)]
        before = np.append(others, previous) if previous != PADDING else others
        found = [
            best
            for best in (
                _best(self._beside(index, before, step=1, kind=FOLLOWED)),
                _best(self._beside(index, others, step=-1, kind=PRECEDED)),
                _best(self._together(index, others)),
                self._same_album(index, others),
                _best(self._after_artists(index, others)),
                self._same_artist(index, others),
            )
            if best is not None
        ]
        found.sort(key=lambda reason: reason.count < HABIT)
        plays = int(self._vocabulary.plays[index])
        return (*found, Reason(PLAYS, plays, last_at=self._last_at(self._past.places(index))))

    def _beside(self, index: int, others: Indexes, *, step: int, kind: str) -> Iterator[Reason]:
        """How often the track stood directly after (1) or before (-1) each other one."""
        places = self._past.places(index)
        neighbours = self._past.beside(places, np.array([-step]))[:, 0]
        for other in others:
            there = places[neighbours == other]
            if len(there):
                yield self._reason(kind, len(there), other, there)

    def _together(self, index: int, others: Indexes) -> Iterator[Reason]:
        """In how many of the sessions with each other one the track was played."""
        session_of = self._past.session_of
        places = self._past.places(index)
        for other in others:
            sessions = np.unique(session_of[self._past.places(int(other))])
            there = places[np.isin(session_of[places], sessions)]
            count = len(np.unique(session_of[there]))
            if count:
                yield self._reason(TOGETHER, count, other, there, of=len(sessions))

    def _after_artists(self, index: int, others: Indexes) -> Iterator[Reason]:
        """How often songs of the artist came directly after ones of each other artist."""
        artist_of = self._vocabulary.artist_of
        follows = np.flatnonzero(self._artists == artist_of[index])
        follows = follows[follows > 0]
        follows = follows[self._is_followed[follows - 1]]
        before = self._artists[follows - 1]
        for other in others:
            there = follows[before == artist_of[other]]
            if artist_of[other] != artist_of[index] and len(there):
                yield self._reason(ARTIST_FOLLOWED, len(there), other, there)

    def _same_artist(self, index: int, others: Indexes) -> Reason | None:
        return self._shared(SAME_ARTIST, self._vocabulary.artist_of, index, others)

    def _same_album(self, index: int, others: Indexes) -> Reason | None:
        if not self._vocabulary.album_of[index]:
            return None
        return self._shared(SAME_ALBUM, self._vocabulary.album_of, index, others)

    def _shared(self, kind: str, belongs_to: Indexes, index: int, others: Indexes) -> Reason | None:
        related = others[belongs_to[others] == belongs_to[index]]
        if not len(related):
            return None
        is_of = belongs_to == belongs_to[index]  # (tracks + 1,)
        plays = int(self._vocabulary.plays[is_of].sum())
        places, _ = self._past.places_of_each(np.flatnonzero(is_of))
        return self._reason(kind, plays, related[0], places)

    def _reason(
        self, kind: str, count: int, other: int, places: Indexes, of: int | None = None
    ) -> Reason:
        track_id = self._vocabulary.track(int(other)).track_id
        return Reason(kind, count, track_id, of=of, last_at=self._last_at(places))

    def _last_at(self, places: Indexes) -> datetime | None:
        if not len(places):
            return None
        return datetime.fromtimestamp(float(self._past.started_at[places].max()), UTC)


def _best(reasons: Iterator[Reason]) -> Reason | None:
    """The one with the highest count; None where there is none."""
    return max(reasons, key=lambda reason: reason.count, default=None)
