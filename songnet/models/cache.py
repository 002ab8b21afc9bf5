"""What this session has held, it holds again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.past import Floats


@dataclass(frozen=True)
class CacheConfig(CountConfig):
    """How fast a session forgets."""

    decay: float = 0.9
    """A play counts so much of the one after it."""
    reach: int = 50
    """So many plays back."""


class SessionCacheModel(CountModel):
    """A decaying cache of the running session, a part of a mixture more than a model of its own.

    `evidence(y) = sum over plays of y that lie i plays back of decay^i`. Kuhn and De Mori, 'A
    cache-based natural language model for speech recognition' (IEEE PAMI 1990).
    """

    name = "cache"
    config_class = CacheConfig
    _config: CacheConfig

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) sums over the running session."""
        newest_first = query.tracks[::-1][: self._config.reach]  # (time,)
        weights: Floats = np.power(self._config.decay, np.arange(len(newest_first)))
        return self.past.total(newest_first, weights)
