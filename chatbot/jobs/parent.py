"""The worker's tie to the process that started it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time

logger = logging.getLogger(__name__)

EXIT_ORPHANED = 71


class ParentLink:
    """A socket that the parent holds the other end of.

    It tells the parent that we live, and us when the parent dies, however it dies.
    """

    def __init__(self, descriptor: int, stop: asyncio.Event, patience_seconds: float) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._loop = asyncio.get_running_loop()
        self._stop = stop
        self._patience_seconds = patience_seconds
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def beat(self) -> None:
        """Tells the parent that our event loop turns."""
        with contextlib.suppress(OSError):  # a parent that does not read need not be told again
            self._socket.send(b".", socket.MSG_DONTWAIT)

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            while self._socket.recv(64):
                pass
        logger.warning("the process that started this worker is gone; leaving")
        with contextlib.suppress(RuntimeError):  # the loop is closed: we are leaving already
            self._loop.call_soon_threadsafe(self._stop.set)
        time.sleep(self._patience_seconds)
        os._exit(EXIT_ORPHANED)  # the event loop hangs, or a step does not let itself be stopped
