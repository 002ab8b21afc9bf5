"""What holds for every format of exports that holds plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from songnet.errors import BrokenArchive, NoMusic, NotAnExport
from songnet.exports import ExportFile, ExportLimits
from songnet.exports.archive import documents
from songnet.exports.formats import Format, as_utf8
from songnet.exports.metering import Budget
from songnet.exports.registry import FORMATS, format_of
from songnet.plays import COLUMNS
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import zipped
from tests.songnet.exports.writers import WRITERS, Writer

PLAYS = [
    Played("2024-01-01T10:00:00", "Alan Walker", "Faded", "Different World"),
    Played("2024-01-01T10:05:00", "Лолита", "Пошлю его на"),
    Played("2024-01-01T10:10:00", "宇多田ヒカル", "初恋"),
    Played("2024-01-01T10:15:00", "!!!", "???"),
]


@pytest.fixture(params=WRITERS, ids=lambda writer: writer.format)
def writer(request: pytest.FixtureRequest) -> Writer:
    found: Writer = request.param
    return found


def test_every_format_with_plays_has_a_writer() -> None:
    assert {known.name for known in FORMATS if known.package is None} == {
        writer.format for writer in WRITERS
    }


@pytest.mark.parametrize("content", [b"", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0"], ids=repr)
@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_document_with_nothing_in_it_gives_no_plays(
    known: Format, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "nothing"
    path.write_bytes(content)
    opened = documents(ExportFile.of(path), Budget(ExportLimits()))
    document = next(opened)
    assert not known.recognises(as_utf8(document.head))
    if known.name == "deezer":  # the parts of its spreadsheet are missing
        with pytest.raises(BrokenArchive):
            known.read(document)
        return
    reading = known.read(document)
    assert reading.plays.empty
    assert reading.rows == sum(reading.skipped.values())


def test_it_is_recognised_by_its_content(writer: Writer) -> None:
    known = format_of(writer.head(PLAYS))
    assert known is not None
    assert known.name == writer.format


def test_only_one_format_recognises_it(writer: Writer) -> None:
    head = writer.head(PLAYS)
    assert sum(known.recognises(head) for known in FORMATS) == 1


def test_plays_come_in_order_of_time_with_their_names(writer: Writer, read: Read) -> None:
    history, _ = read(writer.write(PLAYS[::-1]))
    found = history.frame[["artist", "title"]].itertuples(index=False, name=None)
    assert list(found) == [(play.artist, play.title) for play in PLAYS]


def test_times_are_starts_in_utc(writer: Writer, read: Read) -> None:
    history, _ = read(writer.write(PLAYS))
    expected = [play.at for play in PLAYS]
    assert history.frame["started_at"].tolist() == expected


def test_the_table_keeps_its_types(writer: Writer, read: Read) -> None:
    history, _ = read(writer.write(PLAYS))
    assert {name: str(dtype) for name, dtype in history.frame.dtypes.items()} == COLUMNS


def test_reading_it_twice_adds_nothing(writer: Writer, read: Read) -> None:
    once, _ = read(writer.write(PLAYS))
    twice, report = read(writer.write(PLAYS), writer.write(PLAYS))
    assert twice == once
    assert report.skipped == {"duplicate": len(PLAYS)}


def test_a_byte_order_mark_or_utf_16_does_not_matter(writer: Writer, read: Read) -> None:
    document = writer.write(PLAYS)
    plain, _ = read(document)
    if not writer.text:
        return
    assert read(b"\xef\xbb\xbf" + document)[0] == plain
    assert read(document.decode().encode("utf-16"))[0] == plain


def test_names_lie_on_one_line_without_control_characters(writer: Writer, read: Read) -> None:
    history, _ = read(writer.write([Played("2024-01-01T10:00:00", "A\t B", "  C  D ")]))
    assert history.frame.loc[0, ["artist", "title"]].tolist() == ["A B", "C D"]


def test_rows_without_artist_or_title_are_counted(writer: Writer, read: Read) -> None:
    _, report = read(
        writer.write(
            [
                *PLAYS,
                Played("2024-02-01T10:00:00", "", "x"),
                Played("2024-02-01T10:00:00", "x", ""),
            ]
        )
    )
    assert report.skipped == (
        {"no_artist": 1, "no_metadata": 1} if writer.artists_elsewhere else {"no_metadata": 2}
    )


@pytest.mark.parametrize("start", ["1970-01-01T00:00:00", "1999-01-01T00:00:00", "2199-01-01"])
def test_impossible_times_are_counted(writer: Writer, read: Read, start: str) -> None:
    history, report = read(writer.write([*PLAYS, Played(start, "A", "B")]))
    assert len(history) == len(PLAYS)
    assert report.skipped == {"bad_time": 1}


def test_only_bad_times_is_no_music(writer: Writer, read: Read) -> None:
    with pytest.raises(NoMusic) as caught:
        read(writer.write([Played("1970-01-01T00:00:00", "A", "B")]), names=("old.zip",))
    assert (caught.value.file, caught.value.rows) == ("old.zip", 1)
    assert caught.value.skipped == {"bad_time": 1}


def test_the_same_plays_from_another_service_are_the_same(writer: Writer, read: Read) -> None:
    own = writer.write(PLAYS)
    for other in WRITERS:
        history, _ = read(own, other.write(PLAYS))
        assert len(history) == len(PLAYS), other.format


def test_cut_off_anywhere_it_never_fails_otherwise(writer: Writer, read: Read) -> None:
    document = writer.write(PLAYS * 3)
    for percent in range(0, 100, 5):
        try:
            history, report = read(document[: len(document) * percent // 100])
        except (NoMusic, NotAnExport, BrokenArchive):
            continue
        assert report.rows == len(history) + sum(report.skipped.values())


def test_in_a_zip_it_reads_the_same(writer: Writer, read: Read) -> None:
    document = writer.write(PLAYS)
    assert read(zipped({"anything.xyz": document}))[0] == read(document)[0]
