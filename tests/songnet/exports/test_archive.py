"""Files that want to do harm, or came to harm."""

from __future__ import annotations

import gzip
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from songnet.errors import BrokenArchive, EncryptedArchive, LimitExceeded, NotAnExport
from songnet.exports import ExportFile, ExportLimits, read_history
from songnet.exports.archive import HEAD_BYTES, documents
from songnet.exports.metering import Budget
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import dumped, extended, zipped

GOOD = dumped(extended())


def problems(error_kind: str, limit: str | None, report: object) -> bool:
    found = [file.problem for file in report.problems]  # type: ignore[attr-defined]
    return [(problem.kind, problem.facts.get("limit")) for problem in found] == [
        (error_kind, limit)
    ]


def encrypted(content: bytes) -> bytes:
    """Marks every member as encrypted, in the local headers and in the directory."""
    data = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = data.find(mark)
        while position >= 0:
            data[position + offset] |= 1
            position = data.find(mark, position + 4)
    return bytes(data)


def with_wrong_crc(content: bytes) -> bytes:
    data = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.find(mark) + offset] ^= 0xFF
    return bytes(data)


def test_archives_in_archives_are_opened(read: Read) -> None:
    nested = zipped({"inner.zip": zipped({"a.json": gzip.compress(GOOD)})})
    history, report = read(nested, names=("outer.zip",))
    assert len(history) == 1
    assert report.files[0].name == "outer.zip/inner.zip/a.json"


def test_gzip_alone_is_opened(read: Read) -> None:
    assert len(read(gzip.compress(GOOD))[0]) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_compression_of_zip_is_read(read: Read, method: int) -> None:
    assert len(read(zipped({"a.json": GOOD}, method))[0]) == 1


def test_nesting_has_a_limit(read: Read, small_limits: ExportLimits) -> None:
    three = zipped({"2.zip": zipped({"3.zip": zipped({"a.json": GOOD})})})
    with pytest.raises(LimitExceeded) as caught:
        read(three, limits=small_limits)
    assert (caught.value.limit, caught.value.allowed) == ("nesting", 2)


def test_of_foreign_data_only_the_head_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"a.bin": b"0" * 10_000_000}))
    budget = Budget(ExportLimits())
    assert [document.member for document in documents(ExportFile.of(path), budget)] == ["a.bin"]
    assert budget.bytes_read <= path.stat().st_size + HEAD_BYTES


