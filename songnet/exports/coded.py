"""Rows of texts that come again and again: each different one once, and a number per row.

A listener hears a few thousand songs a few hundred thousand times. Whatever has to be done to the
names of a song is then done to few of them, and what goes from hand to hand are numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MOST_DISTINCT: Final = 65_536
"""Different rows that are held as Python objects; beyond it a new list of them begins."""
MOST_LETTERS: Final = 16_000_000
"""Letters of the different rows that are held so; few rows may be long ones."""

TextRow: TypeAlias = tuple[str | None, ...]

_KIND: Final = pa.dictionary(pa.int32(), pa.large_string())


class _Numbers(dict[TextRow, int]):
    """The number of each row, in the order of their coming."""

    letters: int = 0

    def __missing__(self, row: TextRow) -> int:
        self[row] = number = len(self)
        self.letters += sum(len(text) for text in row if text is not None)
        return number


class CodedTexts:
    """Some columns of text that grow together, batch by batch."""

    def __init__(self, columns: int) -> None:
        self._numbers = _Numbers()
        self._rows: list[NDArray[np.int32]] = []
        self._finished: list[list[pa.DictionaryArray]] = [[] for _ in range(columns)]

    def extend(self, rows: Iterable[TextRow], count: int) -> None:
        """Appends so many rows, each with a text or None for every column."""
        self._rows.append(np.fromiter(map(self._numbers.__getitem__, rows), np.int32, count))
        if len(self._numbers) > MOST_DISTINCT or self._numbers.letters > MOST_LETTERS:
            self._finish()

    def columns(self) -> list[pa.DictionaryArray]:
        """All rows so far, column by column."""
        self._finish()
        return [pa.chunked_array(pieces, _KIND).combine_chunks() for pieces in self._finished]

    def _finish(self) -> None:
        """Turns the Python objects into columns, so that no file can ask for many of them."""
        if not self._numbers:
            return
        rows = pa.array(np.concatenate(self._rows))
        for texts, pieces in zip(zip(*self._numbers, strict=True), self._finished, strict=True):
            pieces.append(pa.array(texts, pa.large_string()).dictionary_encode().take(rows))
        self._numbers = _Numbers()
        self._rows.clear()
