"""What a blend is worth to the member who gets least of it: `python -m benchmarks.blend EXPORT...`.

Two people or more (`--people`), each with a model of the first four fifths of their plays. A blend
`L` is judged by the last fifth: the mean log-likelihood of a member's plays there under
`q(t) = .9 [t in L] / |L| + .1 / |U|`, with `U` the tracks of all. The member who gets least counts.
Compared on the same songs: taking turns between their playlists (what a blend has to beat), the
least misery, the Nash welfare.

The people: an export split into several who share some days; invented listeners; and the exports
themselves, each so many of them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from songnet import generation
from songnet.blending import FEWEST_MEMBERS, Rule, Worth, choose, least_misery, nash_welfare
from songnet.demo import write_demo_export
from songnet.exports import read_history
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig

LENGTH = 20
BLENDS = 40
HELD_OUT = 0.2
MOST_PLAYS = 20_000
RULES: dict[str, Rule | None] = {
    "turns": None,
    "least misery": least_misery,
    "nash welfare": nash_welfare,
}


class Person:
    def __init__(self, plays: pd.DataFrame, model: str) -> None:
        cut = int(len(plays) * (1 - HELD_OUT))
        self.recommender = Recommender.train(
            History.from_plays(plays.iloc[:cut]), config=TrainingConfig(model=model)
        )
        self.later = plays.iloc[cut:]["track_id"].to_numpy()
        self.library = set(self.recommender.library["track_id"])


def parts(
    history: History, people: int, shared: float, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Several people out of one: each day is one person's or everybody's."""
    plays = history.frame.tail(MOST_PLAYS)
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
                generation.rank(np.nan_to_num(row, nan=-1e9)), artists, length=LENGTH,
                most_per_artist=3,
            )
        )
        for row in worth.normalised
    ]  # fmt: skip
    taken: dict[int, None] = {}
    while len(taken) < LENGTH:
        for one in lists:
            fresh = next((column for column in one if column not in taken), None)
            if fresh is not None and len(taken) < LENGTH:
                taken[fresh] = None
    return list(taken)


def judge(
    people: Sequence[Person], rng: np.random.Generator
) -> dict[str, list[tuple[float, float]]]:
    """By rule, of every blend: the worst member's log-likelihood, and the share of their plays."""
    tracks = set.union(*(person.library for person in people))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
    for number in range(BLENDS):
        library = people[number % len(people)].recommender.library
        weights = library["plays"].to_numpy(dtype=float)
        drawn = rng.choice(len(library), 3, replace=False, p=weights / weights.sum())
        seeds = library["track_id"].iloc[drawn].tolist()
        worth = Worth.of([person.recommender.taste(seeds) for person in people], seeds)
        for name, rule in RULES.items():
            columns = turns(worth) if rule is None else choose(worth, LENGTH, rule=rule)
            blend = {worth.track_ids[column] for column in columns}
            worst = min(float(np.isin(person.later, list(blend)).mean()) for person in people)
            hit, miss = np.log(0.9 / len(blend) + 0.1 / len(tracks)), np.log(0.1 / len(tracks))
            found[name].append((worst * hit + (1 - worst) * miss, worst))
    return found


def groups(exports: Sequence[Path], model: str, people: int) -> Iterator[tuple[str, list[Person]]]:
    rng = np.random.default_rng(1)
    histories = {path.name[:12]: read_history(path)[0] for path in exports}
    for name, history in histories.items():
        for shared in (0.5, 0.2, 0.0):
            frames = parts(history, people, shared, rng)
            named = f"{name} in {people}, {shared:.0%} shared"
            yield named, [Person(each, model) for each in frames]
    for names in combinations(histories, people):
        frames = [histories[name].frame.tail(MOST_PLAYS) for name in names]
        yield " + ".join(names), [Person(each, model) for each in frames]
    with tempfile.TemporaryDirectory() as directory:
        frames = []
        for seed in range(1, people + 1):
            path = Path(directory) / f"{seed}.zip"
            write_demo_export(path, plays=6000, rng_seed=seed)
            frames.append(read_history(path)[0].frame)
        yield f"{people} invented", [Person(each, model) for each in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="*", type=Path)
    parser.add_argument("--model", default="mixture")
    parser.add_argument("--people", type=int, default=FEWEST_MEMBERS)
    chosen = parser.parse_args()
    print("| people | shared tracks | turns | least misery | nash welfare |")
    print("|---|---|---|---|---|")
    for name, people in groups(chosen.exports, chosen.model, chosen.people):
        common = set.intersection(*(person.library for person in people))
        cells = []
        found = judge(people, np.random.default_rng(2))
        turn = np.array([worst for worst, _ in found["turns"]])
        for rule, values in found.items():
            worst = np.array([each for each, _ in values])
            wins = "" if rule == "turns" else f", better in {(worst > turn).mean():.0%}"
            cells.append(f"{worst.mean():.3f} ({np.mean([s for _, s in values]):.2%}{wins})")
        print(f"| {name} | {len(common):,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
