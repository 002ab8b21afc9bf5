"""Simulated listeners: whole lives of listening, each with habits of its own.

A choice that two real people gain from may be theirs alone. These five differ in what real people
differ in: whether they hear albums through, let an artist play on, have sequences of their own,
shuffle what they like of late, or repeat one song; how fast their taste moves; how much is new to
them; how long they listen, and when. Their habits are rules with chance, so that much of what comes
next cannot be known, as with anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from songnet.music import History

ALBUM, ARTIST, SEQUENCE, LIKED, REPEAT = range(5)
"""What a stretch of a session is: an album in its order, songs of one artist, an own sequence of
songs, the songs that are liked of late in any order, one song again and again."""
TRACKS_OF_ALBUM = 10
ALBUMS_OF_ARTIST = 3
LENGTH_OF_SEQUENCE = 15
SEQUENCES = 40
LIKED_AT_ONCE = 60
PLAY = timedelta(minutes=3, seconds=30)


@dataclass(frozen=True)
class Habits:
    """What sets one simulated listener apart."""

    shares: tuple[float, float, float, float, float]
    """How often a stretch is of each kind."""
    artists: int
    moves: float
    """How far taste moves in a week: the standard deviation of an artist's logarithmic weight."""
    slips: float
    """How often a play is anything at all instead of what the stretch would bring."""
    stretch: float
    """The mean length of a stretch in plays; an album or a sequence ends with itself."""
    session: float
    """The mean length of a session in plays."""


LISTENERS = {
    "albums": Habits((0.8, 0.1, 0.0, 0.1, 0.0), 250, 0.25, 0.05, 10, 25),
    "radio": Habits((0.05, 0.6, 0.0, 0.3, 0.05), 300, 0.3, 0.15, 5, 15),
    "sequences": Habits((0.1, 0.1, 0.6, 0.2, 0.0), 200, 0.1, 0.15, 12, 20),
    "shuffle": Habits((0.0, 0.1, 0.1, 0.8, 0.0), 300, 0.35, 0.2, 10, 12),
    "repeats": Habits((0.1, 0.15, 0.15, 0.3, 0.3), 150, 0.4, 0.1, 5, 10),
}


def simulate(name: str, plays: int = 14_000, rng_seed: int = 1) -> History:
    """The history of one of `LISTENERS`."""
    habits = LISTENERS[name]
    rows = list(_life(habits, plays, np.random.default_rng(rng_seed)))
    return History.from_plays(pd.DataFrame(rows))


def _life(habits: Habits, plays: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    life = _Life(habits, rng)
    moment = datetime(2020, 1, 6, 8, tzinfo=UTC)
    heard = 0
    while heard < plays:
        length = 1 + int(rng.geometric(1 / habits.session))
        moment = _next_session(moment, rng)
        for track in life.session(min(length, plays - heard), moment):
            yield _row(track, moment)
            moment += PLAY
            heard += 1


def _next_session(moment: datetime, rng: np.random.Generator) -> datetime:
    """One in the morning or one in the evening, on most days."""
    moment += timedelta(hours=float(rng.choice([2, 9, 14, 34], p=[0.2, 0.4, 0.3, 0.1])))
    return moment + timedelta(minutes=float(rng.uniform(0, 90)))


class _Life:
    """A taste that moves, and the sequences that it has made so far."""

    def __init__(self, habits: Habits, rng: np.random.Generator) -> None:
        self._habits, self._rng = habits, rng
        self._taste = rng.normal(0, 1.5, habits.artists)  # (artists,) logarithmic weights
        self._songs = rng.normal(0, 1.0, habits.artists * ALBUMS_OF_ARTIST * TRACKS_OF_ALBUM)
        self._week: tuple[int, int] | None = None
        self._liked = np.zeros(0, np.int64)
        self._sequences: list[npt.NDArray[np.int64]] = []

    def session(self, length: int, moment: datetime) -> Iterator[int]:
        self._live_on(moment)
        left = length
        while left:
            for track in self._stretch()[:left]:
                slips = self._rng.random() < self._habits.slips
                yield self._anything() if slips else int(track)
                left -= 1

    def _live_on(self, moment: datetime) -> None:
        """Once a week taste moves, and with it what is liked; a sequence is made anew."""
        week = moment.isocalendar()[:2]
        if week == self._week:
            return
        self._week = week
        self._taste += self._rng.normal(0, self._habits.moves, len(self._taste))
        self._taste *= 1 - self._habits.moves / 10
        weights = np.repeat(self._taste, ALBUMS_OF_ARTIST * TRACKS_OF_ALBUM) + self._songs
        self._liked = np.argsort(-(weights + self._rng.gumbel(size=len(weights))))[:LIKED_AT_ONCE]
        own = self._rng.choice(self._liked, LENGTH_OF_SEQUENCE, replace=False)
        self._sequences = [*self._sequences, own][-SEQUENCES:]

    def _stretch(self) -> npt.NDArray[np.int64]:
        """(plays,) at least one."""
        habits, rng = self._habits, self._rng
        kind = rng.choice(5, p=habits.shares)
        length = int(rng.geometric(1 / habits.stretch))
        if kind == ALBUM:
            album = self._artist() * ALBUMS_OF_ARTIST + int(rng.integers(ALBUMS_OF_ARTIST))
            return album * TRACKS_OF_ALBUM + np.arange(TRACKS_OF_ALBUM)
        if kind == ARTIST:
            songs = ALBUMS_OF_ARTIST * TRACKS_OF_ALBUM
            liked = self._songs.reshape(-1, songs)[(artist := self._artist())]
            return artist * songs + np.argsort(-(liked + rng.gumbel(size=songs)))[:length]
        if kind == SEQUENCE:
            sequence = self._sequences[int(rng.integers(len(self._sequences)))]
            return sequence[int(rng.integers(3)) :]
        if kind == LIKED:
            return rng.choice(self._liked, min(length, LIKED_AT_ONCE), replace=False)
        return np.repeat(rng.choice(self._liked), length)

    def _artist(self) -> int:
        return int(np.argmax(self._taste + self._rng.gumbel(size=len(self._taste))))

    def _anything(self) -> int:
        songs = ALBUMS_OF_ARTIST * TRACKS_OF_ALBUM
        return self._artist() * songs + int(self._rng.integers(songs))


def _row(track: int, moment: datetime) -> dict[str, Any]:
    album = track // TRACKS_OF_ALBUM
    return {
        "started_at": pd.Timestamp(moment),
        "artist": f"Simulated artist {album // ALBUMS_OF_ARTIST}",
        "title": f"Simulated song {track}",
        "album": f"Simulated album {album}",
        "ms_played": int(PLAY.total_seconds() * 1000),
    }
