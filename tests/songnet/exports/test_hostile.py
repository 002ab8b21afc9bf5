"""Documents that want to do harm, or came to harm, inside of what looks like an export."""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from songnet.errors import BrokenArchive, LimitExceeded, NoMusic, NotAnExport
from songnet.exports import (
    ExportFile,
    ExportLimits,
    ReadProgress,
    json_lists,
    listenbrainz,
    read_history,
)
from songnet.exports.json_rows import LONGEST_ROW_BYTES
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import (
    dumped,
    extended,
    lastfm,
    lastfm_line,
    zipped,
)
from tests.songnet.exports.workbooks import DEEZER_COLUMNS, sheet_xml, workbook
from tests.songnet.exports.writers import WRITERS, Writer

MEBIBYTE = 1024 * 1024
GOOD = dumped(extended())
LATER = extended(ts="2024-05-05T05:05:05Z", ms_played=5_000)
LATER_START = pd.Timestamp("2024-05-05T05:05:00Z")
PLAYS = [Played(f"2024-01-{day:02d}T12:00:00", "A band", f"Song {day}") for day in range(1, 13)]


def overlapping() -> bytes:
    """Three members in the directory, all of them the same bytes."""
    archive = bytearray(zipped({f"{number}.json": GOOD for number in range(3)}))
    directory = archive.find(b"PK\x01\x02")
    position = directory
    while position >= 0:
        archive[position + 42 : position + 46] = struct.pack("<L", 0)
        position = archive.find(b"PK\x01\x02", position + 4)
    return bytes(archive)


def test_members_that_share_their_bytes_are_refused(read: Read) -> None:
    with pytest.raises(BrokenArchive) as caught:
        read(overlapping(), names=("quine.zip",))
    assert caught.value.file == "quine.zip"
    assert "overlap" in caught.value.reason


def test_overlapping_members_do_not_sink_the_neighbours(read: Read) -> None:
    history, report = read(overlapping(), GOOD, names=("quine.zip", "good.json"))
    assert len(history) == 1
    assert [file.name for file in report.problems] == ["quine.zip"]


def test_a_link_inside_an_archive_is_only_its_text(read: Read, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(dumped(LATER))
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(secret))
        archive.writestr("good.json", GOOD)
    history, report = read(target.getvalue(), names=("a.zip",))
    assert len(history) == 1
    assert report.ignored_files == 1


