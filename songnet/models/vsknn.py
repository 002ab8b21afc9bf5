"""What sessions like this one held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.neighbours import distinct_newest_first, find_neighbours
from songnet.models.past import Floats, Past


@dataclass(frozen=True)
class VsknnConfig(CountConfig):
    """Which sessions are asked."""

    neighbours: int = 100
    sample: int = 1000
    """They are sought among so many sessions, the newest that share a track."""
    reach: int = 20
    """So many plays of the running session are compared."""


class VsknnModel(CountModel):
    """Vector multiplication session kNN.

    With the distinct tracks `x_0, x_1, ... x_(n-1)` of this session, the latest first::

        similarity(s) = sum over i with x_i in s of (n - i) / n
        evidence(y)   = sum over the neighbours s with y in s of similarity(s) / (1 + first(s))

    where `first(s)` is the smallest `i` with `x_i` in `s`: late tracks count for more, in choosing
    the neighbours and once more in hearing them. Ludewig and Jannach, 'Evaluation of session-based
    recommendation algorithms' (UMUAI 2018), 3.2.3.
    """

    name = "vsknn"
    config_class = VsknnConfig
    _config: VsknnConfig

    def remember(self, past: Past) -> None:
        """Lists the tracks of each session: each counts once, however often it was played there."""
        super().remember(past)
        size = past.vocabulary_size + 1
        entries = np.unique(past.session_of * size + past.tracks)
        self._tracks = entries % size  # (distinct tracks of all sessions,)
        self._bounds = np.searchsorted(entries, np.arange(len(past.sessions) + 1) * size)

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) sums over the neighbours."""
        config, past = self._config, self.past
        tracks = distinct_newest_first(query.tracks, config.reach)  # (n,)
        linear = 1 - np.arange(len(tracks)) / max(1, len(tracks))
        sessions, similarity, latest_shared = find_neighbours(
            past, tracks, linear, newest=config.sample, most=config.neighbours
        )
        weights = similarity / (1 + latest_shared)  # (neighbours,)
        bounds = self._bounds
        lengths = bounds[sessions + 1] - bounds[sessions]  # (neighbours,)
        steps = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(bounds[sessions], lengths) + steps  # (distinct tracks,)
        return past.total(self._tracks[places], np.repeat(weights, lengths))
