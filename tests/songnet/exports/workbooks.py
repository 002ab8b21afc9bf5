"""Spreadsheets as Deezer writes them, and as nobody should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from tests.songnet.exports.played import NEEDLE, Played
from tests.songnet.exports.samples import zipped

DEEZER_COLUMNS = (
    *("Song Title", "Artist", "ISRC", "Album Title", "IP Address", "Listening Time"),
    *("Platform Name", "Platform Model", "Date"),
)
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'


def deezer_row(play: Played, **changes: Any) -> dict[str, Any]:
    return {
        "Song Title": play.title,
        "Artist": play.artist,
        "ISRC": "XX0000000000",
        "Album Title": play.album,
        "IP Address": NEEDLE,
        "Listening Time": 60,
        "Platform Name": NEEDLE,
        "Platform Model": NEEDLE,
        "Date": f"{play.at:%Y-%m-%d %H:%M:%S}",
    } | changes


def sheet_xml(*rows: Sequence[object], texts: list[str] | None = None) -> str:
    """A sheet; texts stand in its cells, or in `texts` and are shared."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, value in enumerate(row):
            place = f'r="{chr(ord("A") + column)}{number}"'
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                cells.append(f"<c {place}><v>{value}</v></c>")
            elif texts is None:
                cells.append(f'<c {place} t="inlineStr"><is><t>{_text(value)}</t></is></c>')
            else:
                cells.append(f'<c {place} t="s"><v>{len(texts)}</v></c>')
                texts.append(value)
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'{_XML}<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(
    sheets: dict[str, str],
    texts: Sequence[str] = (),
    facts: str = "",
    parts: dict[str, str] | None = None,
) -> bytes:
    """An xlsx file of sheets in XML by name; `parts` are more files, or others."""
    numbers = range(1, len(sheets) + 1)
    names = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, sheets, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    items = "".join(f"<si><t>{_text(text)}</t></si>" for text in texts)
    book = f'xmlns="{_SHEETS}" xmlns:r="{_LINKS}"'
    files = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}"/>',
        "xl/workbook.xml": f"{_XML}<workbook {book}>{facts}<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_RELATIONS}">{links}</Relationships>'
        ),
        "xl/sharedStrings.xml": f'{_XML}<sst xmlns="{_SHEETS}">{items}</sst>',
    }
    for number, sheet in zip(numbers, sheets.values(), strict=True):
        files[f"xl/worksheets/sheet{number}.xml"] = sheet
    files.update(parts or {})
    return zipped({name: content.encode() for name, content in files.items()})


def deezer(
    *rows: dict[str, Any], columns: Sequence[str] = DEEZER_COLUMNS, shared: bool = True
) -> bytes:
    texts: list[str] | None = [] if shared else None
    personal = sheet_xml(["Name", "Email"], [NEEDLE, NEEDLE], texts=texts)
    history = sheet_xml(
        columns, *([row.get(name) for name in columns] for row in rows), texts=texts
    )
    sheets = {"01_personalInformation": personal, "10_listeningHistory": history}
    return workbook(sheets, texts or ())


def _text(text: str) -> str:
    """Without what no XML may hold."""
    return escape("".join(sign for sign in text if sign >= " " or sign in "\t\n"))
