"""How well a model knows one person's next track: the protocol that 'better' is measured by.

One listener at a time. The first 80 % of the plays train, the next 10 % validate: everything is
chosen there. What is tested has then learned from both, for the number of epochs that was chosen;
the last 10 % test it. Its library are the tracks that it learned from; plays of other tracks are
counted and not scored. See docs/model.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from songnet import generation
from songnet.metrics import PLAYLIST_LENGTH, playlist_metrics, rank_next_tracks
from songnet.models import MODEL_NAMES
from songnet.models.base import NextTrackModel
from songnet.music import History
from songnet.recommender import MOST_PER_ARTIST
from songnet.sessions import check_enough, split_in_time
from songnet.training import TrainingConfig, TrainingProgress, train_model
from songnet.vocabulary import PADDING, EncodedSessions

SEEDS = 3
LEAST_SESSION = 8
"""A playlist is grown from the first `SEEDS` tracks of test sessions with at least so many."""
RESAMPLES = 10_000
NEXT_TRACK_METRICS = ("hr@1", "hr@10", "hr@20", "mrr@20")
PLAYLIST_METRICS = ("ndcg@20", "r_precision", "recall@20", "ndcg@20 capped")
"""The last one with at most `MOST_PER_ARTIST` tracks of an artist, as playlists are made."""


@dataclass(frozen=True)
class Result:
    """What one model reached with one listener."""

    listener: str
    model: str
    plays: int
    """Plays that count, in the whole history."""
    tracks: int
    """In the library."""
    events: int
    """Next tracks that were scored."""
    outside: int
    """Next tracks that the library does not hold."""
    playlists: int
    """Playlists that were scored."""
    epochs: int
    fit_seconds: float
    metrics: dict[str, float]
    """By the names of `NEXT_TRACK_METRICS` and `PLAYLIST_METRICS`; without the latter where no
    session is long enough."""


@dataclass(frozen=True)
class Mean:
    """A mean over listeners."""

    mean: float
    low: float | None = None
    high: float | None = None
    """The 95 % bootstrap interval over listeners; None for fewer than two."""


@dataclass(frozen=True)
class Evaluation:
    """All results, and their means by model and metric."""

    results: tuple[Result, ...]
    means: dict[str, dict[str, Mean]] = field(default_factory=dict)


def evaluate(
    histories: Mapping[str, History],
    models: Sequence[str] = MODEL_NAMES,
    config: TrainingConfig | None = None,
    *,
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[str, str, TrainingProgress | None], None] | None = None,
) -> Evaluation:
    """Trains and tests every model on every listener's history.

    Args:
        histories: one per listener, by a name for the table.
        models: names of `songnet.models.MODEL_NAMES`.
        config: how to train; its `model` is not looked at.
        rng_seed: equal seeds give equal results (for equal numbers of threads).
        threads: how many threads compute; None for one, see `songnet.threads`.
        on_progress: hears the listener, the model and how far the training is; None at its end.

    Raises:
        TooFewPlays: a history is too short to learn from.
    """
    results = []
    for listener, history in histories.items():
        for model in models:

            def on_training(
                progress: TrainingProgress | None, listener: str = listener, model: str = model
            ) -> None:
                if on_progress is not None:
                    on_progress(listener, model, progress)

            result = evaluate_listener(
                history,
                replace(config or TrainingConfig(), model=model),
                listener=listener,
                rng_seed=rng_seed,
                threads=threads,
                on_progress=on_training,
            )
            on_training(None)
            results.append(result)
    return Evaluation(tuple(results), {model: _means(results, model) for model in models})


def evaluate_listener(
    history: History,
    config: TrainingConfig,
    *,
    listener: str = "",
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> Result:
    """Trains one model on the first 90 % of a history and tests it on the rest.

    Raises:
        TooFewPlays: the history is too short to learn from.
        TrainingFailed: the training did not give a usable model.
    """
    sessions = check_enough(history, config.sessions)
    split = split_in_time(sessions)
    trained = train_model(
        split.training,
        split.validation,
        config,
        rng_seed=rng_seed,
        threads=threads,
        on_progress=on_progress,
    )
    test = trained.model.vocabulary.encode(split.test)
    ranks = rank_next_tracks(trained.model, test)
    playlists = score_playlists(trained.model, test)
    return Result(
        listener=listener,
        model=trained.model.name,
        plays=len(sessions.plays),
        tracks=len(trained.model.vocabulary),
        events=len(ranks.ranks),
        outside=ranks.outside,
        playlists=len(playlists),
        epochs=trained.epochs,
        fit_seconds=round(trained.seconds, 2),
        metrics=ranks.metrics() | _mean_of_rows(playlists),
    )


def score_playlists(model: NextTrackModel, test: EncodedSessions) -> list[dict[str, float]]:
    """Grows a playlist from the first three tracks of each session of eight or more.

    The seeds themselves, and tracks outside the library, are not among what has to be found; a
    session without anything to find is passed over.

    Returns:
        The `PLAYLIST_METRICS` of each playlist.
    """
    artist_of = model.vocabulary.artist_of[1:]
    rows = []
    for number in range(len(test)):
        tracks = test.session(number).tracks
        seeds = tracks[:SEEDS]
        wanted = set(tracks[SEEDS:].tolist()) - set(seeds.tolist()) - {PADDING}
        if len(tracks) < LEAST_SESSION or not wanted:
            continue
        ranking = generation.rank(model.score_seeds(seeds))
        taken = [int(seed) - 1 for seed in seeds if seed != PADDING]
        columns = {track - 1 for track in wanted}
        plain = generation.choose(ranking, artist_of, length=PLAYLIST_LENGTH, excluded=taken)
        capped = generation.choose(
            ranking,
            artist_of,
            length=PLAYLIST_LENGTH,
            excluded=taken,
            most_per_artist=MOST_PER_ARTIST,
        )
        spaced = generation.space_artists(capped, artist_of)
        rows.append(
            playlist_metrics(plain, columns)
            | {"ndcg@20 capped": playlist_metrics(spaced, columns)["ndcg@20"]}
        )
    return rows


def bootstrap_mean(values: Sequence[float]) -> Mean:
    """The mean of values of single listeners with its 95 % percentile bootstrap interval."""
    numbers = np.asarray(values, dtype=float)
    if len(numbers) < 2:  # noqa: PLR2004 - one value has no spread
        return Mean(float(numbers.mean()))
    drawn = np.random.default_rng(0).choice(numbers, (RESAMPLES, len(numbers)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return Mean(float(numbers.mean()), float(low), float(high))


def _means(results: Sequence[Result], model: str) -> dict[str, Mean]:
    means: dict[str, Mean] = {}
    for metric in (*NEXT_TRACK_METRICS, *PLAYLIST_METRICS):
        values = [
            result.metrics[metric]
            for result in results
            if result.model == model and metric in result.metrics
        ]
        if values:
            means[metric] = bootstrap_mean(values)
    return means


def _mean_of_rows(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    if not rows:
        return {}
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain JSON values."""
    return {
        "listeners": [vars(result) for result in evaluation.results],
        "means": {
            model: {metric: vars(mean) for metric, mean in means.items()}
            for model, means in evaluation.means.items()
        },
    }
