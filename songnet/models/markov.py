"""What came after this track before comes after it again."""

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
from songnet.transitions import Transitions
from songnet.vocabulary import PADDING, Vocabulary


class MarkovModel(NextTrackModel):
    """A first-order Markov chain, smoothed with popularity.

    `p(next | last) = (n(last, next) + k p(next)) / (n(last) + k)`, a Dirichlet prior of the weight
    `k` (MacKay and Peto, 1995), with `p(next)` the share of plays. A small `k` lets popularity
    decide only between tracks that followed equally often, or after a track that nothing followed.
    """

    name = "markov"
    prior_weight = 0.1

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; it has nothing to configure."""
        super().__init__(vocabulary, config)
        self._popularity = np.full(len(vocabulary), 1 / max(1, len(vocabulary)), np.float32)
        self._transitions: Transitions | None = None

    def fit(self, task: FitTask) -> FitReport:
        """Counts plays and pairs; nothing is chosen and nothing is random."""
        counts = np.bincount(task.training.tracks, minlength=len(self.vocabulary) + 1)[1:] + 1
        self._popularity = (counts / counts.sum()).astype(np.float32)
        self._transitions = Transitions.count(task.training, len(self.vocabulary))
        task.on_progress(FitProgress(epoch=1, epochs=1, done=1.0))
        return FitReport(epochs=0)

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) log-probabilities after the last track of the prefix."""
        mass = self.prior_weight * self._popularity  # (tracks,)
        followed = 0
        if self._transitions is not None and len(query.tracks) and query.tracks[-1] != PADDING:
            following, counts = self._transitions.after(int(query.tracks[-1]))
            mass[following - 1] += counts
            followed = int(counts.sum())
        scores: Scores = np.log(mass / np.float32(followed + self.prior_weight))
        return scores

    def state(self) -> ModelState:
        """The shares of plays and the counts of pairs."""
        if self._transitions is None:
            raise ValueError("the model is not fitted")
        return ModelState(
            config={}, arrays={"popularity": self._popularity, **self._transitions.arrays()}
        )

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary)
        model._transitions = Transitions.from_arrays(state.arrays, len(vocabulary))
        popularity = state.arrays["popularity"]
        if popularity.shape != model._popularity.shape:
            raise ValueError(f"{popularity.shape} shares for {len(vocabulary)} tracks")
        model._popularity = popularity
        return model
