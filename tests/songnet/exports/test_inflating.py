"""Members whose bytes are not what the archive says of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from songnet.exports.inflating import Source, opened_member
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import dumped, extended, zipped

CONTENT = b"".join(b"%d " % number for number in range(300_000))
SIZES = [1, 1000, 65_536, 10_000_000]


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def pieces(source: Source, size: int) -> list[bytes]:
    found = []
    while piece := source.read(size):
        found.append(piece)
    return found


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_member_is_given_whole_in_pieces_of_at_most_the_size(size: int) -> None:
    with opened(zipped({"a": CONTENT})) as archive:
        found = pieces(opened_member(archive, archive.getinfo("a")), size)
    assert b"".join(found) == CONTENT
    assert max(map(len, found)) <= size


def test_single_bytes_are_given_too() -> None:
    with opened(zipped({"a": CONTENT[:500]})) as archive:
        assert len(pieces(opened_member(archive, archive.getinfo("a")), 1)) == 500


@pytest.mark.parametrize("content", [b"", b"x"], ids=["nothing", "a byte"])
def test_small_members_are_members(content: bytes) -> None:
    with opened(zipped({"a": content})) as archive:
        assert b"".join(pieces(opened_member(archive, archive.getinfo("a")), 10)) == content


def test_members_may_be_read_in_turns() -> None:
    with opened(zipped({"a": CONTENT, "b": CONTENT[::-1]})) as archive:
        sources = [opened_member(archive, archive.getinfo(name)) for name in "ab"]
        found = [b"", b""]
        while any(turn := [source.read(70_000) for source in sources]):
            found = [before + piece for before, piece in zip(found, turn, strict=True)]
    assert found == [CONTENT, CONTENT[::-1]]


def changed(data: bytes, offset: int, value: int) -> bytes:
    """With another number in the only entry of the directory."""
    place = data.rindex(b"PK\x01\x02") + offset
    return data[:place] + struct.pack("<L", value) + data[place + 4 :]


SOUND = zipped({"a": CONTENT})
HALF = len(zlib.compress(CONTENT)) // 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(changed(SOUND, 16, 17), id="another checksum"),
        pytest.param(changed(SOUND, 24, len(CONTENT) - 1), id="more bytes than declared"),
        pytest.param(changed(SOUND, 20, HALF), id="fewer packed bytes than needed"),
        pytest.param(SOUND[:HALF] + b"\xff" * 64 + SOUND[HALF + 64 :], id="damage inside"),
    ],
)
def test_what_is_not_as_declared_is_broken(data: bytes) -> None:
    with opened(data) as archive, pytest.raises((zipfile.BadZipFile, EOFError)):
        pieces(opened_member(archive, archive.getinfo("a")), 65_536)


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(zipfile.ZIP_DEFLATED, id="deflate"),
        pytest.param(zipfile.ZIP_BZIP2, id="bzip2"),
        pytest.param(zipfile.ZIP_LZMA, id="lzma"),
    ],
)
def test_damage_inside_costs_the_member(read: Read, method: int) -> None:
    sound = zipped({"a.json": dumped(extended(), CONTENT.decode())}, method)
    middle = len(sound) // 2
    damaged = sound[:middle] + b"\xff" * 64 + sound[middle + 64 :]
    history, report = read(damaged, dumped(extended()), names=("bad.zip", "good.json"))
    assert len(history) == 1
    assert [file.name for file in report.problems] == ["bad.zip/a.json"]


def test_nothing_that_is_called_deflated_is_nothing() -> None:
    data = bytearray(zipped({"a": b""}, zipfile.ZIP_STORED))
    for header, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(header) + offset, zipfile.ZIP_DEFLATED)
    with opened(bytes(data)) as archive:
        member = archive.getinfo("a")
        assert (member.compress_type, member.compress_size) == (zipfile.ZIP_DEFLATED, 0)
        assert pieces(opened_member(archive, member), 10) == []


def test_a_bad_member_costs_itself(read: Read) -> None:
    archive = changed(zipped({"good.json": dumped(extended()), "bad.json": CONTENT}), 24, 5)
    history, report = read(archive)
    assert len(history) == 1
    assert [file.member for file in report.problems] == ["bad.json"]
