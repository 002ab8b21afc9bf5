"""All counts together, each trusted as far as it has earned it: what the LSTM has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
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
from songnet.models.cache import SessionCacheModel
from songnet.models.counts import CountModel
from songnet.models.item_knn import ItemKnnModel
from songnet.models.markov_backoff import MarkovBackoffModel
from songnet.models.past import Floats, Past
from songnet.models.recency import RecencyModel
from songnet.models.suffix_knn import SuffixKnnModel
from songnet.models.vstan import VstanModel
from songnet.vocabulary import PADDING, EncodedSessions, Indexes, Vocabulary

PARTS: dict[str, type[CountModel]] = {
    part.name: part
    for part in (
        MarkovBackoffModel,
        SuffixKnnModel,
        VstanModel,
        ItemKnnModel,
        RecencyModel,
        SessionCacheModel,
    )
}
"""What is mixed, by name."""


@dataclass(frozen=True)
class MixtureConfig:
    """What is mixed, and how the weights are found."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """How far each of `PARTS` is trusted; 0 for those that are not named. Empty: as the validation
    part says, and all alike where there is none."""
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of the configs of single parts that differ from their defaults."""
    rounds: int = 100
    """Of expectation and maximisation, at most."""
    tolerance: float = 1e-6
    """A round that gains less, in nats per event, is the last one."""
    most_events: int = 2000
    """The weights are found on so many next tracks of the validation part at most, spread evenly
    over it: six numbers need no more."""


class MixtureModel(NextTrackModel):
    """A linear mixture of models that count.

    `p(y) = sum over parts k of w_k p_k(y)` with weights that sum to 1 and make the next tracks of
    the validation part most likely, found by expectation and maximisation (Jelinek and Mercer,
    'Interpolated estimation of Markov source parameters from sparse data', 1980).
    """

    name = "mixture"
    reads_past = True

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of `MixtureConfig`.

        Raises:
            ValueError: the config names a part that there is not, or its weights have no sum.
        """
        super().__init__(vocabulary, config)
        self.config = MixtureConfig(**self.settings)
        unknown = {*self.config.weights, *self.config.parts} - PARTS.keys()
        if unknown:
            raise ValueError(f"no parts of the mixture: {sorted(unknown)}; there are {[*PARTS]}")
        self.parts = [part(vocabulary, self.config.parts.get(name)) for name, part in PARTS.items()]
        self.past = self.parts[0].past
        named = [self.config.weights.get(name, 0.0) for name in PARTS]
        self.weights = normalised(named if self.config.weights else [1.0] * len(PARTS))

    def fit(self, task: FitTask) -> FitReport:
        """Remembers the plays, and weighs the parts on the validation part if there is a choice.

        The weights are reported as what was chosen.
        """
        self.remember(Past(task.training, len(self.vocabulary)))
        can_choose = task.epochs is None and task.validation is not None
        if can_choose and task.validation is not None and not self.config.weights:

            def on_share(share: float) -> None:
                task.on_progress(FitProgress(epoch=1, epochs=1, done=share))

            of_parts = self.probabilities_of_targets(task.validation, on_share)
            if len(of_parts):
                self.weights = mixture_weights(of_parts, self.config.rounds, self.config.tolerance)
        task.on_progress(FitProgress(epoch=1, epochs=1, done=1.0))
        return FitReport(epochs=0, chosen={"weights": self.named_weights()})

    def remember(self, past: Past) -> None:
        """Lets all parts look into the same past."""
        self.past = past
        for part in self.parts:
            part.remember(past)

    def named_weights(self) -> dict[str, float]:
        """How far each part is trusted."""
        return dict(zip(PARTS, self.weights.tolist(), strict=True))

    def probabilities_of_targets(
        self, sessions: EncodedSessions, on_share: Callable[[float], None]
    ) -> Floats:
        """What each part thought of what really came next.

        Returns:
            (events, parts) for at most `most_events` known tracks after a session's first.
        """
        places = _spread(_places_of_targets(sessions), self.config.most_events)
        first_of = np.repeat(sessions.bounds[:-1], np.diff(sessions.bounds))  # (plays,)
        rows = np.empty((len(places), len(self.parts)))
        for row, place in enumerate(places.tolist()):
            started_at = float(sessions.started_at[place - 1])
            query = Query(sessions.tracks[first_of[place] : place], started_at)
            target = sessions.tracks[place]
            rows[row] = [part.probabilities(query)[target] for part in self.parts]
            on_share(row / len(places))
        return rows

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) log-probabilities."""
        mixed = np.zeros(len(self.vocabulary) + 1)  # (tracks + 1,)
        for weight, part in zip(self.weights, self.parts, strict=True):
            mixed += weight * part.probabilities(query)
        return np.log(mixed[1:]).astype(np.float32)

    def state(self) -> ModelState:
        """The weights, and the one past of all parts."""
        config = asdict(self.config) | {"weights": self.named_weights()}
        return ModelState(config=config, arrays=self.past.arrays())

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary, state.config)
        # As they are: their sum is 1 but for the last bit, which must not move.
        model.weights = np.array([state.config["weights"][name] for name in PARTS])
        model.remember(Past.from_arrays(state.arrays, len(vocabulary)))
        return model


def mixture_weights(of_parts: Floats, rounds: int = 100, tolerance: float = 1e-6) -> Floats:
    """The weights that make events most likely.

    Args:
        of_parts: (events, parts) the probability that each part gave to each event, above 0.
        rounds: at most.
        tolerance: a round that gains less, in nats per event, is the last one.

    Returns:
        (parts,) from 0 on, with the sum 1.
    """
    weights: Floats = np.full(of_parts.shape[1], 1 / of_parts.shape[1])
    before = -np.inf
    for _ in range(rounds):
        joint = of_parts * weights  # (events, parts)
        of_events = joint.sum(axis=1, keepdims=True)  # (events, 1)
        reached = float(np.log(of_events).mean())
        if reached - before < tolerance:
            break
        before = reached
        weights = normalised((joint / of_events).mean(axis=0))
    return weights


def normalised(weights: Sequence[float] | Floats) -> Floats:
    """Weights as shares of their sum.

    Raises:
        ValueError: one of them is below 0, or all are 0.
    """
    given: Floats = np.asarray(weights, dtype=np.float64)
    if given.min() < 0 or not given.sum() > 0:
        raise ValueError(f"expected weights from 0 on with a sum above 0, not {given.tolist()}")
    shares: Floats = given / given.sum()
    return shares


def _places_of_targets(sessions: EncodedSessions) -> Indexes:
    """(events,) the places of known tracks after a session's first."""
    is_target = sessions.tracks != PADDING
    is_target[sessions.bounds[:-1]] = False
    return np.flatnonzero(is_target)


def _spread(places: Indexes, most: int) -> Indexes:
    """At most so many of them, evenly spread."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).astype(np.int64)]
