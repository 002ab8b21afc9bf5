"""Files that people sent, streamed from Discord's content network piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import aiohttp
import discord

from chatbot.conversation.messages import AttachmentUnavailable
from chatbot.frontends.discord import markup

CHUNK_BYTES = 64 * 1024
NAME_UNITS = 200
ATTEMPTS = 3
"""How often a broken download is taken up again where it broke."""
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
_GONE = (401, 403, 404, 410)


class _Broken(Exception):
    """The download broke off; it can be taken up again."""


@dataclass(frozen=True)
class DiscordAttachment:
    """A file in a message or in an option of a command; implements `Attachment`."""

    name: str
    size: int | None
    url: str
    session: aiohttp.ClientSession

    @classmethod
    def of(
        cls, attachment: discord.Attachment, session: aiohttp.ClientSession
    ) -> DiscordAttachment:
        """Wraps discord.py's attachment, whose own `read` would take the whole file into memory."""
        return cls(safe_name(attachment.filename), attachment.size, attachment.url, session)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content in pieces of at most 64 KiB.

        Raises:
            AttachmentUnavailable: the file is gone, or cannot be had after several attempts.
        """
        received = 0
        for _ in range(ATTEMPTS):
            try:
                async for chunk in self._download(received):
                    received += len(chunk)
                    yield chunk
            except (_Broken, aiohttp.ClientError, TimeoutError, OSError):
                continue
            if self.size is None or received >= self.size:
                return
        raise AttachmentUnavailable("gone")

    async def _download(self, start: int) -> AsyncIterator[bytes]:
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        async with self.session.get(self.url, headers=headers, timeout=TIMEOUT) as response:
            if response.status in _GONE:
                raise AttachmentUnavailable("gone")
            if response.status not in (200, 206):
                raise _Broken
            skip = start if response.status == 200 else 0  # noqa: PLR2004 - the server ignored Range
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                rest = chunk[skip:]
                skip = max(skip - len(chunk), 0)
                if rest:
                    yield rest


def safe_name(name: str) -> str:
    """A file name without folders, control characters and direction overrides.

    >>> safe_name("../../etc/passwd")
    'passwd'
    """
    one_line = " ".join(markup.clean(name).split())
    last = PurePosixPath(one_line.replace("\\", "/")).name
    return markup.clip(last, NAME_UNITS) if last not in ("", ".", "..") else "file"
