"""How long it takes to find songs by their names, and to complete them while one types.

`python -m benchmarks.naming [--tracks N ...]`: libraries of invented songs, in one thread, in the
processor's time, so that what else the machine does is left out. 'Built' is the index, made once
for each loaded model; 'late' is how long the event loop was held up at most, by the clock, while
completions ran in a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from songnet.seeds import SeedIndex
from songnet.vocabulary import LIBRARY_COLUMNS, Vocabulary

MOST = 25
BEAT_SECONDS = 0.001
QUESTIONS = 100


def library(tracks: int, rng: random.Random) -> pd.DataFrame:
    """Invented songs; names of one to four words, eight songs of an artist."""
    letters = "aaabcdeeeefghiiijklmnooopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(8000)]
    titles = [" ".join(rng.choices(words, k=rng.randint(1, 4))) for _ in range(tracks)]
    artists = [" ".join(rng.choices(words, k=2)) for _ in range(tracks // 8 + 1)]
    rows = [
        (f"t{number}", artists[number // 8], title, "an album", None)
        for number, title in enumerate(titles)
    ]
    frame = pd.DataFrame(rows, columns=list(LIBRARY_COLUMNS))
    return frame.assign(plays=np.arange(tracks, 0, -1))


def milliseconds(ask: Callable[[str], object], questions: list[str]) -> list[float]:
    taken = []
    for question in questions:
        began = time.process_time()
        ask(question)
        taken.append((time.process_time() - began) * 1000)
    return taken


def misspelt(name: str, rng: random.Random) -> str:
    place = rng.randrange(len(name))
    return name[:place] + "q" + name[place + 1 :]


async def lateness(ask: Callable[[str], object], questions: list[str]) -> float:
    """How late the event loop was at most, in ms, while the questions ran in a thread."""
    late = 0.0
    asking = asyncio.create_task(asyncio.to_thread(lambda: [ask(text) for text in questions]))
    while not asking.done():
        began = time.perf_counter()
        await asyncio.sleep(BEAT_SECONDS)
        late = max(late, time.perf_counter() - began - BEAT_SECONDS)
    return late * 1000


def row(tracks: int) -> str:
    rng = random.Random(tracks)
    frame = library(tracks, rng)
    began = time.process_time()
    index = SeedIndex(Vocabulary(frame))
    built = (time.process_time() - began) * 1000
    named = frame.sample(QUESTIONS, random_state=1)
    titles = named["title"].tolist()
    full = [f"{title} - {artist}" for title, artist in zip(titles, named["artist"], strict=True)]
    beginnings = [title[: rng.randint(1, 6)] for title in titles]
    wrong = [misspelt(title[:9], rng) for title in titles if len(title) > 4]
    index.complete("", MOST)  # what is made at the first question

    def complete(text: str) -> object:
        return index.complete(text, MOST)

    def find(text: str) -> object:
        return index.find([text])

    cells = [f"{built:.0f}"]
    for ask, questions in (
        (complete, beginnings),
        (complete, wrong),
        (find, full),
        (find, [misspelt(text, rng) for text in full]),
        (find, [f"zzz {text} yyy" for text in full]),
    ):
        p50, p99 = np.percentile(milliseconds(ask, questions), [50, 99])
        cells.append(f"{p50:.1f} / {p99:.1f}")
    cells.append(f"{asyncio.run(lateness(complete, beginnings + wrong)):.0f}")
    return f"| {tracks:,} | {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; CPU ms, p50 / p99")
    print(
        "| tracks | built | completed | completed with a slip | found | found with a slip "
        "| near misses | loop late, at most |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for tracks in options.tracks:
        print(row(tracks), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
