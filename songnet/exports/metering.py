"""What the files of a person may still ask of this machine, and the streams that count it."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from songnet.errors import BrokenArchive, LimitExceeded

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from songnet.exports.inflating import Source
    from songnet.exports.limits import ExportLimits

_Row = TypeVar("_Row")

_READ_BYTES: Final = 512 * 1024


@dataclass
class Budget:
    """What is left of the limits that hold for all files together."""

    limits: ExportLimits
    bytes_read: int = 0
    entries: int = 0
    rows: int = 0

    def spend_bytes(self, file: str, count: int) -> None:
        self.bytes_read += count
        self._check(file, "total_bytes", self.bytes_read, self.limits.total_bytes)

    def spend_entries(self, file: str, count: int) -> None:
        self.entries += count
        self._check(file, "entries", self.entries, self.limits.entries)

    def spend_rows(self, file: str, count: int) -> None:
        self.rows += count
        self._check(file, "rows", self.rows, self.limits.rows)

    def counted(self, file: str, rows: Iterable[_Row]) -> Iterator[_Row]:
        """The same rows, stopped where they become too many; `spend_rows` is for afterwards.

        Raises:
            LimitExceeded: there are more than are left.
        """
        for count, row in enumerate(rows, start=self.rows + 1):
            self._check(file, "rows", count, self.limits.rows)
            yield row

    @property
    def is_spent(self) -> bool:
        return (
            self.bytes_read > self.limits.total_bytes
            or self.entries > self.limits.entries
            or self.rows > self.limits.rows
        )

    @staticmethod
    def _check(file: str, limit: str, found: int, allowed: int) -> None:
        if found > allowed:
            raise LimitExceeded(file, limit=limit, allowed=allowed, found=found)


class Meter(io.RawIOBase):
    """A stream that counts what it gives and stops at the limits."""

    def __init__(self, source: Source, file: str, packed_bytes: int | None, budget: Budget) -> None:
        self._source = source
        self._file = file
        self._packed_bytes = packed_bytes
        self._budget = budget
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            return self.readall()
        with broken_means_broken(self._file):
            data = self._source.read(min(size, _READ_BYTES))
        self._given += len(data)
        self._budget.spend_bytes(self._file, len(data))
        self._check_own()
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _check_own(self) -> None:
        limits = self._budget.limits
        if self._given > limits.file_bytes:
            raise LimitExceeded(
                self._file, limit="file_bytes", allowed=limits.file_bytes, found=self._given
            )
        if self._packed_bytes is None or self._given <= limits.ratio_free_bytes:
            return
        ratio = self._given // max(self._packed_bytes, 1)
        if ratio > limits.compression_ratio:
            raise LimitExceeded(
                self._file,
                limit="compression_ratio",
                allowed=limits.compression_ratio,
                found=ratio,
            )


@contextmanager
def broken_means_broken(file: str) -> Iterator[None]:
    """Says `BrokenArchive` for what zipfile and its packers say about damaged data."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise BrokenArchive(file, reason=str(error) or "it ends too early") from error
    except (NotImplementedError, RuntimeError, ValueError, struct.error) as error:
        raise BrokenArchive(file, reason=f"unsupported: {error}") from error
