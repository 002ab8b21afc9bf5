"""What was played most of late is played next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.past import Floats, Past


@dataclass(frozen=True)
class RecencyConfig(CountConfig):
    """How fast the past fades."""

    half_life_days: float = 30.0


class RecencyModel(CountModel):
    """Play counts in which a play weighs half as much for each half-life since.

    `evidence(y) = sum over plays i of y of 2^(-age_i / half-life)`. The time of the question shifts
    all ages alike and so changes nothing: the sums are made once. Ding and Li, 'Time weight
    collaborative filtering' (CIKM 2005).
    """

    name = "recency"
    config_class = RecencyConfig
    _config: RecencyConfig

    def remember(self, past: Past) -> None:
        """Sums the weights of all plays."""
        super().remember(past)
        everywhere = np.arange(len(past.tracks))
        weights = past.recency(everywhere, None, self._config.half_life_days)  # (plays,)
        self._evidence = past.total(past.tracks, weights)  # (tracks + 1,)

    def evidence(self, _query: Query, /) -> Floats:
        """(tracks + 1,) the same after every prefix."""
        return self._evidence
