"""What a blend is worth to the member who gets least of it: `python -m benchmarks.blend EXPORT...`.

Two people or more (`--people`), each with a model of the first four fifths of their plays. A blend
`L` is judged by the last fifth: the mean log-likelihood of a member's plays there under
`q(t) = .9 [t in L] / |L| + .1 / |U|`, with `U` the tracks of all. The member who gets least counts.
A second judge looks only at their sessions there in which a named song is heard: the share of the
other plays of those that the blend holds.

Compared on the same songs: taking turns between their playlists (what a blend has to beat), what
`/blend` takes, and what else it could.

The people: an export split into several who share some days; the exports themselves, each so many
of them; and invented listeners. `--earlier` takes plays before those, and other invented listeners:
there everything was chosen.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from songnet import generation
from songnet.blending import FEWEST_MEMBERS, Floats, Worth, choose
from songnet.demo import write_demo_export
from songnet.exports import read_history
from songnet.music import History
from songnet.recommender import Recommender
from songnet.resampling import Mean, bootstrap_mean
from songnet.training import WEIGHING, TrainingConfig

LENGTH = 20
BLENDS = 40
HELD_OUT = 0.2
MOST_PLAYS = 20_000
EARLIER_PLAYS, EARLIER_TIMES = 12_000, 2
"""So many plays before those are a person of their own, so many times."""
GAP_MINUTES = 30
LEAST_PLAYS = 10
"""With fewer in such sessions, a member is not asked by the second judge."""
TURNS, TAKEN = "turns", "least misery"


class Person:
    def __init__(self, plays: pd.DataFrame, model: str) -> None:
        cut = int(len(plays) * (1 - HELD_OUT))
        self.recommender = Recommender.train(
            History.from_plays(plays.iloc[:cut]), config=TrainingConfig(model=model)
        )
        self.later = plays.iloc[cut:]["track_id"].to_numpy()
        gaps = plays.iloc[cut:]["started_at"].diff() > pd.Timedelta(minutes=GAP_MINUTES)
        self.session = gaps.cumsum().to_numpy()
        self.library = set(self.recommender.library["track_id"])

    def beside(self, seeds: Sequence[str]) -> npt.NDArray[np.object_]:
        """The other plays of the later sessions in which one of some songs is heard."""
        named = np.isin(self.later, seeds)
        return self.later[np.isin(self.session, self.session[named]) & ~named]


def read(path: Path, *, earlier: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """The newest plays of an export, or those before them."""
    name, plays = path.name[:12], read_history(path)[0].frame
    if not earlier:
        yield name, plays.tail(MOST_PLAYS)
        return
    for number in range(1, EARLIER_TIMES + 1):
        left = plays.iloc[: len(plays) - MOST_PLAYS - (number - 1) * EARLIER_PLAYS]
        yield f"{name}, earlier {number}", left.tail(EARLIER_PLAYS).reset_index(drop=True)


def parts(
    plays: pd.DataFrame, people: int, shared: float, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Several people out of one: each day is one person's or everybody's."""
    days = plays["started_at"].dt.floor("D")
    drawn = pd.Series(rng.random(days.nunique()), index=days.unique()).reindex(days).to_numpy()
    own = (1 - shared) / people
    return [
        plays[((drawn >= number * own) & (drawn < (number + 1) * own)) | (drawn >= 1 - shared)]
        for number in range(people)
    ]


def turns(worth: Worth) -> list[int]:
    """A playlist by each model alone, one song of each in turn."""
    artists = np.unique(worth.artists, return_inverse=True)[1]
    lists = [
        iter(
            generation.choose(
                generation.rank(np.nan_to_num(row, nan=-1)), artists, length=LENGTH,
                most_per_artist=3,
            )
        )
        for row in worth.chances
    ]  # fmt: skip
    taken: dict[int, None] = {}
    while len(taken) < LENGTH:
        for one in lists:
            fresh = next((column for column in one if column not in taken), None)
            if fresh is not None and len(taken) < LENGTH:
                taken[fresh] = None
    return list(taken)


def nash_welfare(so_far: Floats, gains: Floats) -> int:
    """Who has little so far counts more (Kaneko and Nakamura, 1979)."""
    return int(np.argmax(np.log(0.05 + so_far[:, None] + gains).sum(axis=0)))


def z_normalised(worth: Worth) -> Worth:
    """What a track was worth to a member before: `max(0, z)` of the log-probabilities."""
    logs = np.log(worth.chances)
    z = (logs - np.nanmean(logs, axis=1, keepdims=True)) / np.nanstd(logs, axis=1, keepdims=True)
    return replace(worth, chances=np.maximum(z, 0))


def without_names(worth: Worth) -> Worth:
    """As if no song of any artist had been named: one cap for all of them."""
    return replace(worth, named_artists=frozenset())


Way = Callable[[Worth, Worth], list[int]]
"""The columns of a blend: from the worth of the songs alone, and from that with the habits."""
WAYS: dict[str, Way] = {
    TURNS: lambda alone, _: turns(alone),
    TAKEN: lambda _, both: choose(both, LENGTH),
    "three songs of any artist": lambda _, both: choose(without_names(both), LENGTH),
    "of the songs alone": lambda alone, _: choose(alone, LENGTH),
    "of z": lambda alone, _: choose(z_normalised(alone), LENGTH),
    "turns with habits": lambda _, both: turns(both),
    "nash welfare": lambda _, both: choose(both, LENGTH, rule=nash_welfare),
}