def bomb(size: int) -> bytes:
    """A recognisable document that is mostly nothing."""
    return GOOD[:-1] + b" " * size + b"]"


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"compression_ratio": 20, "ratio_free_bytes": 100_000}, "compression_ratio"),
        ({"file_bytes": 200_000}, "file_bytes"),
        ({"total_bytes": 200_000}, "total_bytes"),
    ],
)
def test_a_bomb_stops_at_each_limit(read: Read, limits: dict[str, int], limit: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(zipped({"a.json": bomb(1_000_000)}), limits=ExportLimits(**limits), names=("b.zip",))
    assert (caught.value.limit, caught.value.file) == (limit, "b.zip")


@pytest.mark.parametrize("limit", ["compression_ratio", "file_bytes"])
def test_a_bomb_does_not_sink_its_neighbours(
    read: Read, small_limits: ExportLimits, limit: str
) -> None:
    limits = replace(small_limits, total_bytes=10**9, **{"file_bytes": 10**9, limit: 20_000})
    limits = replace(limits, compression_ratio=20 if limit == "compression_ratio" else 10**6)
    history, report = read(zipped({"1.json": bomb(10**6), "2.json": GOOD}), limits=limits)
    assert len(history) == 1
    assert problems("LimitExceeded", limit, report)


def test_a_nested_bomb_stops_too(read: Read) -> None:
    limits = ExportLimits(ratio_free_bytes=100_000, compression_ratio=20)
    inner = zipped({f"{number}.json": bomb(300_000) for number in range(3)})
    with pytest.raises(LimitExceeded):
        read(zipped({"inner.zip": inner}), limits=limits)


def test_a_gzip_bomb_stops_too(read: Read) -> None:
    limits = ExportLimits(ratio_free_bytes=100_000, compression_ratio=20)
    with pytest.raises(LimitExceeded) as caught:
        read(gzip.compress(bomb(1_000_000)), limits=limits)
    assert caught.value.limit == "compression_ratio"


def test_bytes_count_over_all_files(read: Read) -> None:
    limits = ExportLimits(total_bytes=3 * len(GOOD))
    assert len(read(GOOD, GOOD, limits=limits)[0]) == 1
    _, report = read(GOOD, GOOD, GOOD, GOOD, limits=limits)
    assert problems("LimitExceeded", "total_bytes", report)


def test_many_entries_are_refused_unseen(read: Read, small_limits: ExportLimits) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(zipped({f"{number}.json": b"" for number in range(11)}), limits=small_limits)
    assert (caught.value.limit, caught.value.found) == ("entries", 11)


def test_an_archive_cannot_hide_its_entries(read: Read, small_limits: ExportLimits) -> None:
    data = bytearray(zipped({f"{number}.json": b"" for number in range(11)}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    with pytest.raises(LimitExceeded) as caught:
        read(bytes(data), limits=small_limits)
    assert caught.value.limit == "entries"


def test_rows_have_a_limit(read: Read) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(dumped(*[extended()] * 11), limits=ExportLimits(rows=10))
    assert (caught.value.limit, caught.value.found) == ("rows", 11)


def test_an_encrypted_archive_is_named(read: Read) -> None:
    with pytest.raises(EncryptedArchive) as caught:
        read(encrypted(zipped({"a.json": GOOD})), names=("locked.zip",))
    assert caught.value.file == "locked.zip"


def test_a_wrong_checksum_is_named_with_its_member(read: Read) -> None:
    with pytest.raises(BrokenArchive) as caught:
        read(with_wrong_crc(zipped({"a.json": GOOD})), names=("bad.zip",))
    assert caught.value.file == "bad.zip"
    assert "a.json" in caught.value.reason


def test_one_broken_member_does_not_sink_the_others(read: Read) -> None:
    archive = with_wrong_crc(zipped({"a.json": GOOD, "b.json": dumped(extended(ts="2024-02-02"))}))
    history, report = read(archive)
    assert len(history) == 1
    assert problems("BrokenArchive", None, report)


def test_one_broken_file_does_not_sink_the_others(read: Read) -> None:
    archive = zipped({"a.json": GOOD})
    history, report = read(archive[: len(archive) // 2], GOOD, names=("half.zip", "whole.json"))
    assert len(history) == 1
    assert [file.name for file in report.problems] == ["half.zip"]


@pytest.mark.parametrize("pack", [lambda data: zipped({"a.json": data}), gzip.compress])
def test_truncated_anywhere_it_is_broken(read: Read, pack: object) -> None:
    archive = pack(dumped(*(extended(ms_played=number * 77) for number in range(40))))  # type: ignore[operator]
    for percent in range(1, 100):
        with pytest.raises(BrokenArchive):
            read(archive[: len(archive) * percent // 100])


def test_garbage_after_the_mark_of_a_zip_is_broken(read: Read) -> None:
    with pytest.raises(BrokenArchive):
        read(b"PK\x03\x04" + bytes(range(256)) * 10)


def test_an_empty_zip_holds_no_export(read: Read) -> None:
    with pytest.raises(NotAnExport):
        read(zipped({}))


def test_names_that_climb_are_only_names(read: Read, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    history, _ = read(zipped({"../../escaped.json": GOOD, "/tmp/absolute.json": GOOD}))
    assert len(history) == 1
    assert [path.name for path in sorted(tmp_path.rglob("*")) if path not in before] == ["upload-1"]


def test_folders_are_read_without_their_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_bytes(dumped(extended(ts="2024-03-03T00:00:00Z")))
    folder = tmp_path / "MyData"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.json").write_bytes(GOOD)
    (folder / "link.json").symlink_to(outside)
    history, report = read_history(folder)
    assert len(history) == 1
    assert [file.name for file in report.files] == ["MyData/deep/a.json"]


@pytest.mark.parametrize(
    "document",
    [
        b'[{"ts": "2024-01-01T12:00:00Z", "ms_played": 1, "x": ' + b"[" * 100_000,
        b'[{"ts": "2024-01-01T12:00:00Z", "ms_played": ' + b"9" * 1_000_000 + b"}]",
        b'[{"ts": "' + b"x" * 5_000_000,
        b'{"ts": 1, "ms_played": 2}' * 10_000,
        b'[{"ts": "\\ud800", "ms_played": 1}, {"ts": "\x00", "ms_played": NaN}]',
        b"{" * 200_000 + b'"ts": 1, "ms_played": 2',
    ],
    ids=["deep", "long number", "long text", "no list", "surrogate", "braces"],
)
def test_hostile_json_does_not_sink_its_neighbours(read: Read, document: bytes) -> None:
    history, report = read(document, GOOD)
    assert len(history) == 1
    assert report.rows == report.plays + sum(report.skipped.values())
