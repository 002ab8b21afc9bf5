"""Several songs that were named as if they were one: 'Faded, Alone', '1. Faded 2. Alone' (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

MOST_SEPARATORS = 3
"""So many may stand within the name of one song, as in 'Earth, Wind & Fire - Fantasy'."""

_NUMBER = r"\d{1,3}[.)]\s+"
_LEADING = re.compile(rf"(?:{_NUMBER}|[-*•–—]\s+)")
_SEPARATOR = re.compile(rf"\s*[,،，、&+/][\s,،，、&+/]*(?:{_NUMBER})?|\s+{_NUMBER}")


def without_number(text: str) -> str:
    """A line of a list without its number or bullet.

    >>> without_number("2) Alone")
    'Alone'
    """
    return text[match.end() :] if (match := _LEADING.match(text)) else text


def songs_in(text: str, is_known: Callable[[str], bool]) -> Sequence[str]:
    """The songs that a text lists, as few as can be; none where some of it is not known.

    >>> songs_in("Faded, Me & You", {"Faded", "Me & You", "Me", "You"}.__contains__)
    ['Faded', 'Me & You']
    """
    gaps = [match.span() for match in _SEPARATOR.finditer(text)]
    starts = [0, *(end for _start, end in gaps)]
    ends = [*(start for start, _end in gaps), len(text)]
    best: list[list[str]] = [[]]
    """For each number of pieces the songs that they are, none where they are not all known."""
    for last, end in enumerate(ends):
        ways = [
            [*best[first], song]
            for first in range(max(0, last - MOST_SEPARATORS), last + 1)
            if (best[first] or first == 0) and is_known(song := text[starts[first] : end])
        ]
        best.append(min(ways, key=len, default=[]))
    return best[-1]
