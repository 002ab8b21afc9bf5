"""The members of zip files, unpacked as they are read.

Nearly all of a large export is deflated. zlib-ng unpacks and checks it in half the time of zlib,
and the bytes pass through fewer hands than in `zipfile`, which still reads the directory, judges
the members' headers, and unpacks the rarer methods.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO, Final, Protocol

from zlib_ng import zlib_ng

_LOCAL_HEADER: Final = struct.Struct("<26x2H")
_PACKED_BYTES: Final = 128 * 1024
_RAW_DEFLATE: Final = -15
_Damaged: Final[type[Exception]] = zlib_ng.error  # type: ignore[assignment]  # it is a class


class Source(Protocol):
    """Bytes that are read once, from the first to the last."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def close(self) -> None: ...


def opened_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source:
    """A member of a zip file, unpacked.

    Raises:
        zipfile.BadZipFile, NotImplementedError, RuntimeError: as `ZipFile.open`.
    """
    source = opened.open(member)
    # Some writers call an empty member deflated without writing the bytes that deflate makes of it.
    is_empty = not member.compress_size and not member.file_size
    if member.compress_type != zipfile.ZIP_DEFLATED or is_empty or opened.fp is None:
        return source
    source.close()
    return Inflated(opened.fp, member)


class Inflated:
    """A deflated member, whose length and checksum are judged at its end."""

    def __init__(self, archive: IO[bytes], member: zipfile.ZipInfo) -> None:
        archive.seek(member.header_offset)
        name_bytes, extra_bytes = _LOCAL_HEADER.unpack(archive.read(_LOCAL_HEADER.size))
        self._archive = archive
        self._member = member
        self._at = member.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
        self._end = self._at + member.compress_size
        self._inflater = zlib_ng.decompressobj(_RAW_DEFLATE)
        self._given = 0
        self._checksum = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes, up to so many; none at the end.

        Raises:
            EOFError: the packed bytes end before the unpacked ones do.
            zipfile.BadZipFile: it is damaged, or not what the archive's directory says.
        """
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._packed()
            try:
                data = self._inflater.decompress(packed, size)
            except _Damaged as error:
                raise zipfile.BadZipFile(str(error)) from error
            if not (packed or data or self._inflater.eof):
                raise EOFError
            self._given += len(data)
            self._checksum = zlib_ng.crc32(data, self._checksum)
            self._check()
            if data:
                return data
        return b""

    def close(self) -> None:
        """Nothing to let go: the archive stays open."""

    def _packed(self) -> bytes:
        # Other members may be read in between.
        self._archive.seek(self._at)
        packed = self._archive.read(min(_PACKED_BYTES, self._end - self._at))
        self._at += len(packed)
        return packed

    def _check(self) -> None:
        declared = self._member.file_size
        if self._given > declared:
            raise zipfile.BadZipFile(f"it unpacks to more than the {declared} bytes that it says")
        if self._inflater.eof and self._checksum != self._member.CRC:
            raise zipfile.BadZipFile("its checksum is wrong")
