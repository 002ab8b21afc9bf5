from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from songnet.errors import BrokenArchive, LimitExceeded, NoMusic, NotAnExport, WrongPackage
from songnet.exports import ExportFile, ExportLimits
from songnet.exports.archive import documents
from songnet.exports.metering import Budget
from songnet.exports.spreadsheet import sheet_named
from songnet.identity import LONGEST_TEXT
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import dumped, extended, zipped
from tests.songnet.exports.workbooks import (
    DEEZER_COLUMNS,
    deezer,
    deezer_row,
    sheet_xml,
    workbook,
)

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded", "Different World")
ALONE = Played("2024-01-01T12:30:00", "Alan Walker", "Alone")
HISTORY = "10_listeningHistory"


def history_with(xml: str, parts: dict[str, str] | None = None) -> bytes:
    """Deezer's workbook with one good play, and `xml` among its rows."""
    good = sheet_xml(DEEZER_COLUMNS, list(deezer_row(FADED).values()))
    return workbook({HISTORY: good.replace("</sheetData>", xml + "</sheetData>")}, parts=parts)


def test_seconds_become_milliseconds(read: Read) -> None:
    history, _ = read(deezer(deezer_row(FADED, **{"Listening Time": 200})))
    play = history.frame.loc[0]
    assert (play["started_at"], play["ms_played"], play["album"]) == (
        FADED.at,
        200_000,
        "Different World",
    )


def test_a_listening_time_of_minus_one_is_unknown(read: Read) -> None:
    history, report = read(
        deezer(
            deezer_row(FADED, **{"Listening Time": -1}),
            deezer_row(ALONE, **{"Listening Time": -2}),
        )
    )
    assert pd.isna(history.frame["ms_played"][0])
    assert report.skipped == {"bad_duration": 1}


@pytest.mark.parametrize("shared", [True, False])
def test_texts_may_be_shared_or_stand_in_the_cells(read: Read, shared: bool) -> None:
    history, _ = read(deezer(deezer_row(FADED), deezer_row(ALONE), shared=shared))
    assert history.frame["title"].tolist() == ["Faded", "Alone"]


@pytest.mark.parametrize(
    ("facts", "days"),
    [("", 45292.49722222222), ('<workbookPr date1904="1"/>', 43830.49722222222)],
)
def test_dates_may_be_days(read: Read, facts: str, days: float) -> None:
    row = deezer_row(FADED, Date=days)
    sheet = sheet_xml(DEEZER_COLUMNS, [row[name] for name in DEEZER_COLUMNS])
    history, _ = read(workbook({HISTORY: sheet}, facts=facts))
    assert history.frame["started_at"].tolist() == [FADED.at]


@pytest.mark.parametrize("date", ["yesterday", "", -5, 10**9, "1e400"])
def test_what_is_no_date_is_a_bad_time(read: Read, date: object) -> None:
    _, report = read(deezer(deezer_row(FADED), deezer_row(ALONE, Date=date)))
    assert report.skipped == {"bad_time": 1}


def test_the_columns_may_come_in_any_order(read: Read) -> None:
    usual, _ = read(deezer(deezer_row(FADED)))
    assert read(deezer(deezer_row(FADED), columns=DEEZER_COLUMNS[::-1]))[0] == usual


def test_a_title_may_be_a_number(read: Read) -> None:
    history, _ = read(deezer(deezer_row(FADED, **{"Song Title": 1999})))
    assert history.frame["title"].tolist() == ["1999"]


def test_it_may_lie_in_a_zip(read: Read) -> None:
    history, report = read(zipped({"a/deezer-data_1.xlsx": deezer(deezer_row(FADED))}))
    assert len(history) == 1
    assert [file.member for file in report.files] == ["a/deezer-data_1.xlsx"]


@pytest.mark.parametrize(
    "row",
    [
        "<row/>",
        '<row r="99999999999"><c r="A5"><v>x</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>999999999</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>-1</v></c></row>',
        '<row r="2"><c r="A2" t="n"><v>many</v></c><c r="ZZZZZ9"><v>1</v></c></row>',
        '<row r="2"><c t="e"><v>#REF!</v></c><c><v/></c></row>',
        '<row r="2"><c r="A2"><f>WEBSERVICE("http://127.0.0.1/")</f><v>x</v></c></row>',
    ],
)
def test_one_bad_row_costs_one_row(read: Read, row: str) -> None:
    history, report = read(history_with(row))
    assert len(history) == 1
    assert report.rows - 1 == sum(report.skipped.values()) <= 1


def test_a_sheet_that_breaks_off_gives_what_stands_before(read: Read) -> None:
    history, report = read(history_with('<row r="3"><c r="A3"><v>torn</c></row>'))
    assert len(history) == 1
    assert report.skipped == {"bad_row": 1}


