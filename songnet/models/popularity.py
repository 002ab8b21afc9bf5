"""What is played most is played next: the least that any other model has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

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
from songnet.vocabulary import Vocabulary


class PopularityModel(NextTrackModel):
    """The logarithm of the play counts, whatever came before."""

    name = "popularity"

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; it has nothing to configure."""
        super().__init__(vocabulary, config)
        self._scores = np.zeros(len(vocabulary), np.float32)

    def fit(self, task: FitTask) -> FitReport:
        """Counts the plays; nothing is chosen and nothing is random."""
        counts = np.bincount(task.training.tracks, minlength=len(self.vocabulary) + 1)[1:]
        self._scores = np.log1p(counts).astype(np.float32)
        task.on_progress(FitProgress(epoch=1, epochs=1, done=1.0))
        return FitReport(epochs=0)

    def score_next(self, _query: Query, /) -> Scores:
        """(tracks,) the same scores after every prefix."""
        return self._scores.copy()

    def state(self) -> ModelState:
        """The scores."""
        return ModelState(config={}, arrays={"scores": self._scores})

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary)
        scores = state.arrays["scores"]
        if scores.shape != model._scores.shape:
            raise ValueError(f"{scores.shape} scores for {len(vocabulary)} tracks")
        model._scores = scores
        return model
