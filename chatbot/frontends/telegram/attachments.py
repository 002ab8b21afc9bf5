"""Files that people sent, fetched only when they are read."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
from telegram import Bot, Document
from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, TelegramError

from chatbot.conversation.messages import AttachmentUnavailable
from chatbot.frontends.telegram.requests import pause_before_attempt
from chatbot.frontends.telegram.text import clean, clip
from chatbot.frontends.telegram.timing import Clock, Tempo

_LOGGER = logging.getLogger(__name__)

NAME_UNITS = 120
_LOCAL_BYTES = int(FileSizeLimit.FILESIZE_UPLOAD_LOCAL_MODE)
_CHUNK_BYTES = 256 * 1024
_NOT_IN_NAMES = dict.fromkeys(map(ord, '<>:"|?*'))


def safe_name(name: str | None) -> str:
    """A file's name for showing and storing: no folders, no controls, not endless."""
    last = clean(name or "").replace("\\", "/").rsplit("/", 1)[-1].translate(_NOT_IN_NAMES)
    visible = "".join(c for c in last if unicodedata.category(c) not in {"Cf", "Zl", "Zp"})
    visible = " ".join(visible.split()).strip(". ")
    stem, dot, suffix = visible.rpartition(".")
    if dot and len(suffix) <= 10:  # noqa: PLR2004 - longer than any ending of an export
        return f"{clip(stem, NAME_UNITS)}.{suffix}"
    return clip(visible, NAME_UNITS) or "file"


class FileSource:
    """Where a bot's files come from: Telegram's file server, or a local Bot API server's disk."""

    def __init__(
        self, bot: Bot, client: httpx.AsyncClient, clock: Clock, tempo: Tempo, *, local_mode: bool
    ) -> None:
        """`local_mode`: the Bot API server runs with `--local` and shares this machine's disk."""
        self._bot = bot
        self._client = client
        self._clock = clock
        self._tempo = tempo
        self._local_mode = local_mode
        self.limit_bytes = download_limit(local_mode=local_mode)

    async def chunks(self, file_id: str) -> AsyncGenerator[bytes, None]:
        """The content; a broken connection is taken up again where it broke.

        Raises:
            AttachmentUnavailable: too large for the platform, or not to be had.
        """
        given = 0
        for attempt in range(self._tempo.retries + 1):
            try:
                async with aclosing(self._read(await self._locate(file_id), given)) as pieces:
                    async for piece in pieces:
                        given += len(piece)
                        yield piece
            except (httpx.HTTPError, TelegramError) as error:
                pause = pause_before_attempt(error, attempt)
                # Never the error itself: an address in it would hold the token.
                _LOGGER.warning("a download broke off: %s", type(error).__name__)
            else:
                return
            if attempt < self._tempo.retries:
                await self._clock.sleep(pause)
        raise AttachmentUnavailable("gone")

    async def _locate(self, file_id: str) -> str:
        """The file's path on this disk, or its address."""
        try:
            path = (await self._bot.get_file(file_id)).file_path
        except BadRequest as error:
            too_big = "too big" in error.message.lower()
        else:
            if not path:
                raise AttachmentUnavailable("gone")
            return path
        if too_big:
            raise AttachmentUnavailable("too_large", limit_bytes=self.limit_bytes)
        raise AttachmentUnavailable("gone")

    async def _read(self, located: str, skip: int) -> AsyncGenerator[bytes, None]:
        if self._local_mode and Path(located).is_absolute():
            pieces = self._read_disk(Path(located), skip)
        else:
            if self._local_mode:
                _LOGGER.warning("the disk of the local Bot API server cannot be read from here")
            pieces = self._read_server(self._address(located), skip)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    def _address(self, located: str) -> str:
        # PTB leaves a path as it is where a file of that name happens to lie in the current folder.
        path = located.removeprefix(self._bot.base_file_url).lstrip("/")
        return f"{self._bot.base_file_url}/{quote(path)}"

    async def _read_server(self, address: str, skip: int) -> AsyncGenerator[bytes, None]:
        async with self._client.stream("GET", address) as response:
            if response.is_server_error:
                raise httpx.RemoteProtocolError(f"status {response.status_code}")
            if not response.is_success:
                raise AttachmentUnavailable("gone")
            async for piece in response.aiter_bytes(_CHUNK_BYTES):
                fresh = piece[skip:]
                skip = max(0, skip - len(piece))
                if fresh:
                    yield fresh

    async def _read_disk(self, path: Path, skip: int) -> AsyncGenerator[bytes, None]:
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except OSError:
            _LOGGER.warning("a file of the local Bot API server cannot be read")
            raise AttachmentUnavailable("gone") from None
        try:
            await asyncio.to_thread(file.seek, skip)
            while piece := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield piece
        finally:
            with suppress(OSError):
                file.close()


class TelegramAttachment:
    """One file; the size is known before anything is fetched."""

    def __init__(self, source: FileSource, document: Document) -> None:
        self._source = source
        self._file_id = document.file_id
        self.name = safe_name(document.file_name)
        self.size = document.file_size

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content, piece by piece.

        Raises:
            AttachmentUnavailable: too large for the platform, or not to be had.
        """
        if self.size is not None and self.size > self._source.limit_bytes:
            raise AttachmentUnavailable("too_large", limit_bytes=self._source.limit_bytes)
        async with aclosing(self._source.chunks(self._file_id)) as pieces:
            async for piece in pieces:
                yield piece


def download_limit(*, local_mode: bool) -> int:
    """The largest file, in bytes, that Telegram hands to a bot.

    A local server has no limit of its own; 2,000 MB is what people can send.
    """
    return _LOCAL_BYTES if local_mode else int(FileSizeLimit.FILESIZE_DOWNLOAD)


def upload_limit(*, local_mode: bool) -> int:
    """The largest file, in bytes, that Telegram takes from a bot."""
    return _LOCAL_BYTES if local_mode else int(FileSizeLimit.FILESIZE_UPLOAD)
