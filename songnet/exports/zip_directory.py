"""What a zip file says of itself, judged before anybody goes by it."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import IO, TYPE_CHECKING, Final

from songnet.errors import BrokenArchive, LimitExceeded

if TYPE_CHECKING:
    from songnet.exports.limits import ExportLimits

_END_RECORD: Final = struct.Struct("<4s4H2LH")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_END64_RECORD: Final = struct.Struct("<4sQ2H2L4Q")
_LOCAL_HEADER_BYTES: Final = 30
_LONGEST_COMMENT: Final = 65_535
_DIRECTORY_BYTES_PER_ENTRY: Final = 256
"""What an entry of a zip directory takes at most on average: 46 bytes and its name."""


def check_overlap(file: str, opened: zipfile.ZipFile) -> None:
    """Members that share their bytes are how a small archive unpacks to petabytes.

    Raises:
        BrokenArchive: a member begins before the one in front of it ends.
    """
    end = 0
    for member in sorted(opened.infolist(), key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise BrokenArchive(file, reason="its members overlap")
        end = member.header_offset + _LOCAL_HEADER_BYTES + member.compress_size


def directory_entries(file: str, archive: IO[bytes], limits: ExportLimits) -> int:
    """How many members the archive's end declares; read before zipfile loads all their names.

    zipfile goes by the size of the directory and not by the declared number, so both are judged.
    """
    size = archive.seek(0, io.SEEK_END)
    archive.seek(max(0, size - _LONGEST_COMMENT - _END_RECORD.size - _END64_LOCATOR.size))
    tail = archive.read()
    position = tail.rfind(b"PK\x05\x06")
    if position < 0 or len(tail) - position < _END_RECORD.size:
        raise BrokenArchive(file, reason="its end is missing")
    *_, entries, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, position)
    locator = position - _END64_LOCATOR.size
    if locator >= 0 and tail.startswith(b"PK\x06\x07", locator):
        archive.seek(min(_END64_LOCATOR.unpack_from(tail, locator)[2], size))
        record = archive.read(_END64_RECORD.size)
        if len(record) == _END64_RECORD.size and record.startswith(b"PK\x06\x06"):
            *_, entries, directory_bytes, _ = _END64_RECORD.unpack(record)
    archive.seek(0)
    by_size = directory_bytes // _DIRECTORY_BYTES_PER_ENTRY
    if by_size > limits.entries:
        raise LimitExceeded(file, limit="entries", allowed=limits.entries, found=by_size)
    return int(entries)
