"""How well a model knows one person's next track: the protocol that 'better' is measured by.

One listener at a time. The first 80 % of the plays train, the next 10 % validate: everything is
chosen there. What is tested has then learned from both, for the number of epochs that was chosen;
the last 10 % test it. Its library are the tracks that it learned from; plays of other tracks are
counted and not scored. Models are compared event by event with the mixture. See docs/model.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from songnet.metrics import PLAYLIST_LENGTH, Ranks, playlist_metrics, rank_next_tracks
from songnet.models import DEFAULT_MODELS
from songnet.models.base import NextTrackModel, Query
from songnet.models.past import Past
from songnet.music import History
from songnet.playlist_making import PlaylistMaker, PlaylistOptions
from songnet.resampling import Mean, bootstrap_groups, bootstrap_mean
from songnet.sessions import check_enough, split_in_time
from songnet.training import TrainingConfig, TrainingProgress, train_model
from songnet.vocabulary import PADDING, EncodedSessions, Indexes

SEEDS = 3
LEAST_SESSION = 8
"""A playlist is grown from the first `SEEDS` tracks of test sessions with at least so many."""
PLAIN_PLAYLIST = PlaylistOptions(length=PLAYLIST_LENGTH, most_per_artist=None, flow=False)
"""The ranking as it is."""
REFERENCE = "mixture"
"""The model that all others are compared with, where it is among them."""
QUERIES_TIMED = 100
NEXT_TRACK_METRICS = ("hr@1", "hr@10", "hr@20", "mrr@20")
PLAYLIST_METRICS = ("ndcg@20", "r_precision", "recall@20", "ndcg@20 capped")
"""The last one as playlists are made: few tracks of an artist, in an order that flows."""


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
    """Of both fits: the one that chooses, with its test on the validation part, and the final."""
    query_ms: float
    """The median time of one question for the next track."""
    metrics: dict[str, float]
    """By the names of `NEXT_TRACK_METRICS` and `PLAYLIST_METRICS`; without the latter where no
    session is long enough."""
    intervals: dict[str, Mean] = field(default_factory=dict)
    """The same with their bootstrap intervals over the listener's sessions."""
    differences: dict[str, Mean] = field(default_factory=dict)
    """By how much it is better than `REFERENCE` on the same events, with intervals over sessions;
    empty for the reference itself, and where it was not tested."""


@dataclass(frozen=True)
class Judging:
    """How much of a test is done."""

    done: float
    """In 0 ... 1."""


Heard = Callable[[str, str, TrainingProgress | Judging | None], None]
"""Hears the listener, the model, and how far it is; None at its end."""


@dataclass(frozen=True)
class _Values:
    """What each event added to a metric."""

    values: npt.NDArray[np.float64]
    """(events,)"""
    session_of: npt.NDArray[np.int64]
    """(events,)"""

    def mean(self) -> Mean:
        return bootstrap_groups(self.values, self.session_of)

    def less(self, other: _Values) -> Mean:
        return bootstrap_groups(self.values - other.values, self.session_of)


@dataclass(frozen=True)
class Evaluation:
    """All results, and their means over listeners by model and metric."""

    results: tuple[Result, ...]
    means: dict[str, dict[str, Mean]] = field(default_factory=dict)
    differences: dict[str, dict[str, Mean]] = field(default_factory=dict)
    """Means of the differences to `REFERENCE`, of every other model."""


def evaluate(
    histories: Mapping[str, History],
    models: Sequence[str] = DEFAULT_MODELS,
    config: TrainingConfig | None = None,
    *,
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Heard | None = None,
) -> Evaluation:
    """Trains and tests every model on every listener's history.

    Args:
        histories: one per listener, by a name for the table.
        models: names of `songnet.models.MODEL_NAMES`.
        config: how to train; its `model` is not looked at.
        rng_seed: equal seeds give equal results (for equal numbers of threads).
        threads: how many threads compute; None for one, see `songnet.threads`.
        on_progress: called often; what it raises ends the evaluation and goes through.

    Raises:
        TooFewPlays: a history is too short to learn from.
    """
    results = []
    for listener, history in histories.items():
        tested: dict[str, tuple[Result, dict[str, _Values]]] = {}
        for model in models:

            def hear(
                progress: TrainingProgress | Judging | None,
                listener: str = listener,
                model: str = model,
            ) -> None:
                if on_progress is not None:
                    on_progress(listener, model, progress)

            of_model = replace(config or TrainingConfig(), model=model)
            tested[model] = _test(
                history,
                of_model,
                listener=listener,
                rng_seed=rng_seed,
                threads=threads,
                hear=hear,
            )
            hear(None)
        results += _compared(tested)
    differences = {
        model: _means([_plain(r.differences) for r in results if r.model == model])
        for model in models
    }
    return Evaluation(
        tuple(results),
        {model: _means([r.metrics for r in results if r.model == model]) for model in models},
        {model: means for model, means in differences.items() if means},
    )


def _compared(tested: Mapping[str, tuple[Result, dict[str, _Values]]]) -> list[Result]:
    """The results of one listener with their differences to the reference, if it is there."""
    if REFERENCE not in tested:
        return [result for result, _ in tested.values()]
    _, reference = tested[REFERENCE]
    compared = []
    for model, (result, values) in tested.items():
        if model != REFERENCE:
            better_by = {name: each.less(reference[name]) for name, each in values.items()}
            result = replace(result, differences=better_by)  # noqa: PLW2901 - the same, completed
        compared.append(result)
    return compared


def _plain(means: Mapping[str, Mean]) -> dict[str, float]:
    return {name: mean.mean for name, mean in means.items()}


