"""How the invented listener listens: moods by the hour, songs in chains, skips.

Learnable on purpose: who knows the current song knows the next one about two times in three.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from songnet.demo.catalogue import Song, catalogue

FIRST_DAY: Final = datetime(2023, 1, 1, tzinfo=UTC)
DAYS: Final = 730
MOST_PLAYS_A_DAY: Final = 30
"""More plays than fit into two years at this rate begin earlier."""

_SESSION_PLAYS: Final = 14
_REST: Final = timedelta(minutes=45)
_FAVOURITES: Final = 20

_MOODS_FROM_HOUR: Final[dict[int, dict[str, float]]] = {
    0: {"sad": 0.8, "calm": 0.2},
    6: {"pop": 0.6, "rock": 0.2, "edm": 0.2},
    9: {"calm": 0.7, "pop": 0.3},
    13: {"bollywood": 0.7, "pop": 0.3},
    17: {"edm": 0.7, "rock": 0.3},
    21: {"bollywood": 0.4, "sad": 0.4, "edm": 0.2},
}
_HOURS: Final = (7, 7, 8, 10, 11, 14, 15, 17, 18, 18, 19, 20, 21, 22, 22, 23, 0)

_STAYS_IN_CHAIN: Final = 0.7
_WANDERS: Final = 0.1
_RETURNS_TO_FAVOURITE: Final = 0.05
_CHANGES_MOOD: Final = 0.05
_SKIPS: Final = 0.15
_SHUFFLES: Final = 0.2

Chain = tuple[Song, ...]
"""Songs that this person plays one after another."""


@dataclass(frozen=True)
class Listening:
    """One play of the invented listener."""

    started_at: datetime
    song: Song
    ms_played: int
    skipped: bool
    shuffle: bool


class Listener:
    """A person with habits; the same `rng_seed` gives the same person and the same plays."""

    def __init__(self, rng_seed: int) -> None:
        self._rng = Random(rng_seed)  # noqa: S311 - habits, not secrets
        songs = catalogue()
        self._ms: dict[Song, int] = {song: self._rng.randrange(150, 290) * 1000 for song in songs}
        self._chains = {
            mood: self._chained([song for song in songs if song.mood == mood])
            for mood in sorted({song.mood for song in songs})
        }
        self._favourites = self._rng.sample(songs, _FAVOURITES)

    def listen(self, plays: int) -> Iterator[Listening]:
        """So many plays, in order of time."""
        days = max(DAYS, -(-plays // MOST_PLAYS_A_DAY))
        first_day = FIRST_DAY + timedelta(days=DAYS - days)
        lengths = self._session_lengths(plays)
        free_from = first_day
        for number, length in enumerate(lengths):
            day = first_day + timedelta(days=number * days // len(lengths))
            wanted = day + timedelta(
                hours=self._rng.choice(_HOURS), minutes=self._rng.randrange(60)
            )
            started_at = max(wanted, free_from)
            for listening in self._session(started_at, length):
                yield listening
                free_from = listening.started_at + _REST

    def _session_lengths(self, plays: int) -> list[int]:
        lengths: list[int] = []
        left = plays
        while left:
            length = min(left, 3 + int(self._rng.expovariate(1 / (_SESSION_PLAYS - 3))))
            lengths.append(length)
            left -= length
        return lengths

    def _session(self, started_at: datetime, length: int) -> Iterator[Listening]:
        shuffle = self._rng.random() < _SHUFFLES
        moment = started_at
        for song in itertools.islice(self._songs(started_at.hour), length):
            skipped = self._rng.random() < _SKIPS
            ms_played = self._rng.randrange(8_000, 29_000) if skipped else self._ms[song]
            yield Listening(moment, song, ms_played, skipped, shuffle)
            moment += timedelta(milliseconds=ms_played + self._rng.randrange(200, 3_000))

    def _songs(self, hour: int) -> Iterator[Song]:
        """What this person would play, endlessly, never a song twice in a row."""
        chain, position = self._new_chain(self._mood_at(hour)), 0
        last: Song | None = None
        while True:
            if chain[position] is not last:
                last = chain[position]
                yield last
            chain, position = self._next(chain, position, hour)

    def _next(self, chain: Chain, position: int, hour: int) -> tuple[Chain, int]:
        mood = chain[position].mood
        turn = self._rng.random()
        if turn < _STAYS_IN_CHAIN and position + 1 < len(chain):
            return chain, position + 1
        if turn > 1 - _WANDERS:
            elsewhere = self._rng.choice(self._chains[mood])
            return elsewhere, self._rng.randrange(len(elsewhere))
        if turn > 1 - _WANDERS - _RETURNS_TO_FAVOURITE:
            favourite = self._rng.choice(self._favourites)
            found = next(chain for chain in self._chains[favourite.mood] if favourite in chain)
            return found, found.index(favourite)
        if turn > 1 - _WANDERS - _RETURNS_TO_FAVOURITE - _CHANGES_MOOD:
            mood = self._mood_at(hour)
        return self._new_chain(mood), 0

    def _mood_at(self, hour: int) -> str:
        moods = _MOODS_FROM_HOUR[max(start for start in _MOODS_FROM_HOUR if start <= hour)]
        return self._rng.choices(list(moods), weights=list(moods.values()))[0]

    def _chained(self, songs: list[Song]) -> list[Chain]:
        """Neighbours of the catalogue in chains of five to twelve, the dearest chain first."""
        chains: list[Chain] = []
        while songs:
            length = self._rng.randrange(5, 13)
            chains.append(tuple(songs[:length]))
            songs = songs[length:]
        return chains

    def _new_chain(self, mood: str) -> Chain:
        chains = self._chains[mood]
        weights = [1 / rank for rank in range(1, len(chains) + 1)]
        return self._rng.choices(chains, weights=weights)[0]