@pytest.mark.parametrize("percent", range(1, 100))
def test_cut_off_at_every_percent_a_list_gives_its_whole_rows(read: Read, percent: int) -> None:
    rows = [extended(ts=f"2024-01-{day:02d}T12:00:00Z") for day in range(1, 21)]
    document = dumped(*rows)
    begun = document[: len(document) * percent // 100]
    whole = begun.count(b"}")
    if not whole:
        with pytest.raises((NoMusic, NotAnExport)):
            read(begun)
        return
    history, report = read(begun)
    assert len(history) == whole
    assert report.skipped == ({"bad_row": 1} if b"{" in begun.rpartition(b"}")[2] else {})


DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_OBJECTS = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize("deep", [DEEP, DEEP_OBJECTS], ids=["lists", "objects"])
@pytest.mark.parametrize("key", ["master_metadata_track_name", "unknown"])
def test_nesting_costs_at_most_its_row(read: Read, deep: bytes, key: str) -> None:
    row = dumped(extended(**{key: "here"}))[1:-1].replace(b'"here"', deep)
    history, report = read(b"[" + GOOD[1:-1] + b"," + row + b"," + dumped(LATER)[1:])
    assert len(history) >= 1
    assert report.rows == report.plays + sum(report.skipped.values())


def test_a_text_longer_than_any_row_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    with path.open("wb") as file:
        file.write(GOOD[:-1] + b', {"ts": "')
        file.seek(64 * LONGEST_ROW_BYTES, 1)  # a hole, which takes no room on the disk
        file.write(b'"}, ' + dumped(LATER)[1:])
    tracemalloc.start()
    try:
        history, report = read_history(path, limits=ExportLimits(held_bytes=MEBIBYTE))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(history) == 2
    assert report.skipped == {"bad_row": 1}
    assert peak < 32 * LONGEST_ROW_BYTES


def test_a_row_that_is_too_long_is_not_taken_for_its_beginning(read: Read) -> None:
    row = dumped(extended(offline_timestamp="x" * 3 * LONGEST_ROW_BYTES))[1:-1]
    history, report = read(b"[" + row + b", " + dumped(LATER)[1:])
    assert set(history.frame["started_at"]) == {LATER_START}
    assert report.skipped == {"bad_row": 1}


def test_rows_are_counted_while_they_are_read(read: Read) -> None:
    """Two bytes may ask for a row of a hundred bytes in memory."""
    bomb = b"[" + dumped(extended())[1:-1] + b",{}" * 2_000_000 + b"]"
    with pytest.raises(LimitExceeded) as caught:
        read(bomb, limits=ExportLimits(rows=100_000))
    assert caught.value.limit == "rows"
    assert caught.value.found is not None
    assert caught.value.found < 1_000_000


TINY_ROWS = {
    "lastfm-ghan": (lastfm(lastfm_line()), b",,,,,,,\n", b""),
    "lastfm-benjamin": (b'a,b,c,"01 Jan 2024 12:00"\n', b",,,\n", b""),
    "apple-music": (b"Event Type,Song Name,Play Duration Milliseconds\n", b",,\n", b""),
}


@pytest.mark.parametrize("tiny", TINY_ROWS.values(), ids=TINY_ROWS)
def test_lines_are_counted_while_they_are_read(
    read: Read, tiny: tuple[bytes, bytes, bytes]
) -> None:
    start, row, end = tiny
    with pytest.raises(LimitExceeded) as caught:
        read(start + row * 5_000 + end, limits=ExportLimits(rows=1_000))
    assert (caught.value.limit, caught.value.found) == ("rows", 1_001)


def test_rows_of_a_sheet_are_counted_while_they_are_read(read: Read) -> None:
    rows = "<row><c><v>1</v></c></row>" * 5_000
    sheet = sheet_xml(DEEZER_COLUMNS).replace("</sheetData>", rows + "</sheetData>")
    with pytest.raises(LimitExceeded) as caught:
        read(workbook({"10_listeningHistory": sheet}), limits=ExportLimits(rows=1_000))
    assert (caught.value.limit, caught.value.found) == ("rows", 1_001)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b'{"maloja": 1, "scrobbles": [{"time": 1, "track": {}}, ', id="maloja"),
        pytest.param(
            b'{"username": "a", "scrobbles": [{"track": "a", "artist": "b", "date": 1}, ',
            id="stats",
        ),
        pytest.param(b'{"recenttracks": {"track": [{"name": "b", "date": {}}, ', id="api"),
        pytest.param(b'[{"listened_at": 1, "track_metadata": {}}, ', id="listenbrainz"),
        pytest.param(
            b'[{"header": "YouTube Music", "title": "a", "titleUrl": "", "time": ""}, ',
            id="youtube",
        ),
    ],
)
def test_items_of_a_list_are_counted_while_they_are_read(
    read: Read, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(json_lists, "MOST_ROWS", 1_000)
    monkeypatch.setattr(json_lists, "MOST_BYTES_AT_ONCE", 0)
    monkeypatch.setattr(json_lists, "_WINDOW_BYTES", 1_000)
    with pytest.raises(LimitExceeded) as caught:
        read(start + b"{}, " * 5_000 + b"{}]}}", names=("tiny.json",))
    error = caught.value
    assert (error.file, error.limit, error.found) == ("tiny.json", "rows", 1_001)


def test_lines_of_json_are_counted_while_they_are_read(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listenbrainz, "MOST_ROWS", 1_000)
    start = b'{"listened_at": 1, "track_metadata": {}}\n'
    with pytest.raises(LimitExceeded) as caught:
        read(start + b"\n" * 5_000 + b"x\n" * 5_000)
    assert caught.value.found == 1_001


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_what_is_read_as_a_whole_has_a_limit_of_its_own(read: Read, writer: Writer) -> None:
    document = writer.write(PLAYS)
    streamed = {"spotify-extended", "lastfm-ghan", "lastfm-benjamin", "apple-music", "deezer"}
    limits = ExportLimits(held_bytes=len(document) - 1)
    if writer.format in streamed:
        read(document, dumped(LATER), limits=limits)
        return
    with pytest.raises(LimitExceeded) as caught:
        read(document, limits=limits, names=("large",))
    assert (caught.value.limit, caught.value.file) == ("held_bytes", "large")


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_damage_in_the_middle_never_sinks_the_neighbours(read: Read, writer: Writer) -> None:
    document = writer.write(PLAYS)
    half = len(document) // 2
    for damage in (b"\0" * 50, b'"', b"{[" * 5_000, b"\xff\xfe\xed\xa0\x80", b"\r\n" * 50):
        for damaged in (document[:half] + damage + document[half:], document + damage):
            history, report = read(damaged, dumped(LATER))
            assert LATER_START in set(history.frame["started_at"])
            assert report.rows == report.plays + sum(report.skipped.values())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ts": "1970-01-01T00:00:00Z"}, "bad_time"),
        ({"ts": "0001-01-01T00:00:00Z"}, "bad_time"),
        ({"ts": "2999-12-31T23:59:59Z"}, "bad_time"),
        ({"ts": "-0001-01-01T00:00:00Z"}, "bad_time"),
        ({"ts": "999999999-01-01T00:00:00Z"}, "bad_time"),
        ({"ts": 10**400}, "bad_row"),
        ({"ms_played": -1}, "bad_duration"),
        ({"ms_played": -(10**18)}, "bad_duration"),
        ({"ms_played": 10**18}, "bad_duration"),
        ({"ms_played": 1e308}, "bad_duration"),
        ({"ms_played": 10**400}, "bad_duration"),
        ({"ms_played": float("nan")}, "bad_row"),
        ({"ms_played": float("inf")}, "bad_row"),
        ({"ms_played": True}, "bad_row"),
        ({"ms_played": "200000"}, "bad_row"),
        ({"ms_played": []}, "bad_row"),
        ({"master_metadata_track_name": {}}, "bad_row"),
        ({"master_metadata_track_name": "\0\0"}, "no_metadata"),
        ({"master_metadata_track_name": " \u3000\u2028\t"}, "no_metadata"),
        ({"spotify_track_uri": 17}, "bad_row"),
    ],
    ids=str,
)
def test_an_absurd_value_costs_one_row(read: Read, changes: dict[str, Any], reason: str) -> None:
    history, report = read(dumped(extended(), extended(**changes), LATER))
    assert len(history) == 2
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize(
    "text", [b"\\ud800", b"\\udfff\\ud800", b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\x80"], ids=repr
)
def test_what_is_no_text_costs_one_row(read: Read, text: bytes) -> None:
    row = dumped(extended(master_metadata_track_name="here")).replace(b"here", text)
    history, report = read(b"[" + GOOD[1:-1] + b"," + row[1:-1] + b"," + dumped(LATER)[1:])
    assert len(history) == 2
    assert report.skipped == {"bad_row": 1}


def test_control_characters_in_names_are_spaces(read: Read) -> None:
    history, _ = read(dumped(extended(master_metadata_track_name=" Fa\0\x1b[31m\u2028ded\u3000")))
    assert history.frame["title"][0] == "Fa [31m ded"


def test_a_file_that_goes_away_in_a_folder_does_not_sink_the_others(tmp_path: Path) -> None:
    for name, row in (("1.json", extended()), ("2.json", extended()), ("3.json", LATER)):
        (tmp_path / name).write_bytes(dumped(row))

    def remove(progress: ReadProgress) -> None:
        (tmp_path / "2.json").unlink(missing_ok=True)

    history, report = read_history(ExportFile(tmp_path, "MyData"), on_progress=remove)
    assert len(history) == 2
    assert [file.name for file in report.problems] == ["MyData/2.json"]
    assert report.problems[0].problem is not None
    assert "No such file" in report.problems[0].problem.facts["reason"]


def test_many_ragged_rows_are_read_to_the_end(read: Read) -> None:
    ragged = b"ragged,row\r\n" * 25_000 + b"1,2,3,4,5,6,7,8,9\r\n" * 25_000
    sound = f"{lastfm_line()}\r\n".encode()
    document = lastfm() + ragged + sound + b",,,,,,,\r\n" * 49_999
    history, report = read(document)
    assert len(history) == 1
    assert report.rows == 100_000
    assert report.skipped == {"bad_row": 50_000, "no_metadata": 49_999}


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["\ud800", "\udfff\ud800x", "x\udc00"], ids=ascii)
def test_halves_of_characters_in_utf_16_never_sink_their_file(
    read: Read, order: str, name: str
) -> None:
    text = dumped(extended(), extended(master_metadata_track_name="here"), LATER).decode()
    mark = "\ufeff".encode(order)
    document = mark + text.replace("here", name).encode(order, "surrogatepass")
    history, report = read(document, document[:-1])
    assert LATER_START in set(history.frame["started_at"])
    assert len(history) >= 2
    assert report.rows == report.plays + sum(report.skipped.values())
