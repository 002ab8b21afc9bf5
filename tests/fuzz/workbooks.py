"""Spreadsheets around the bytes of the fuzzer, which by itself would never write a sound zip file.

The first byte chooses the part of a workbook of Deezer's that the others replace.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Final

from songnet.exports.archive import WORKBOOK, Document
from songnet.exports.metering import Budget
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import zipped
from tests.songnet.exports.workbooks import deezer, deezer_row

FUZZED: Final = (
    "xl/worksheets/sheet2.xml",
    "xl/sharedStrings.xml",
    WORKBOOK,
    "xl/_rels/workbook.xml.rels",
)


_ODD: Final = (
    (
        b'\x00<s><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Song Title</t></is></c>'
        b'<c r="AB1"><v>1</v></c></row><row/></sheetData></s>'
    ),
    b'\x01<sst><si><r><t xml:space="preserve">a </t></r><rPh sb="0" eb="1"><t>b</t></rPh></si></sst>',
    (
        b'\x02<workbook><workbookPr date1904="1"/><sheets><sheet name="10_listeningHistory" r:id="a"/>'
        b"</sheets></workbook>"
    ),
    b'\x03<R><Relationship Id="rId2" TargetMode="External" Target="/xl/../../a"/></R>',
)
"""What spreadsheets may hold and Deezer's do not."""


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SOUND: Final = parts_of(
    deezer(*(deezer_row(Played(f"2024-01-0{day}T12:00:00", "A", f"B {day}")) for day in (1, 2)))
)


def workbook_around(data: bytes, budget: Budget) -> Document:
    """The document of a workbook of which one part is `data`."""
    part = FUZZED[data[0] % len(FUZZED)] if data else WORKBOOK
    archive = zipfile.ZipFile(io.BytesIO(zipped(SOUND | {part: data[1:]}, zipfile.ZIP_STORED)))
    stream = io.BufferedReader(io.BytesIO(archive.read(WORKBOOK)))
    return Document("file", "", 1.0, stream, budget, workbook=archive)  # type: ignore[arg-type]


def seeds_of_workbooks(plays: Sequence[Played]) -> list[bytes]:
    """Each part of workbooks with shared and with inline texts, behind the byte that chooses it."""
    rows = [deezer_row(play) for play in plays]
    seeds = [*_ODD]
    for shared in (True, False):
        parts = parts_of(deezer(*rows, shared=shared))
        seeds += [bytes([number]) + parts[name] for number, name in enumerate(FUZZED)]
    return seeds
