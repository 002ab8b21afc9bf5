"""What all models that only count have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np

from songnet.models.base import (
    FitProgress,
    FitReport,
    FitTask,
    ModelState,
    NextTrackModel,
    Query,
    Scores,
)
from songnet.models.past import Floats, Past
from songnet.vocabulary import EncodedSessions, Vocabulary


@dataclass(frozen=True)
class CountConfig:
    """What every model that counts can be told."""

    popularity_share: float = 0.01
    """So much of every prediction is popularity: it orders the tracks that nothing speaks for, and
    leaves none without a probability."""


class CountModel(NextTrackModel):
    """A model that looks its predictions up in the past, each time that it is asked.

    `p(y) = (1 - s) evidence(y) / sum of evidence + s popularity(y)`, with `s` the
    `popularity_share`; popularity alone where there is no evidence.
    """

    config_class: ClassVar[type[CountConfig]] = CountConfig
    reads_past = True

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of the model's config class."""
        super().__init__(vocabulary, config)
        self._config = self.config_class(**self.settings)
        self.past = Past(_nothing_played(), len(vocabulary))

    def fit(self, task: FitTask) -> FitReport:
        """Remembers the plays; nothing is chosen and nothing is random."""
        self.remember(Past(task.training, len(self.vocabulary)))
        task.on_progress(FitProgress(epoch=1, epochs=1, done=1.0))
        return FitReport(epochs=0)

    def remember(self, past: Past) -> None:
        """Takes a past that may be shared with other models."""
        self.past = past

    @abstractmethod
    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) how much speaks for each track as the next one, on any scale, from 0 on."""

    def probabilities(self, query: Query, /) -> Floats:
        """(tracks + 1,) the probability of each track as the next one; 0 for the padding."""
        evidence = self.evidence(query)
        total = evidence.sum()
        if total <= 0:
            return self.past.popularity
        share = self._config.popularity_share
        mixed: Floats = ((1 - share) / total) * evidence + share * self.past.popularity
        return mixed

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) log-probabilities."""
        return np.log(self.probabilities(query)[1:]).astype(np.float32)

    def state(self) -> ModelState:
        """The plays."""
        return ModelState(config=asdict(self._config), arrays=self.past.arrays())

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary, state.config)
        model.remember(Past.from_arrays(state.arrays, len(vocabulary)))
        return model


def _nothing_played() -> EncodedSessions:
    return EncodedSessions(np.zeros(0, np.int64), np.zeros(0), np.zeros(1, np.int64))
