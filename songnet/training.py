"""From a history to a model: choose on its latest part, then learn from all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from songnet.metrics import rank_next_tracks
from songnet.models import TORCHLESS_MODELS, model_class
from songnet.models.base import FitProgress, FitReport, FitTask, NextTrackModel
from songnet.sessions import SessionRules, Sessions
from songnet.vocabulary import Vocabulary

LEAST_EVENTS = 50
"""With fewer next tracks to judge by, chance would choose the number of epochs."""


class Phase(StrEnum):
    """The two halves of a training."""

    CHOOSING = "choosing"
    """Learning from all but the latest plays, to see on those when to stop."""
    FINAL = "final"
    """Learning from everything, as long as was chosen."""


@dataclass(frozen=True)
class TrainingProgress:
    """Where a running training stands."""

    phase: Phase
    epoch: int
    """Of this phase, from 1 on."""
    epochs: int
    """How many this phase has at most."""
    done: float
    """The share of the whole training that is done, in 0 ... 1; at least that."""
    seconds_left: float | None = None
    """An estimate for the whole training; None before there is anything to judge by."""
    loss: float | None = None
    """Mean training loss, in nats per play."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """HR@1, HR@10, HR@20 and MRR@20 on the latest plays, as of the latest epoch that was judged."""


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained, and how."""

    model: str = "lstm"
    """A name of `songnet.models.MODEL_NAMES`."""
    model_config: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's own config that differ from its defaults."""
    sessions: SessionRules = field(default_factory=SessionRules)
    validation: float = 0.1
    """The share of the plays, the latest, on which is chosen when to stop."""


@dataclass(frozen=True)
class Trained:
    """A model that has seen everything, and what it reached before it saw the latest plays."""

    model: NextTrackModel
    epochs: int
    metrics: dict[str, float]
    """On the validation part; empty where there was none."""
    seconds: float


def train_model(
    training: Sessions,
    validation: Sessions,
    config: TrainingConfig,
    *,
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> Trained:
    """Chooses on the validation part (how many epochs, which weights), then learns from both parts.

    Args:
        training: the earlier sessions.
        validation: the later ones; with too few to judge by, the model takes its default.
        config: what is trained.
        rng_seed: equal seeds give equal models (for equal numbers of threads).
        threads: how many threads compute; None for one, see `songnet.threads`.
        on_progress: called often; what it raises ends the training and goes through.

    Raises:
        TrainingFailed: the training did not give a usable model.
    """
    started = time.monotonic()
    clock = _Clock(on_progress)
    with _threads(config.model, threads):
        chosen, metrics = _choose(training, validation, config, rng_seed, clock)
        everything = training.joined(validation)
        vocabulary = Vocabulary.from_sessions(everything)
        settings = {**config.model_config, **(chosen.chosen if chosen else {})}
        model = model_class(config.model)(vocabulary, settings)
        report = model.fit(
            FitTask(
                training=vocabulary.encode(everything),
                epochs=chosen.epochs if chosen else None,
                rng_seed=rng_seed,
                on_progress=clock.listen(Phase.FINAL, metrics),
            )
        )
    return Trained(model, report.epochs, metrics, time.monotonic() - started)


def _choose(
    training: Sessions,
    validation: Sessions,
    config: TrainingConfig,
    rng_seed: int,
    clock: _Clock,
) -> tuple[FitReport | None, dict[str, float]]:
    """What was chosen, and what it reached; (None, {}) with too little to judge by."""
    vocabulary = Vocabulary.from_sessions(training)
    judged_on = vocabulary.encode(validation)
    if judged_on.known_transitions() < LEAST_EVENTS:
        return None, {}
    model = model_class(config.model)(vocabulary, config.model_config)
    report = model.fit(
        FitTask(
            training=vocabulary.encode(training),
            validation=judged_on,
            rng_seed=rng_seed,
            on_progress=clock.listen(Phase.CHOOSING, {}),
        )
    )
    return report, rank_next_tracks(model, judged_on).metrics()


class _Clock:
    """Turns the progress of two fits into that of one training, with the time that is left."""

    def __init__(self, on_progress: Callable[[TrainingProgress], None] | None) -> None:
        self._on_progress = on_progress
        self._has_chosen = False

    def listen(
        self, phase: Phase, known_metrics: Mapping[str, float]
    ) -> Callable[[FitProgress], None]:
        first: tuple[float, float] | None = None
        before = 0.5 if self._has_chosen else 0.0
        share = 0.5 if self._has_chosen or phase is Phase.CHOOSING else 1.0
        self._has_chosen = phase is Phase.CHOOSING

        def on_fit_progress(progress: FitProgress) -> None:
            if self._on_progress is None:
                return
            nonlocal first
            now = time.monotonic()
            # Counted from the first report on: what came before it (loading, the first batch, which
            # is slow) would multiply into hours.
            since, done = first = first or (now, progress.done)
            whole = None if progress.done < 1 else 0.0
            if progress.done > done:
                whole = (now - since) / (progress.done - done)
            left = None if whole is None else whole * (1 - progress.done)
            if phase is Phase.CHOOSING and whole is not None and left is not None:
                left += whole  # the second half learns for at most as long as the first
            self._on_progress(
                TrainingProgress(
                    phase=phase,
                    epoch=progress.epoch,
                    epochs=progress.epochs,
                    done=before + share * progress.done,
                    seconds_left=left,
                    loss=progress.loss,
                    metrics=progress.metrics or known_metrics,
                )
            )

        return on_fit_progress


def _threads(model: str, threads: int | None) -> AbstractContextManager[None]:
    if model in TORCHLESS_MODELS:
        return nullcontext()
    from songnet import threads as torch_threads

    return torch_threads.threads(threads or torch_threads.DEFAULT_THREADS)
