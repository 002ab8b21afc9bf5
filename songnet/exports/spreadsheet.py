"""The rows of one sheet of an xlsx file, read as a stream.

Written here because the libraries at hand are no match for hostile files: calamine lays a sheet out
as a full table, so that half a kilobyte with cells in two far corners asks for 512 GiB and ends the
process; openpyxl loses the rest of a sheet at the first bad cell, and takes three times as long.
What is needed of the format is little: which file holds the sheet, the texts that its cells share,
and the cells.

Only the columns that are asked for are kept, and of the shared texts only those that stand in them.
No entity is ever expanded (a document type is refused), nothing outside of the file is looked at,
and every byte that is unpacked is metered by `archive`.

Source: ECMA-376, part 1, chapter 18.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from songnet.errors import BrokenArchive, LimitExceeded
from songnet.exports.archive import WORKBOOK, Document
from songnet.identity import LONGEST_TEXT

MOST_COLUMNS: Final = 256
"""Columns beyond are passed over; no service has more than some dozen."""

MOST_SHEETS: Final = 1024
"""Sheets beyond are passed over; Deezer writes some dozen."""
MOST_ROWS: Final = 1_048_576
"""As many as a sheet can have."""

_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SHARED: Final = "xl/sharedStrings.xml"
_LETTERS: Final = re.compile(r"[A-Z]{1,3}")

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Cells = dict[int, str]
"""The texts of a row's cells by the number of their column, from 0 on."""


class _Done(Exception):
    """Enough was read."""


@dataclass
class Sheet:
    """One sheet of a workbook."""

    document: Document
    part: str
    """Its file inside the archive."""
    counts_from_1904: bool
    """Days are counted from 1904 on instead of from 1900 on."""

    def header(self) -> dict[str, int]:
        """The columns by their names in small letters, as the first row that is not empty has it.

        Raises:
            BrokenArchive, LimitExceeded: it cannot be read so far.
        """
        for cells in self.rows(range(MOST_COLUMNS), most=1):
            return {name.strip().casefold(): column for column, name in (cells or {}).items()}
        return {}

    def rows(self, columns: range | set[int], most: int | None = None) -> Iterator[Cells | None]:
        """The rows that are not empty, with the cells in `columns`; None for one that is torn.

        Raises:
            BrokenArchive, LimitExceeded: as `header`; never for a bad row.
        """
        reader = _SheetReader(self.document, set(columns), most)
        torn = _parse(self.document, self.part, reader.start, reader.end, reader.text)
        needed = {cell for row in reader.rows for cell in row.values() if isinstance(cell, int)}
        texts = _shared_texts(self.document, needed)
        for row in reader.rows:
            yield {
                column: cell if isinstance(cell, str) else texts.get(cell, "")
                for column, cell in row.items()
            }
        if torn:
            yield None


def sheet_named(document: Document, ending: str) -> Sheet | None:
    """The first sheet whose name ends in `ending`, whatever the case."""
    sheets: dict[str, str] = {}
    facts: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            link = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if len(sheets) < MOST_SHEETS:
                sheets.setdefault(attributes.get("name", "").strip().casefold(), link)
        elif tag == "workbookPr":
            facts.update(attributes)

    _parse(document, WORKBOOK, start)
    link = next((link for name, link in sheets.items() if name.endswith(ending.casefold())), None)
    part = _target(document, link) if link else None
    if part is None:
        return None
    return Sheet(document, part, facts.get("date1904", "") in ("1", "true"))


def _target(document: Document, link: str) -> str | None:
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        is_inside = attributes.get("TargetMode") != "External"
        if tag == "Relationship" and is_inside and len(targets) < MOST_SHEETS:
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(document, _RELATIONS, start)
    target = targets.get(link)
    if not target:
        return None
    # A name inside the archive, and nothing else: what climbs out of it is not there.
    path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return posixpath.normpath(path)


_Cell = str | int
"""Its text, or the number of a shared one."""


@dataclass
class _SheetReader:
    """Gathers the wanted cells while the XML goes by."""

    document: Document
    columns: set[int]
    most: int | None
    rows: list[dict[int, _Cell]] = field(default_factory=list)
    _row: dict[int, _Cell] = field(default_factory=dict)
    _column: int = -1
    _type: str = ""
    _open: bool = False
    _pieces: list[str] = field(default_factory=list)
    _letters: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._column = _column(attributes.get("r", ""), self._column)
            self._type = attributes.get("t", "")
            self._pieces, self._letters = [], 0
        elif tag == "row":
            self._row, self._column = {}, -1
        self._open = tag in ("v", "t") and self._column in self.columns

    def text(self, piece: str) -> None:
        if self._open and self._letters <= LONGEST_TEXT:
            self._pieces.append(piece[: LONGEST_TEXT + 1])
            self._letters += len(piece)

    def end(self, tag: str) -> None:
        self._open = False
        if tag == "c" and self._pieces:
            text = "".join(self._pieces)
            if self._type != "s":
                self._row[self._column] = text
            elif text.strip().isdecimal() and len(text) < len(str(2**31)):
                self._row[self._column] = int(text)
            self._pieces = []
        elif tag == "row" and self._row:
            self.rows.append(self._row)
            self._check()
            if self.most is not None and len(self.rows) >= self.most:
                raise _Done

    def _check(self) -> None:
        found = len(self.rows)
        allowed = min(MOST_ROWS, self.document.budget.limits.rows)
        if found > allowed:
            raise LimitExceeded(self.document.file, limit="rows", allowed=allowed, found=found)


def _column(reference: str, before: int) -> int:
    """The column of 'AB12', counted from 0; without a reference it is the next one."""
    letters = _LETTERS.match(reference)
    if letters is None:
        return before + 1
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _shared_texts(document: Document, needed: set[int]) -> dict[int, str]:
    """The texts with these numbers out of those that all sheets share."""
    texts: dict[int, str] = {}
    if not needed or not document.has_part(_SHARED):
        return texts
    last = max(needed)
    number = -1
    is_open = False
    aside = 0

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal number, is_open, aside
        if tag == "si":
            number += 1
            if number > last:
                raise _Done
        elif tag == "rPh":  # how the text is pronounced
            aside += 1
        is_open = tag == "t" and not aside and number in needed

    def text(piece: str) -> None:
        if is_open and len(texts.get(number, "")) <= LONGEST_TEXT:
            texts[number] = texts.get(number, "") + piece[: LONGEST_TEXT + 1]

    def end(tag: str) -> None:
        nonlocal is_open, aside
        is_open = False
        if tag == "rPh":
            aside -= 1

    _parse(document, _SHARED, start, end, text)
    return texts


def _parse(
    document: Document,
    part: str,
    start: Start,
    end: End | None = None,
    text: Callable[[str], None] | None = None,
) -> bool:
    """Reads a part of the workbook; True where it is damaged on the way."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse(document)
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for chunk in document.part_chunks(part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _Done:
        return False
    except (expat.ExpatError, LookupError, ValueError):
        # The latter two of an encoding that Python does not know, or expat does not take.
        return True
    return False


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _refuse(document: Document) -> Callable[..., None]:
    def refuse(*_facts: object) -> None:
        raise BrokenArchive(document.file, reason="a spreadsheet with a document type")

    return refuse
