"""Files on their way to us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class SentFile(Protocol):
    """A file that somebody sent; nothing is downloaded before its `chunks` are read."""

    @property
    def name(self) -> str:
        """As the sender knows it."""

    @property
    def size(self) -> int | None:
        """Bytes, where the platform tells."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The content, piece by piece.

        Raises:
            SentFileUnavailable: the platform does not hand it out.
        """


class SentFileUnavailable(Exception):
    """The platform does not hand the file out.

    `reason` is `too_large` (with `limit_bytes`, the platform's limit) or `gone`.
    """

    def __init__(self, reason: str, *, limit_bytes: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.limit_bytes = limit_bytes
