"""Progress reports at a bearable rate."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable

from chatbot.services.jobs import JobProgress

logger = logging.getLogger(__name__)


class ProgressWriter:
    """Writes at most one report per interval: the newest. The last one is always written."""

    def __init__(
        self, write: Callable[[JobProgress], Awaitable[None]], interval_seconds: float
    ) -> None:
        # A report may come from a callback of the event loop, which knows nothing of the step
        # that the writing belongs to.
        self._context = contextvars.copy_context()
        self._write = write
        self._interval_seconds = interval_seconds
        self._latest: JobProgress | None = None
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def report(self, progress: JobProgress) -> None:
        """Takes a report; returns at once. One that comes after the end is dropped."""
        if self._closing.is_set():
            return
        self._latest = progress
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._drain(), context=self._context)

    async def close(self) -> None:
        """Returns when the last report is written."""
        self._closing.set()
        if self._writer is not None:
            await self._writer

    async def _drain(self) -> None:
        while self._latest is not None:
            progress, self._latest = self._latest, None
            try:
                await self._write(progress)
            except Exception:  # a report that is lost must not cost the job
                logger.warning("a progress report could not be written", exc_info=True)
            if not self._closing.is_set():
                try:
                    await asyncio.wait_for(self._closing.wait(), self._interval_seconds)
                except TimeoutError:
                    continue
