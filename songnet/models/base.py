"""The contract that every model keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from songnet.evidence.definition import FIRST_VERSION
from songnet.vocabulary import EncodedSession, EncodedSessions, Indexes, Vocabulary

Scores = npt.NDArray[np.float32]
MOST_ROTATIONS = 20
"""Of so many rotations of its seeds a playlist is asked, so that it takes no longer with more."""


@dataclass(frozen=True)
class FitProgress:
    """Where a running fit stands."""

    epoch: int
    """From 1 on."""
    epochs: int
    """How many there will be at most."""
    done: float
    """The share of all epochs that is done, in 0 ... 1."""
    loss: float | None = None
    """Mean training loss of the epoch so far, in nats per play."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the latest finished epoch reached on the validation part."""


@dataclass(frozen=True)
class FitReport:
    """What a finished fit chose and reached."""

    epochs: int
    """How often the training part was seen by the model that was kept; 0 where one look is all."""
    loss: float | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's config that were chosen on the validation part, beside the epochs. The
    model that learns from everything is made with them."""


@dataclass(frozen=True)
class ModelState:
    """All that a model needs to be rebuilt, beside its vocabulary."""

    config: dict[str, Any]
    """Plain JSON values."""
    arrays: dict[str, npt.NDArray[Any]]


def unheard(_progress: FitProgress) -> None:
    """Listens to no progress."""


@dataclass(frozen=True)
class FitTask:
    """What to learn from, and how."""

    training: EncodedSessions
    """What is learned from."""
    validation: EncodedSessions | None = None
    """Later sessions, on which a model may choose when to stop; it never learns from them."""
    epochs: int | None = None
    """How many to run exactly, as an earlier fit has chosen. None: the model chooses on the
    validation part, or takes its default where there is none."""
    start: NextTrackModel | None = None
    """An earlier model of the same person, with a history that this one begins with: what it has
    learned need not be learned again. A model may make use of it or not."""
    rng_seed: int = 0
    """Equal seeds give equal models (for equal numbers of threads)."""
    on_progress: Callable[[FitProgress], None] = unheard
    """Called often; what it raises ends the fit and goes through."""


@dataclass(frozen=True)
class Query:
    """What a session held so far."""

    tracks: Indexes
    """(time,) oldest first; may be empty, 0 stands for a track outside the vocabulary."""
    started_at: float | None = None
    """When the last of them began, seconds since 1970 UTC."""


def rotations_of(seeds: Indexes) -> list[Indexes]:
    """The seeds as they were named, then from other ones on, each of which is asked.

    Each seed comes first once; of more than `MOST_ROTATIONS`, so many that are evenly spread.
    """
    count = max(1, min(len(seeds), MOST_ROTATIONS))
    return [np.roll(seeds, number * len(seeds) // count) for number in range(count)]


class NextTrackModel(ABC):
    """Predicts what one person plays next.

    Scores are log-probabilities up to a constant: their order and their differences mean something.
    A fitted model is only read, so that many threads may ask it at once.
    """

    name: ClassVar[str]
    reads_past: ClassVar[bool] = False
    """Whether its state holds the arrays of the `Past` that it was fitted on."""
    evidence_version: ClassVar[int] = FIRST_VERSION
    """What its weights were learned from; those of another version are not believed."""
    share_of_choosing: ClassVar[float] = 0.5
    """What the fit that chooses is taken for, of the work of both fits of a training."""

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model over a vocabulary; `config` holds what differs from the defaults."""
        self.vocabulary = vocabulary
        self.settings = dict(config or {})

    @abstractmethod
    def fit(self, task: FitTask) -> FitReport:
        """Learns from sessions.

        Raises:
            TrainingFailed: the training did not give a usable model.
        """

    @abstractmethod
    def score_next(self, query: Query, /) -> Scores:
        """Scores every track as the next one.

        Returns:
            (tracks,) scores; position `i` is the track with the index `i + 1`.
        """

    def score_positions(self, session: EncodedSession, /, first: int = 0) -> Scores:
        """Scores what follows each play of a session; the same as asking `score_next` each time.

        Args:
            session: its plays.
            first: the plays before this one are known, and what follows them is not asked.

        Returns:
            (time - first, tracks): each row knows the plays up to its own, and nothing of what
            comes after.
        """
        return np.stack(
            [
                self.score_next(Query(session.tracks[: last + 1], float(session.started_at[last])))
                for last in range(first, len(session.tracks))
            ]
        )

    def score_seeds(self, seeds: Indexes) -> Scores:
        """Scores every track as one that goes with some songs, named in no particular order.

        The mean over the rotations of the seeds, so that each of them is the last one once: people
        name the songs of a playlist in any order. Measured in docs/model.md.

        Args:
            seeds: (seeds,) indexes, 0 for a track outside the vocabulary.

        Returns:
            (tracks,) scores.
        """
        scores = [self.score_next(Query(rotation)) for rotation in rotations_of(seeds)]
        mean: Scores = np.mean(scores, axis=0, dtype=np.float32)
        return mean

    @abstractmethod
    def state(self) -> ModelState:
        """What `from_state` needs."""

    @classmethod
    @abstractmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model, which scores exactly as the one that was saved.

        Raises:
            KeyError, ValueError: the state does not belong to this model or this vocabulary.
        """
