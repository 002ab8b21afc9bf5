"""From a history to a model: choose on its latest part, then learn from all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from songnet.metrics import rank_next_tracks
from songnet.models import TORCHLESS_MODELS, model_class
from songnet.models.base import FitProgress, FitReport, FitTask, NextTrackModel
from songnet.sessions import SessionRules, Sessions, split_in_time
from songnet.vocabulary import Vocabulary

WEIGHING = "songnet"
"""The model that weighs the evidence, and has something to start from."""
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

    model: str = WEIGHING
    """A name of `songnet.models.MODEL_NAMES`."""
    start: str = "shipped"
    """What the songnet model starts from: 'shipped' for the weights that come with it, 'nothing',
    or the path of a file that `songnet pretrain` wrote."""
    least_plays: int = 60
    """With fewer plays the counts of `few_plays_model` are taken instead of the songnet model,
    which would have too little to learn from what to trust."""
    few_plays_model: str = "mixture"
    model_config: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's own config that differ from its defaults."""
    sessions: SessionRules = field(default_factory=SessionRules)
    validation: float = 0.1
    """The share of the plays, the latest, on which is judged what the earlier ones have taught, and
    chosen when to stop."""
    compared_with: Sequence[str] = ()
    """Other models that are judged on the same plays."""


@dataclass(frozen=True)
class Trained:
    """A model that has seen everything, and what it reached before it saw the latest plays."""

    model: NextTrackModel
    epochs: int
    metrics: dict[str, float]
    """On the validation part; empty where there was none."""
    compared: dict[str, dict[str, float]]
    """What the models that it was compared with reached there."""
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
    clock = _Clock(on_progress, model_class(config.model).share_of_choosing)
    with _threads(config.model, threads):
        chosen = _choose(training, validation, config, rng_seed, clock)
        compared = _compare(training, validation, config) if chosen.model else {}
        everything = training.joined(validation)
        vocabulary = Vocabulary.from_sessions(everything)
        settings = {**_settings(config), **(chosen.report.chosen if chosen.report else {})}
        model = model_class(config.model)(vocabulary, settings)
        report = model.fit(
            FitTask(
                training=vocabulary.encode(everything),
                epochs=chosen.report.epochs if chosen.report else None,
                start=chosen.model,
                rng_seed=rng_seed,
                on_progress=clock.listen(Phase.FINAL, chosen.metrics),
            )
        )
    epochs = chosen.report.epochs if chosen.report else report.epochs
    return Trained(model, epochs, chosen.metrics, compared, time.monotonic() - started)


def update_model(
    start: NextTrackModel,
    everything: Sessions,
    new: Sessions,
    config: TrainingConfig,
    *,
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> Trained:
    """Lets a model go on with what was played since; it is judged on that before it learns from it.

    Args:
        start: learned from the earlier plays; it is not changed.
        everything: all sessions; they begin with those that it learned from.
        new: those of them of which it knows no play: on them it is judged.
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
        judged_on = start.vocabulary.encode(new)
        enough = judged_on.known_transitions() >= LEAST_EVENTS
        metrics = rank_next_tracks(start, judged_on).metrics() if enough else {}
        vocabulary = Vocabulary.from_sessions(everything)
        model = model_class(config.model)(vocabulary, start.state().config)
        report = model.fit(
            FitTask(
                training=vocabulary.encode(everything),
                start=start,
                rng_seed=rng_seed,
                on_progress=clock.listen(Phase.FINAL, metrics),
            )
        )
    return Trained(model, report.epochs, metrics, {}, time.monotonic() - started)


def _settings(config: TrainingConfig) -> dict[str, Any]:
    start = {"start": config.start} if config.model == WEIGHING else {}
    return {**start, **config.model_config}


def with_enough(sessions: Sessions, config: TrainingConfig) -> TrainingConfig:
    """The config as it is, or for counts where there are too few plays for the songnet model."""
    if config.model != WEIGHING or len(sessions.plays) >= config.least_plays:
        return config
    return replace(config, model=config.few_plays_model, model_config={})


class _Chosen(NamedTuple):
    """What the earlier plays taught, and how that did on the later ones."""

    report: FitReport | None = None
    model: NextTrackModel | None = None
    metrics: dict[str, float] = {}  # noqa: RUF012 - nobody writes to it


def _choose(
    training: Sessions,
    validation: Sessions,
    config: TrainingConfig,
    rng_seed: int,
    clock: _Clock,
) -> _Chosen:
    """What was chosen; nothing with too little to judge by."""
    vocabulary = Vocabulary.from_sessions(training)
    judged_on = vocabulary.encode(validation)
    if judged_on.known_transitions() < LEAST_EVENTS:
        return _Chosen()
    model = model_class(config.model)(vocabulary, _settings(config))
    report = model.fit(
        FitTask(
            training=vocabulary.encode(training),
            validation=judged_on,
            rng_seed=rng_seed,
            on_progress=clock.listen(Phase.CHOOSING, {}),
        )
    )
    return _Chosen(report, model, rank_next_tracks(model, judged_on).metrics())


def _compare(
    training: Sessions, validation: Sessions, config: TrainingConfig
) -> dict[str, dict[str, float]]:
    """What other models reach on the validation part.

    One that weighs its parts finds the weights on the latest tenth of the training part: what it is
    judged on stays unseen.
    """
    vocabulary = Vocabulary.from_sessions(training)
    judged_on, learned = vocabulary.encode(validation), vocabulary.encode(training)
    compared = {}
    for name in config.compared_with:
        split = split_in_time(training, training=0.9, validation=0.1)
        earlier = Vocabulary.from_sessions(split.training)
        choosing = model_class(name)(earlier, {})
        report = choosing.fit(
            FitTask(earlier.encode(split.training), earlier.encode(split.validation))
        )
        model = model_class(name)(vocabulary, report.chosen)
        model.fit(FitTask(learned, epochs=report.epochs))
        compared[name] = rank_next_tracks(model, judged_on).metrics()
    return compared


class _Clock:
    """Turns the progress of two fits into that of one training, with the time that is left."""

    def __init__(
        self,
        on_progress: Callable[[TrainingProgress], None] | None,
        share_of_choosing: float = NextTrackModel.share_of_choosing,
    ) -> None:
        self._on_progress = on_progress
        self._share_of_choosing = share_of_choosing
        self._has_chosen = False

    def listen(
        self, phase: Phase, known_metrics: Mapping[str, float]
    ) -> Callable[[FitProgress], None]:
        first: tuple[float, float] | None = None
        choosing = self._share_of_choosing
        before = choosing if self._has_chosen else 0.0
        share = choosing if phase is Phase.CHOOSING else 1.0 - before
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
                left += whole * (1 - choosing) / choosing
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
