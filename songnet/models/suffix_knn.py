"""What followed when the last few tracks were played like this before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.past import Floats


@dataclass(frozen=True)
class SuffixKnnConfig(CountConfig):
    """How alike two moments are, and what the earlier one tells."""

    length: int = 5
    """So many of the last tracks are compared."""
    decay: float = 0.5
    """A track that agrees counts so much of the one after it."""
    sharpness: float = 2.0
    """The power of the agreement: above 1, long matches decide."""
    reach: int = 5
    """So many plays after a moment are evidence."""
    reach_decay: float = 0.4
    """Each of them counts so much of the one before it."""
    half_life_days: float = 365.0
    """A moment counts half as much for each half-life since."""


class SuffixKnnModel(CountModel):
    """Moments of the past, each as near as its last tracks agree with those of this session.

    A moment is a play at the place `q` of the past. With `x_i` the track `i` plays back in this
    session::

        agreement(q) = sum over i < length of decay^i [past(q - i) = x_i]
        evidence(y)  = sum over q of agreement(q)^sharpness 2^(-age(q) / half-life)
                       sum over d = 1 ... reach of reach_decay^(d - 1) [past(q + d) = y]

    Matches may have holes: a moment counts as soon as any of the last tracks stands where it
    should. The idea is prediction by partial matching (Cleary and Witten, IEEE Trans. Comm. 1984)
    with the blended neighbours of session kNN (Jannach and Ludewig, RecSys 2017).
    """

    name = "suffix_knn"
    config_class = SuffixKnnConfig
    _config: SuffixKnnConfig

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) what followed, summed over all moments."""
        config, past = self._config, self.past
        newest_first = query.tracks[::-1][: config.length]  # (length,)
        places, back = past.places_of_each(newest_first)
        moments = places + back  # where the session would stand now
        is_moment = moments < past.end_of[places] - 1  # something followed
        moments, back = moments[is_moment], back[is_moment]
        moments, which = np.unique(moments, return_inverse=True)  # (moments,)
        agreement = np.bincount(which, config.decay**back, minlength=len(moments))
        weights = agreement**config.sharpness
        weights *= past.recency(moments, query.started_at, config.half_life_days)
        steps = np.arange(1, config.reach + 1)
        followed = past.beside(moments, steps)  # (moments, reach)
        return past.total(followed, weights[:, None] * config.reach_decay ** (steps - 1))