def judge(people: Sequence[Person], rng: np.random.Generator) -> dict[str, Floats]:
    """By way, (blends, 3) of the worst member each: log-likelihood, share, share with the songs."""
    tracks = len(set.union(*(person.library for person in people)))
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in WAYS}
    for number in range(BLENDS):
        library = people[number % len(people)].recommender.library
        weights = library["plays"].to_numpy(dtype=float)
        drawn = rng.choice(len(library), 3, replace=False, p=weights / weights.sum())
        seeds = library["track_id"].iloc[drawn].tolist()
        tastes = [person.recommender.taste(seeds) for person in people]
        alone, both = Worth.of(tastes, seeds, habit=0), Worth.of(tastes, seeds)
        beside = [plays for person in people if len(plays := person.beside(seeds)) >= LEAST_PLAYS]
        for name, way in WAYS.items():
            blend = [both.track_ids[column] for column in way(alone, both)]
            worst = min(float(np.isin(person.later, blend).mean()) for person in people)
            hit, miss = np.log(0.9 / len(blend) + 0.1 / tracks), np.log(0.1 / tracks)
            second = min((float(np.isin(plays, blend).mean()) for plays in beside), default=np.nan)
            found[name].append((worst * hit + (1 - worst) * miss, worst, second))
    return {name: np.array(values) for name, values in found.items()}


def groups(
    exports: Sequence[Path], model: str, people: int, *, earlier: bool
) -> Iterator[tuple[str, list[Person]]]:
    rng = np.random.default_rng(1)
    listeners = dict(each for path in exports for each in read(path, earlier=earlier))
    for name, plays in listeners.items():
        for shared in (0.5, 0.2, 0.0):
            frames = parts(plays, people, shared, rng)
            named = f"{name} in {people}, {shared:.0%} shared"
            yield named, [Person(each, model) for each in frames]
    for names in combinations(listeners, people):
        yield " + ".join(names), [Person(listeners[name], model) for name in names]
    with tempfile.TemporaryDirectory() as directory:
        frames = []
        first = 101 if earlier else 1
        for seed in range(first, first + people):
            path = Path(directory) / f"{seed}.zip"
            write_demo_export(path, plays=6000, rng_seed=seed)
            frames.append(read_history(path)[0].frame)
        yield f"{people} invented", [Person(each, model) for each in frames]


def told(mean: Mean) -> str:
    if mean.low is None:
        return f"{mean.mean:+.3f}"
    return f"{mean.mean:+.3f} ({mean.low:+.3f} ... {mean.high:+.3f})"


def row(name: str, common: int, found: dict[str, Floats]) -> str:
    """A group: both, by how much the one is better, and with which share of the blends."""
    cells = [
        f"{found[way][:, 0].mean():.3f} ({found[way][:, 1].mean():.2%})" for way in (TURNS, TAKEN)
    ]
    better = found[TAKEN][:, 0] - found[TURNS][:, 0]
    cells += [told(bootstrap_mean(better.tolist())), f"{(better > 0).mean():.0%}"]
    return f"| {name} | {common:,} | {' | '.join(cells)} |"


def summary(way: str, all_found: Sequence[dict[str, Floats]]) -> str:
    """A way against turns: over the groups, by the first judge and, in the share, by the second."""
    better = [float((found[way] - found[TURNS])[:, 0].mean()) for found in all_found]
    second = [float(np.nanmean((found[way] - found[TURNS])[:, 2])) for found in all_found]
    won = f"{sum(value > 0 for value in better)} of {len(better)}"
    shares = np.mean([np.nanmean(found[way][:, 2]) for found in all_found])
    interval = bootstrap_mean([100 * value for value in second])
    return f"| {way} | {told(bootstrap_mean(better))} | {won} | {shares:.1%}, {told(interval)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="*", type=Path)
    parser.add_argument("--model", default=WEIGHING)
    parser.add_argument("--people", type=int, nargs="+", default=[FEWEST_MEMBERS])
    parser.add_argument("--earlier", action="store_true")
    chosen = parser.parse_args()
    print(f"| people | shared tracks | {TURNS} | {TAKEN} | better by | blends that are |")
    print("|---|---|---|---|---|---|")
    by_people: dict[int, list[dict[str, Floats]]] = {}
    for count in chosen.people:
        for name, people in groups(chosen.exports, chosen.model, count, earlier=chosen.earlier):
            common = set.intersection(*(person.library for person in people))
            by_people.setdefault(count, []).append(judge(people, np.random.default_rng(2)))
            print(row(name, len(common), by_people[count][-1]), flush=True)
    for title, all_found in [
        *((f"{count} people", found) for count, found in by_people.items()),
        ("all", [each for found in by_people.values() for each in found]),
    ]:
        print(f"\n| {title} | better than turns by | groups | with the songs, in points |")
        print("|---|---|---|---|")
        print("\n".join(summary(way, all_found) for way in WAYS if way != TURNS), flush=True)


if __name__ == "__main__":
    main()
