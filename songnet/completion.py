"""Finding tracks by the beginning of what a person is typing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from rapidfuzz import fuzz, process

LEAST_LETTERS_TO_FORGIVE = 4
"""Fewer letters fit nearly everything when typing errors are forgiven."""
LEAST_RESEMBLANCE = 75.0
"""With a typing error, in 0 ... 100."""


class Beginnings:
    """Names that can be asked for by their beginnings.

    They stand in one long text, so that they are searched by the search of `str`, and not in a loop
    over all of them, which at each letter that somebody types would hold up everything else.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Makes the text.

        Args:
            names: (tracks,) as `songnet.names.plain` leaves them, the most played first.
        """
        self._names = names
        self._text = "".join(f"\n {name}" for name in names)
        self._starts = list(accumulate((len(name) + 2 for name in names), initial=0))[:-1]

    def complete(self, beginning: str, most: int) -> list[int]:
        """The places of the names that fit a beginning, the best first.

        Names that begin with it come first, then those in which a word begins with it, then those
        in which a word begins with each of its words. Where there is none of these, names that
        resemble it are taken. Among equals the order of the names decides.

        Args:
            beginning: what was typed, likewise plain; every name fits an empty one.
            most: so many at most.

        >>> names = Beginnings(["faded alan walker", "walk the moon", "the fade"])
        >>> names.complete("fade", 5)
        [0, 2]
        >>> names.complete("wal fad", 5)
        [0]
        """
        if not beginning:
            return list(range(min(most, len(self._names))))
        found: dict[int, None] = {}
        for places in self._ways(beginning):
            for place in places:
                found.setdefault(place)
                if len(found) == most:
                    return list(found)
        return list(found) or self._resembling(beginning, most)

    def _ways(self, beginning: str) -> Iterator[Iterator[int]]:
        """From the strictest to the loosest."""
        yield self._where(f"\n {beginning}")
        yield self._where(f" {beginning}")
        words = [f" {word}" for word in beginning.split()]
        if len(words) > 1:
            # The longest is in the fewest names, as a rule.
            some = self._where(max(words, key=len))
            yield (
                place for place in some if all(word in f" {self._names[place]}" for word in words)
            )

    def _where(self, piece: str) -> Iterator[int]:
        """The places of the names that hold a piece of the text, in order and each once."""
        start = self._text.find(piece)
        while start >= 0:
            place = bisect_right(self._starts, start) - 1
            yield place
            if place + 1 == len(self._starts):
                return
            start = self._text.find(piece, self._starts[place + 1])

    def _resembling(self, beginning: str, most: int) -> list[int]:
        if len(beginning) < LEAST_LETTERS_TO_FORGIVE:
            return []
        found = process.cdist(
            [beginning],
            self._names,
            scorer=fuzz.partial_ratio,
            score_cutoff=LEAST_RESEMBLANCE,
            dtype=np.float32,
        )[0]  # (tracks,); 0 below the cutoff
        best = np.argsort(-np.round(found), kind="stable")[:most]
        return [int(place) for place in best if found[place] > 0]
