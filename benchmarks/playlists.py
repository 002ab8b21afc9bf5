"""What makes a good playlist, and what it costs.

`python -m benchmarks.playlists EXPORT... --model mixture` compares ways to make playlists for the
listeners of exports, on their validation parts (`--part test` for the test parts; `--every 6` asks
more than the beginning of each session): one ranking of the library, predictions fed back (the
likeliest next track each time, or a beam search), and what the artist cap, the order, chance and
adventure cost.

`python -m benchmarks.playlists --speed` prints where the time of a playlist goes, for a mixture of
counts over an invented library of 20,000 tracks.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.playlist_speed import print_speed
from songnet.evaluation import PLAIN_PLAYLIST, playlist_tasks
from songnet.exports import read_history
from songnet.flow import Flow
from songnet.generation import space_artists
from songnet.metrics import PLAYLIST_LENGTH, playlist_metrics
from songnet.models import MODEL_NAMES
from songnet.models.base import NextTrackModel, Query, Scores
from songnet.models.past import Past
from songnet.models.start import SHIPPED
from songnet.music import History
from songnet.playlist_making import PlaylistMaker, PlaylistOptions
from songnet.resampling import Mean, bootstrap_groups
from songnet.seeds import STAND_INS
from songnet.sessions import check_enough, split_in_time
from songnet.training import TrainingConfig, train_model
from songnet.vocabulary import PADDING, Indexes

BEAM = 5
CHANCES = 5
RARE = 3
"""A track that was played at most so often is rarely heard."""
COLUMNS = ("ndcg@20", "recall@20", "rare", "artists", "step")
HEADINGS = ("NDCG@20", "recall@20", f"heard <= {RARE} times", "artists", "nats a step")


@dataclass(frozen=True)
class Bench:
    """One listener's model, and what it is asked."""

    model: NextTrackModel
    past: Past
    tasks: list[tuple[Indexes, set[int], Scores]]
    """Seeds, what is to be found, and the scores of the library."""

    @classmethod
    def of(
        cls, history: History, config: TrainingConfig, part: str, *, every: int | None, threads: int
    ) -> Bench:
        split = split_in_time(check_enough(history))
        judged = split.test
        if part == "validation":
            judged = split.validation
            split = split_in_time(split.training, training=7 / 8, validation=1 / 8)
        trained = train_model(split.training, split.validation, config, threads=threads).model
        learned_from = trained.vocabulary.encode(split.training.joined(split.validation))
        past = Past(learned_from, len(trained.vocabulary))
        asked = playlist_tasks(trained.vocabulary.encode(judged), every)
        tasks = [(seeds, wanted, trained.score_seeds(seeds)) for seeds, wanted in asked]
        return cls(trained, past, tasks)


Way = Callable[[Bench, Indexes, Scores, int], Sequence[int]]
"""Makes one playlist, from the seeds, the scores of the library and the number of the playlist."""


def ways() -> dict[str, Way]:
    """Every way that is compared; the first is what the others are compared with."""
    made = PlaylistOptions(length=PLAYLIST_LENGTH)
    options = {
        "one ranking": PLAIN_PLAYLIST,
        "cap 3": replace(PLAIN_PLAYLIST, most_per_artist=3),
        "cap 2": replace(PLAIN_PLAYLIST, most_per_artist=2),
        "cap 1": replace(PLAIN_PLAYLIST, most_per_artist=1),
        "in an order that flows": replace(PLAIN_PLAYLIST, flow=True),
        "cap 3, flows (as made)": made,
        **{
            f"adventure {adventure:g}": replace(PLAIN_PLAYLIST, adventure=adventure)
            for adventure in (0.0, 0.25, 0.75, 1.0)
        },
        "as made, adventure 0": replace(made, adventure=0.0),
        "as made, adventure 1": replace(made, adventure=1.0),
    }
    compared: dict[str, Way] = {name: partial(_arranged, each) for name, each in options.items()}
    compared["cap 3, artists apart"] = _apart
    compared["chance"] = _by_chance
    compared["third seed not named"] = partial(_without_last, False)
    compared["third seed by its artist"] = partial(_without_last, True)
    compared["fed back, likeliest first"] = partial(_beam, 1)
    compared[f"fed back, beam of {BEAM}"] = partial(_beam, BEAM)
    return compared


def _arranged(
    options: PlaylistOptions, bench: Bench, seeds: Indexes, scores: Scores, _number: int
) -> Sequence[int]:
    maker = PlaylistMaker(bench.model, bench.past)
    return maker.arrange(scores, seeds, options, seeds.tolist())


def _apart(bench: Bench, seeds: Indexes, scores: Scores, number: int) -> Sequence[int]:
    capped = _arranged(replace(PLAIN_PLAYLIST, most_per_artist=3), bench, seeds, scores, number)
    return space_artists(list(capped), bench.model.vocabulary.artist_of)


