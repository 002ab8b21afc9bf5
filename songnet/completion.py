"""Finding tracks by the beginning of what a person is typing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from rapidfuzz import fuzz, process

LEAST_LETTERS_TO_FORGIVE = 4
"""Fewer letters fit nearly everything when typing errors are forgiven."""
LEAST_RESEMBLANCE = 75.0
"""With a typing error, in 0 ... 100."""


def complete(names: Sequence[str], beginning: str, most: int) -> list[int]:
    """The places of the names that fit a beginning, the best first.

    Names that begin with it come first, then those in which a word begins with it, then those in
    which a word begins with each of its words. Where there is none of these, names that resemble
    it are taken. Among equals the order of the names decides.

    Args:
        names: (tracks,) as `songnet.seeds.plain` leaves them, the most played first.
        beginning: what was typed, likewise plain; every name fits an empty one.
        most: so many at most.

    >>> complete(["faded alan walker", "walk the moon", "the fade"], "fade", 5)
    [0, 2]
    >>> complete(["faded alan walker", "walk the moon"], "wal fad", 5)
    [0]
    """
    if not beginning:
        return list(range(min(most, len(names))))
    found: dict[int, None] = {}
    for fits in _ways(beginning):
        for place in _where(names, fits):
            found.setdefault(place)
            if len(found) == most:
                return list(found)
    return list(found) or _resembling(names, beginning, most)


def _ways(beginning: str) -> Iterator[Callable[[str], bool]]:
    """From the strictest to the loosest."""
    inside = f" {beginning}"
    words = [f" {word}" for word in beginning.split()]
    yield lambda name: name.startswith(beginning)
    yield lambda name: inside in name
    if len(words) > 1:
        yield lambda name: all(word in f" {name}" for word in words)


def _where(names: Sequence[str], fits: Callable[[str], bool]) -> Iterator[int]:
    return (place for place, name in enumerate(names) if fits(name))


def _resembling(names: Sequence[str], beginning: str, most: int) -> list[int]:
    if len(beginning) < LEAST_LETTERS_TO_FORGIVE:
        return []
    found = process.cdist(
        [beginning],
        names,
        scorer=fuzz.partial_ratio,
        score_cutoff=LEAST_RESEMBLANCE,
        dtype=np.float32,
    )[0]  # (tracks,); 0 below the cutoff
    best = np.argsort(-np.round(found), kind="stable")[:most]
    return [int(place) for place in best if found[place] > 0]