def evaluate_listener(
    history: History,
    config: TrainingConfig,
    *,
    listener: str = "",
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[TrainingProgress | Judging], None] | None = None,
) -> Result:
    """Trains one model on the first 90 % of a history and tests it on the rest.

    Raises:
        TooFewPlays: the history is too short to learn from.
        TrainingFailed: the training did not give a usable model.
    """
    result, _ = _test(
        history,
        config,
        listener=listener,
        rng_seed=rng_seed,
        threads=threads,
        hear=on_progress or _unheard,
    )
    return result


def _unheard(_progress: TrainingProgress | Judging) -> None:
    """Listens to no progress."""


def _test(
    history: History,
    config: TrainingConfig,
    *,
    listener: str,
    rng_seed: int,
    threads: int | None,
    hear: Callable[[TrainingProgress | Judging], None],
) -> tuple[Result, dict[str, _Values]]:
    """The result of one model with one listener, and the values behind its metrics."""
    sessions = check_enough(history, config.sessions)
    split = split_in_time(sessions)
    trained = train_model(
        split.training,
        split.validation,
        config,
        rng_seed=rng_seed,
        threads=threads,
        on_progress=hear,
    )
    test = trained.model.vocabulary.encode(split.test)
    ranks = rank_next_tracks(trained.model, test, lambda share: hear(Judging(share)))
    learned_from = trained.model.vocabulary.encode(split.training.joined(split.validation))
    past = Past(learned_from, len(trained.model.vocabulary))
    playlists = score_playlists(trained.model, past, test)
    values = _values(ranks, playlists)
    intervals = {name: each.mean() for name, each in values.items()}
    result = Result(
        listener=listener,
        model=trained.model.name,
        plays=len(sessions.plays),
        tracks=len(trained.model.vocabulary),
        events=len(ranks.ranks),
        outside=ranks.outside,
        playlists=len(playlists),
        epochs=trained.epochs,
        fit_seconds=round(trained.seconds, 2),
        query_ms=round(_query_ms(trained.model, test), 3),
        metrics={name: interval.mean for name, interval in intervals.items()},
        intervals=intervals,
    )
    return result, values


def _values(ranks: Ranks, playlists: Sequence[Mapping[str, float]]) -> dict[str, _Values]:
    values = {}
    if len(ranks.ranks):
        values = {name: _Values(each, ranks.session_of) for name, each in ranks.values().items()}
    for name in PLAYLIST_METRICS if playlists else ():
        # Each playlist is a session of its own.
        values[name] = _Values(
            np.array([row[name] for row in playlists]), np.arange(len(playlists))
        )
    return values


def _query_ms(model: NextTrackModel, test: EncodedSessions) -> float:
    """The median time of `score_next` over prefixes spread evenly over the test part."""
    places = np.linspace(0, len(test.tracks) - 1, min(QUERIES_TIMED, len(test.tracks)))
    seconds = []
    for place in places.astype(int).tolist():
        number = int(np.searchsorted(test.bounds, place, side="right")) - 1
        prefix = test.tracks[int(test.bounds[number]) : place + 1]
        started = time.perf_counter()
        model.score_next(Query(prefix, float(test.started_at[place])))
        seconds.append(time.perf_counter() - started)
    return 1000 * float(np.median(seconds)) if seconds else 0.0


def score_playlists(
    model: NextTrackModel, past: Past, test: EncodedSessions
) -> list[dict[str, float]]:
    """Grows a playlist from the first three tracks of each session of eight or more.

    Returns:
        The `PLAYLIST_METRICS` of each playlist.
    """
    maker = PlaylistMaker(model, past)
    rows = []
    for seeds, wanted in playlist_tasks(test):
        scores = model.score_seeds(seeds)
        plain = maker.arrange(scores, seeds, PLAIN_PLAYLIST, seeds.tolist())
        made = maker.arrange(scores, seeds, PlaylistOptions(length=PLAYLIST_LENGTH), seeds.tolist())
        rows.append(
            playlist_metrics(plain, wanted)
            | {"ndcg@20 capped": playlist_metrics(made, wanted)["ndcg@20"]}
        )
    return rows


def playlist_tasks(
    test: EncodedSessions, every: int | None = None
) -> Iterator[tuple[Indexes, set[int]]]:
    """The seeds of each playlist, and the tracks that have to be found.

    The seeds themselves, and tracks outside the library, are not among what has to be found; where
    there is nothing to find, nothing is asked.

    Args:
        test: sessions in the vocabulary of a model.
        every: None takes the beginning of each session; else each session is also asked from every
            `every`-th play on, as if it began there. That is less like the use, and more to count.
    """
    for number in range(len(test)):
        tracks = test.session(number).tracks
        last = len(tracks) - LEAST_SESSION
        for first in range(0, last + 1, every or max(1, len(tracks))):
            seeds = tracks[first : first + SEEDS]
            wanted = set(tracks[first + SEEDS :].tolist()) - set(seeds.tolist()) - {PADDING}
            if wanted:
                yield seeds, wanted


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, Mean]:
    """By metric, over the listeners that have it."""
    of_metric = {
        name: [row[name] for row in rows if name in row]
        for name in (*NEXT_TRACK_METRICS, *PLAYLIST_METRICS)
    }
    return {name: bootstrap_mean(values) for name, values in of_metric.items() if values}


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain JSON values."""
    return {
        "listeners": [asdict(result) for result in evaluation.results],
        "means": asdict(evaluation)["means"],
        "differences": asdict(evaluation)["differences"],
    }
