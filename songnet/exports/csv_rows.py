"""The rows of CSV documents, of which some may be ragged, torn or endless."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from songnet.exports.archive import Document

LONGEST_LINE: Final = 1024 * 1024
"""Characters of a line; no row of any service is near it."""
MOST_LINES_IN_ROW: Final = 4
"""How many lines a quoted text may run over; beyond it, the quote was never closed."""

_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def csv_rows(document: Document, widths: range | None = None) -> Iterator[list[str] | None]:
    """The rows as lists of text; None for each row that is none.

    Args:
        document: read to its end, piece by piece; UTF-8 or UTF-16, told by its first bytes.
        widths: how many fields a row may have; None for as many as the first row.

    Raises:
        BrokenArchive, LimitExceeded: the document ends before its end.
    """
    wide = document.head.startswith(_WIDE_MARKS)
    lines = _lines(document, "utf-16" if wide else "utf-8-sig")
    return document.budget.counted(document.file, rows_of_lines(lines, widths))


def rows_of_lines(lines: Iterable[str], widths: range | None = None) -> Iterator[list[str] | None]:
    """The rows in lines that keep their line ends; see `csv_rows`."""
    ahead: deque[str] = deque()
    source = iter(lines)
    while line := ahead.popleft() if ahead else next(source, ""):
        if not line.strip():
            continue
        row = _row(line, widths)
        if row is None and line.count('"') % 2 and len(line) <= LONGEST_LINE:
            # A text in quotes may go on in the next line. Where it never ends, only this row is
            # lost: the lines after it are looked at again.
            ahead.extend(itertools.islice(source, MOST_LINES_IN_ROW - 1 - len(ahead)))
            row = _joined(line, ahead, widths)
        if row is not None and widths is None:
            widths = range(len(row), len(row) + 1)
        yield row


def _joined(line: str, ahead: deque[str], widths: range | None) -> list[str] | None:
    """The row that begins in `line` and ends in one of the next, which are then taken."""
    text = line
    for count, more in enumerate(itertools.islice(ahead, MOST_LINES_IN_ROW - 1), start=1):
        text += more
        row = _row(text, widths) if more.count('"') % 2 else None
        if row is not None:
            for _ in range(count):
                ahead.popleft()
            return row
    return None


def _row(text: str, widths: range | None) -> list[str] | None:
    if len(text) > LONGEST_LINE:
        return None
    try:
        # Strict where a quote may be left open: it is an error there, and a mere sign elsewhere.
        rows = list(csv.reader([text], strict=text.count('"') % 2 == 1))
    except csv.Error:  # also: a field over csv.field_size_limit
        return None
    if len(rows) != 1 or (widths is not None and len(rows[0]) not in widths):
        return None
    return rows[0]


def _lines(document: Document, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    for chunk in itertools.chain(document.chunks(), [b""]):
        # NUL stands in no text; damaged disks leave it.
        text = rest + decoder.decode(chunk, final=not chunk).replace("\0", "")
        *lines, rest = text.replace("\r\n", "\n").split("\n")
        if not chunk:
            lines, rest = [*lines, rest], ""
        elif len(rest) > LONGEST_LINE:
            rest = rest[: LONGEST_LINE + 1]
        for line in lines:
            yield line + "\n"