def test_two_far_cells_are_not_a_table(read: Read) -> None:
    """Laid out in full they would take half a terabyte."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    document = history_with(far)
    read(document)
    tracemalloc.start()
    history, _ = read(document)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(history) == 1
    assert peak < 20_000_000


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{("&a" + str(n - 1) + ";") * 10}">' for n in range(1, 10)).replace(
        "&a0;", "&a;"
    )
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prologue", [BOMB, OUTSIDE], ids=["bomb", "outside"])
@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"]
)
def test_entities_are_refused_and_other_files_read(read: Read, part: str, prologue: str) -> None:
    source = deezer(deezer_row(FADED))
    parts = {}
    with zipfile.ZipFile(BytesIO(source)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name == part or (part.endswith("sheet1.xml") and name.endswith("sheet2.xml")):
                content = prologue.encode() + content[content.index(b"?>") + 2 :]
            parts[name] = content
    with pytest.raises(BrokenArchive) as caught:
        read(zipped(parts))
    assert "document type" in caught.value.reason
    history, report = read(dumped(extended()), zipped(parts))
    assert len(history) == 1
    assert len(report.problems) == 1


@pytest.mark.parametrize(
    "target",
    [
        'Target="file:///etc/passwd" TargetMode="External"',
        'Target="https://example.org/sheet.xml" TargetMode="External"',
        'Target="../../../../etc/passwd"',
        'Target="/etc/passwd"',
        'Target=""',
    ],
)
def test_links_lead_nowhere(read: Read, target: str) -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" {target}/></Relationships>'
    )
    with pytest.raises((BrokenArchive, NotAnExport)):
        read(history_with("", {"xl/_rels/workbook.xml.rels": relations}))


def test_external_links_beside_the_sheet_are_not_looked_at(read: Read) -> None:
    link = '<externalLink xmlns="x"><externalBook r:id="rId1"/></externalLink>'
    document = history_with("", {"xl/externalLinks/externalLink1.xml": link})
    assert len(read(document)[0]) == 1


def test_a_bomb_inside_is_over_the_limits(read: Read, small_limits: ExportLimits) -> None:
    blanks = " " * 250_000
    with pytest.raises(LimitExceeded) as caught:
        read(history_with(blanks), limits=small_limits)
    assert caught.value.limit in ("compression_ratio", "total_bytes", "file_bytes")


def test_a_long_text_is_cut(read: Read) -> None:
    row = deezer_row(FADED, **{"Album Title": "x" * 100_000})
    assert len(read(deezer(row))[0].frame["album"][0]) <= 1_000


@pytest.mark.parametrize(
    ("sheets", "error"),
    [
        ({"01_personalInformation": sheet_xml(["x"])}, WrongPackage),
        ({"Sheet1": sheet_xml(["x"])}, NotAnExport),
        ({HISTORY: sheet_xml()}, NotAnExport),
        ({HISTORY: sheet_xml(["x", "y"])}, NotAnExport),
        ({HISTORY: sheet_xml(DEEZER_COLUMNS)}, NotAnExport),
        ({HISTORY: sheet_xml(DEEZER_COLUMNS, ["Faded"])}, NoMusic),
    ],
)
def test_other_workbooks_are_named(
    read: Read, sheets: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        read(workbook(sheets))
    if isinstance(caught.value, WrongPackage):
        assert caught.value.service == "deezer"


def test_odd_parts_of_a_text_come_together(read: Read) -> None:
    runs = "<si><r><t>Fa</t></r><r><t>ded</t></r><rPh><t>feido</t></rPh></si>"
    row: list[Any] = list(deezer_row(FADED).values())
    sheet = sheet_xml(DEEZER_COLUMNS, ["", *row[1:]]).replace(
        '<row r="2">', '<row r="2"><c r="A2" t="s"><v>0</v></c>'
    )
    shared = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{runs}</sst>'
    history, _ = read(workbook({HISTORY: sheet}, parts={"xl/sharedStrings.xml": shared}))
    assert history.frame["title"].tolist() == ["Faded"]


def test_a_text_of_a_great_many_parts_is_not_gathered(tmp_path: Path) -> None:
    cell = f'<c r="A2" t="inlineStr"><is>{"<t>ab</t>" * 5_000}</is></c>'
    path = tmp_path / "parts.xlsx"
    path.write_bytes(history_with(f'<row r="3">{cell}</row>'))
    for document in documents(ExportFile.of(path), Budget(ExportLimits())):
        sheet = sheet_named(document, HISTORY)
        assert sheet is not None
        *_, row = sheet.rows({0})
    assert row is not None
    assert LONGEST_TEXT < len(row[0]) <= LONGEST_TEXT + 2


@pytest.mark.parametrize("encoding", ["UTF-4", "big5", "utf-7", "rot13", "idna", "undefined"])
@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"]
)
def test_an_encoding_that_nobody_knows_never_sinks_the_neighbours(
    read: Read, part: str, encoding: str
) -> None:
    with zipfile.ZipFile(BytesIO(deezer(deezer_row(FADED)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(b"UTF-8", encoding.encode())
    history, _ = read(zipped(parts), dumped(extended(ts="2024-05-05T05:05:05Z")))
    assert pd.Timestamp("2024-05-05T05:01:45Z") in set(history.frame["started_at"])