def _by_chance(bench: Bench, seeds: Indexes, scores: Scores, number: int) -> Sequence[int]:
    return _arranged(replace(PLAIN_PLAYLIST, rng_seed=number), bench, seeds, scores, number)


def _without_last(
    by_artist: bool, bench: Bench, seeds: Indexes, _scores: Scores, number: int
) -> Sequence[int]:
    """As if the last seed were not in the library: left out, or known by its artist alone."""
    named, artist_of = seeds[:-1], bench.model.vocabulary.artist_of
    if by_artist and seeds[-1] != PADDING:
        others = np.flatnonzero(artist_of == artist_of[seeds[-1]])
        others = others[others != seeds[-1]]
        best = np.argsort(-bench.model.vocabulary.plays[others], kind="stable")[:STAND_INS]
        named = np.concatenate([named, np.setdiff1d(others[best], named)])
    scores = bench.model.score_seeds(named)
    return _arranged(PLAIN_PLAYLIST, bench, seeds, scores, number)


def _beam(width: int, bench: Bench, seeds: Indexes, _scores: Scores, _number: int) -> Sequence[int]:
    """The likeliest sequence after the seeds that a beam finds, without repeats."""
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(PLAYLIST_LENGTH):
        longer: list[tuple[float, list[int]]] = []
        for total, tracks in beams:
            heard = np.concatenate([seeds, np.array(tracks, dtype=np.int64)])
            scores = bench.model.score_next(Query(heard)).astype(np.float64)
            scores[heard[heard != PADDING] - 1] = -np.inf
            scores -= np.logaddexp.reduce(scores)
            best = np.argpartition(-scores, width - 1)[:width]
            longer += [(total + float(scores[b]), [*tracks, int(b) + 1]) for b in best]
        beams = sorted(longer, key=lambda beam: -beam[0])[:width]
    return beams[0][1]


def measure(bench: Bench, way: Way) -> dict[str, np.ndarray]:
    """(playlists,) every measure of one way."""
    flow = Flow(bench.past, bench.model.vocabulary.artist_of)
    rows = []
    for number, (seeds, wanted, scores) in enumerate(bench.tasks):
        repeats = range(CHANCES) if way is _by_chance else range(1)
        made = [
            _measured(bench, flow, way(bench, seeds, scores, CHANCES * number + r), wanted)
            for r in repeats
        ]
        rows.append([float(np.mean([each[name] for each in made])) for name in COLUMNS])
    return dict(zip(COLUMNS, np.array(rows).T, strict=True))


def _measured(
    bench: Bench, flow: Flow, tracks: Sequence[int], wanted: set[int]
) -> dict[str, float]:
    chosen = np.array(tracks)
    steps = -np.log(flow.chances(chosen))
    numbers = np.arange(len(chosen))
    return playlist_metrics(tracks, wanted) | {
        "rare": float(np.mean(bench.model.vocabulary.plays[chosen] <= RARE)),
        "artists": float(len(set(bench.model.vocabulary.artist_of[chosen].tolist()))),
        "step": float(steps[numbers[:-1], numbers[1:]].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="*", type=Path, help="one per listener")
    parser.add_argument("--model", choices=MODEL_NAMES, default="mixture")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--start", default=SHIPPED, help="what the songnet model starts from")
    parser.add_argument("--every", type=int, help="also seeds from every so many plays on")
    parser.add_argument("--way", action="append", help="only these, and one ranking")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        print_speed()
    for path in options.exports:
        bench = Bench.of(
            read_history(path)[0],
            TrainingConfig(model=options.model, start=options.start),
            options.part,
            every=options.every,
            threads=options.threads,
        )
        print(
            f"\n{path.name}, {options.model}, {options.part} part, {len(bench.tasks)} playlists\n"
        )
        for line in table(bench, options.way or list(ways())):
            print(line, flush=True)


def table(bench: Bench, wanted: Sequence[str]) -> Iterator[str]:
    """Markdown, a line for each way that is wanted; the first way always is."""
    yield "| way | " + " | ".join(HEADINGS) + " | NDCG@20 against one ranking | recall@20 |"
    yield "|---" * (len(HEADINGS) + 3) + "|"
    plain: dict[str, np.ndarray] | None = None
    for name, way in ways().items():
        if plain is not None and name not in wanted:
            continue
        found = measure(bench, way)
        plain = plain or found
        cells = [f"{found[column].mean():.3f}" for column in COLUMNS]
        for column in COLUMNS[:2]:
            better_by = bootstrap_groups(found[column] - plain[column], np.arange(len(bench.tasks)))
            cells.append("" if found is plain else _interval(better_by))
        yield f"| {name} | " + " | ".join(cells) + " |"


def _interval(mean: Mean) -> str:
    if mean.low is None or mean.high is None:
        return f"{mean.mean:+.3f}"
    return f"{mean.mean:+.3f} ({mean.low:+.3f} to {mean.high:+.3f})"


if __name__ == "__main__":
    main()
