"""Why a track stands in a playlist: counts from its listener's own history.

Every number can be recounted in the history: from the plays that count, in their sessions (see
`SessionRules`). 'Directly' is the next play of the same session.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from songnet.models.past import Past
from songnet.music import Reason
from songnet.places import places_by
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
KEPT_SESSIONS = 32
"""The sessions of so many tracks are kept: a playlist asks about the same seeds for each track."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A reason that may not be the strongest of its kind: nothing of it is looked up yet."""

    kind: str
    count: int
    other: int
    places: Indexes
    of: int | None = None


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
        # Inverted lists of the artists: searched in all plays for each track they would cost most.
        artists = vocabulary.artist_of[past.tracks].astype(np.int32)  # (plays,)
        self._by_artist = places_by(artists).astype(np.int32)
        self._artist_bounds = np.searchsorted(
            artists[self._by_artist], np.arange(int(vocabulary.artist_of.max(initial=0)) + 2)
        )
        # The artist of the play directly before, -1 where a session begins.
        self._artist_before = np.roll(artists, 1)
        self._artist_before[past.first_of == np.arange(len(artists))] = -1
        self._sessions_of = lru_cache(KEPT_SESSIONS)(partial(_sessions_with, past))

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
        places = self._past.places(index)
        found = [
            self._reason(best)
            for best in (
                _best(self._beside(places, before, step=1, kind=FOLLOWED)),
                _best(self._beside(places, others, step=-1, kind=PRECEDED)),
                _best(self._together(places, others)),
                self._same_album(index, others),
                _best(self._after_artists(index, others)),
                self._same_artist(index, others),
            )
            if best is not None
        ]
        found.sort(key=lambda reason: reason.count < HABIT)
        plays = int(self._vocabulary.plays[index])
        return (*found, Reason(PLAYS, plays, last_at=self._last_at(places)))

    def _beside(
        self, places: Indexes, others: Indexes, *, step: int, kind: str
    ) -> Iterator[_Candidate]:
        """How often the track stood directly after (1) or before (-1) each other one."""
        neighbours = self._past.beside(places, np.array([-step]))[:, 0]
        for other in others.tolist():
            there = places[neighbours == other]
            if len(there):
                yield _Candidate(kind, len(there), other, there)

    def _together(self, places: Indexes, others: Indexes) -> Iterator[_Candidate]:
        """In how many of the sessions with each other one the track was played."""
        session_of = self._past.session_of[places]  # (places,) ascending
        is_new = np.ones(len(places), dtype=bool)  # (places,) the first one of its session
        is_new[1:] = session_of[1:] != session_of[:-1]
        for other in others.tolist():
            has_other, sessions = self._sessions_of(other)
            shared = has_other[session_of]
            count = int(np.count_nonzero(is_new & shared))
            if count:
                yield _Candidate(TOGETHER, count, other, places[shared], of=sessions)

    def _after_artists(self, index: int, others: Indexes) -> Iterator[_Candidate]:
        """How often songs of the artist came directly after ones of each other artist."""
        artist_of = self._vocabulary.artist_of
        artist = artist_of[index]
        follows = self._places_of_artist(artist)
        before = self._artist_before[follows]
        for other in others.tolist():
            if artist_of[other] == artist:
                continue
            there = follows[before == artist_of[other]]
            if len(there):
                yield _Candidate(ARTIST_FOLLOWED, len(there), other, there)

    def _same_artist(self, index: int, others: Indexes) -> _Candidate | None:
        artist_of = self._vocabulary.artist_of
        related = others[artist_of[others] == artist_of[index]]
        if not len(related):
            return None
        plays = int(self._vocabulary.plays[artist_of == artist_of[index]].sum())
        places = self._places_of_artist(artist_of[index])
        return _Candidate(SAME_ARTIST, plays, int(related[0]), places)

    def _same_album(self, index: int, others: Indexes) -> _Candidate | None:
        album_of = self._vocabulary.album_of
        related = others[album_of[others] == album_of[index]]
        if not album_of[index] or not len(related):
            return None
        is_of = album_of == album_of[index]  # (tracks + 1,)
        plays = int(self._vocabulary.plays[is_of].sum())
        places, _ = self._past.places_of_each(np.flatnonzero(is_of))
        return _Candidate(SAME_ALBUM, plays, int(related[0]), places)

    def _places_of_artist(self, artist: int) -> Indexes:
        """(places,) where songs of an artist were played, in ascending order."""
        places = self._by_artist[self._artist_bounds[artist] : self._artist_bounds[artist + 1]]
        return places.astype(np.int64)

    def _reason(self, found: _Candidate) -> Reason:
        track_id = self._vocabulary.track(found.other).track_id
        last_at = self._last_at(found.places)
        return Reason(found.kind, found.count, track_id, of=found.of, last_at=last_at)

    def _last_at(self, places: Indexes) -> datetime | None:
        if not len(places):
            return None
        return datetime.fromtimestamp(float(self._past.started_at[places].max()), UTC)


def _best(candidates: Iterator[_Candidate]) -> _Candidate | None:
    """The one with the highest count; None where there is none."""
    return max(candidates, key=lambda candidate: candidate.count, default=None)


def _sessions_with(past: Past, track: int) -> tuple[npt.NDArray[np.bool_], int]:
    """(sessions,) whether a track was played in each, and in how many."""
    was_played = np.zeros(len(past.sessions), dtype=bool)
    was_played[past.session_of[past.places(track)]] = True
    return was_played, int(np.count_nonzero(was_played))
