"""What is often played near this track."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.past import Floats
from songnet.vocabulary import PADDING


@dataclass(frozen=True)
class ItemKnnConfig(CountConfig):
    """What is near, and how little is trusted."""

    window: int = 10
    """Plays of one session are together when they are at most so many plays apart: listening
    sessions go on for hours, and their ends know nothing of each other."""
    regularisation: float = 20.0
    """Added to both counts, so that two tracks that met once do not pass for inseparable."""


class ItemKnnModel(CountModel):
    """The cosine of the last track and every other one, over the plays near them.

    `evidence(y) = c(x, y) / sqrt((n(x) + r) (n(y) + r))`, with `c` the number of times that the two
    were together and `n` the plays. Only the last track of the session asks. Hidasi et al.,
    'Session-based recommendations with recurrent neural networks' (ICLR 2016), baseline item-KNN.
    """

    name = "item_knn"
    config_class = ItemKnnConfig
    _config: ItemKnnConfig

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) similarities to the last track; 0 to itself."""
        last = int(query.tracks[-1]) if len(query.tracks) else PADDING
        steps = np.arange(1, self._config.window + 1)
        near = self.past.beside(self.past.places(last), np.concatenate([-steps[::-1], steps]))
        together = self.past.total(near, np.ones(1))  # (tracks + 1,)
        together[last] = 0
        # The root of n(x) + r is the same for all y.
        together /= np.sqrt(self.past.counts + self._config.regularisation)
        return together
