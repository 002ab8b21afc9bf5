"""What is answered to the names of songs."""

from __future__ import annotations

from dataclasses import dataclass

from songnet.errors import Suggestion
from songnet.music import StandIn, Track


@dataclass(frozen=True)
class SeedMatch:
    """What a person named, and the track that was meant."""

    query: str
    track: Track
    namesakes: tuple[Suggestion, ...] = ()
    """What else it may mean: songs of that title by other artists, the most played first."""
    respelt: str = ""
    """The name that was taken for the query, where typing errors were forgiven."""


@dataclass(frozen=True)
class UnknownSeed:
    """What a person named, and the tracks of the library that resemble it."""

    query: str
    suggestions: tuple[Suggestion, ...]
    """At most five, best first."""


@dataclass(frozen=True)
class SeedMatches:
    """The answer to a list of named songs, in their order."""

    found: tuple[SeedMatch, ...]
    unknown: tuple[UnknownSeed, ...]
    by_artist: tuple[StandIn, ...] = ()
    """Not in the library either, but of an artist that is."""


@dataclass(frozen=True)
class Completion:
    """A track whose name begins as was typed."""

    track: Track
    text: str
    """Its shortest name that `SeedIndex.find` takes for this track, without semicolons."""
