"""From seeds to the tracks of a playlist, in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from songnet import generation
from songnet.adventure import PLAIN_ADVENTURE, novelty, reorder
from songnet.flow import Flow
from songnet.models.base import NextTrackModel, Scores
from songnet.models.past import Floats, Past
from songnet.vocabulary import PADDING, Indexes

DEFAULT_LENGTH = 20
MOST_PER_ARTIST = 3


@dataclass(frozen=True)
class PlaylistOptions:
    """What is wished of a playlist."""

    length: int = DEFAULT_LENGTH
    """How many tracks; fewer where the library holds no more."""
    adventure: float = PLAIN_ADVENTURE
    """0 familiar ... 1 adventurous; .5 is the model's own ranking."""
    most_per_artist: int | None = MOST_PER_ARTIST
    """At most so many tracks of one artist; None for no cap."""
    rng_seed: int | None = None
    """Lets near-equals change places, the same way for the same number; None for no chance."""
    flow: bool = True
    """Whether artists are kept apart and the tracks flow; False leaves them as they are ranked."""

    def __post_init__(self) -> None:
        """Checks what can be wished.

        Raises:
            ValueError: it cannot.
        """
        if self.length < 0:
            raise ValueError(f"a playlist has 0 or more tracks, not {self.length}")
        if not 0 <= self.adventure <= 1:
            raise ValueError(
                f"adventure is from 0 (familiar) to 1 (adventurous), not {self.adventure}"
            )


class PlaylistMaker:
    """Makes playlists of one person's library. Any number of threads may ask it at once."""

    def __init__(self, model: NextTrackModel, past: Past) -> None:
        """Puts a model and its listener's past together.

        Args:
            model: a fitted model.
            past: the plays that it knows, in its vocabulary.
        """
        self._model = model
        self._past = past
        self._flow = Flow(past, model.vocabulary.artist_of)

    def make(
        self, seeds: Indexes, options: PlaylistOptions, excluded: Iterable[int] = ()
    ) -> list[int]:
        """The tracks of a playlist in their order, as indexes.

        Args:
            seeds: (seeds,) what it grows from, 0 for a track outside the vocabulary.
            options: what is wished.
            excluded: indexes that must not be in it; the seeds are not unless they are named here.
        """
        return self.arrange(self._model.score_seeds(seeds), seeds, options, excluded)

    def arrange(
        self,
        scores: Scores,
        seeds: Indexes,
        options: PlaylistOptions,
        excluded: Iterable[int] = (),
    ) -> list[int]:
        """The same from scores that are known already, (tracks,)."""
        artist_of = self._model.vocabulary.artist_of
        rng = None if options.rng_seed is None else np.random.default_rng(options.rng_seed)
        bent = generation.perturbed(scores, rng)
        ranking = generation.rank(bent)
        left_out = np.array([index - 1 for index in excluded if index != PADDING], dtype=np.int64)
        ranking = ranking[~np.isin(ranking, left_out)]
        ranking = reorder(
            ranking, bent, self._novelty, adventure=options.adventure, length=options.length
        )
        chosen = generation.choose(
            ranking,
            artist_of[1:],
            length=options.length,
            most_per_artist=options.most_per_artist,
        )
        if options.flow:
            chosen = generation.space_artists(chosen, artist_of[1:])
            return self._flow.order([column + 1 for column in chosen], seeds)
        return [column + 1 for column in chosen]

    @cached_property
    def _novelty(self) -> Floats:
        vocabulary = self._model.vocabulary
        return novelty(self._past, vocabulary.plays, vocabulary.artist_of)
