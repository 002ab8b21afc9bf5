"""Starts the worker processes, watches them, replaces those that end or hang."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

from chatbot.jobs.relay import ErrorRelay

logger = logging.getLogger(__name__)

PARENT_OPTION = "--parent-fd"
"""The worker's command-line option that takes `run_worker(parent_fd=...)`."""


@dataclass(frozen=True)
class SupervisorLimits:
    """How patient the supervisor is; all times in seconds."""

    beat_seconds: float = 1.0
    """How often it looks whether the workers live."""
    start_seconds: float = 120.0
    """How long a worker may take to its first beat (cold disks, imports, migrations)."""
    hang_seconds: float = 30.0
    """A worker whose event loop stands still for so long is killed and replaced."""
    backoff_seconds: float = 1.0
    """The pause after the second start in a row without a beat; doubled with each further one."""
    longest_backoff_seconds: float = 60.0
    bad_starts_to_report: int = 3
    stop_seconds: float = 9.0
    """A worker that does not leave for so long after SIGTERM is killed."""


class Supervisor:
    """Keeps a number of worker processes running while its context lasts.

    Each worker holds one end of a socket, over which it beats; it stops when the other end closes,
    so none outlives this process, however that ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int = 1,
        *,
        limits: SupervisorLimits | None = None,
        output: int | IO[bytes] | None = None,
    ) -> None:
        """Does not start anything yet.

        Args:
            command: Starts a worker; gets `--parent-fd N` appended.
            count: How many workers to keep.
            limits: Named intervals.
            output: Where the workers' stdout and stderr go; by default through our `sys.stderr`.
        """
        self._output = output
        self._open = contextlib.ExitStack()
        limits = limits or SupervisorLimits()
        self._places = [_Place(tuple(command), limits) for _ in range(count)]
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def healthy(self) -> bool:
        """Every worker is up, and its event loop turns."""
        return all(place.is_beating for place in self._places)

    @property
    def silences(self) -> tuple[float | None, ...]:
        """For how many seconds each worker was silent at the last look; None for one not up."""
        return tuple(place.silent_seconds for place in self._places)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the workers that run now."""
        return tuple(place.process.pid for place in self._places if place.process is not None)

    async def __aenter__(self) -> Self:
        output = self._output
        if output is None:
            output = self._open.enter_context(ErrorRelay()).write_fd
        self._keepers = [asyncio.create_task(place.keep(output)) for place in self._places]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.to_thread(self._open.close)


class _Place:
    """One worker after the other."""

    def __init__(self, command: tuple[str, ...], limits: SupervisorLimits) -> None:
        self._command = command
        self._limits = limits
        self.process: asyncio.subprocess.Process | None = None
        self.silent_seconds: float | None = None
        self.is_beating = False
        self._has_beaten = False
        """The worker that runs now, or ran last, had come up."""

    async def keep(self, output: int | IO[bytes]) -> None:
        """Runs until it is cancelled; the worker is gone then."""
        bad_starts = 0
        while True:
            reason = await self._run_one(output)
            # One that worked and then died, even at once, left a job that waits for the next.
            bad_starts = 0 if self._has_beaten else bad_starts + 1
            pause = self._pause(bad_starts)
            if bad_starts == self._limits.bad_starts_to_report:
                logger.error(
                    "the worker does not stay up, and jobs wait: it %s, %d times in a row right "
                    "after its start; trying again and again, at most every %.0f seconds",
                    reason, bad_starts, self._limits.longest_backoff_seconds,
                )  # fmt: skip
            elif bad_starts < self._limits.bad_starts_to_report:
                logger.warning("the worker %s; starting another", reason)
            await asyncio.sleep(pause)

    def _pause(self, bad_starts: int) -> float:
        if bad_starts <= 1:
            return 0.0
        doublings = min(bad_starts - 2, 20)
        pause: float = self._limits.backoff_seconds * 2**doublings
        return min(pause, self._limits.longest_backoff_seconds)

    async def _run_one(self, output: int | IO[bytes]) -> str:
        """Starts a worker and returns, when it is gone, what it did."""
        self._has_beaten = False
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            try:
                with theirs:
                    process = await asyncio.create_subprocess_exec(
                        *self._command, PARENT_OPTION, str(theirs.fileno()),
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        pass_fds=(theirs.fileno(),),
                        process_group=0,  # Ctrl-C in a terminal is our affair, not the worker's
                    )  # fmt: skip
            except OSError as error:
                return f"could not be started ({error})"
            self.process = process
            try:
                return await self._watch(process, ours)
            finally:
                self.is_beating = False
                self.silent_seconds = None
                await self._end(process)
                self.process = None

    async def _watch(self, process: asyncio.subprocess.Process, ours: socket.socket) -> str:
        """Waits for the worker's end; kills it when it is silent for too long.

        Our own beats are counted, not time: a laptop that slept has not watched anybody hang.
        """
        ended = asyncio.ensure_future(process.wait())
        silent = 0
        try:
            while not ended.done():
                await asyncio.wait({ended}, timeout=self._limits.beat_seconds)
                if self._heard(ours):
                    silent, self.is_beating, self._has_beaten = 0, True, True
                else:
                    silent += 1
                if self.is_beating:
                    self.silent_seconds = silent * self._limits.beat_seconds
                patience = (
                    self._limits.hang_seconds if self.is_beating else self._limits.start_seconds
                )
                if not ended.done() and silent * self._limits.beat_seconds > patience:
                    process.kill()
                    return f"hung for {patience:.0f} seconds and was killed"
        finally:
            ended.cancel()
        return f"ended with exit code {process.returncode}"

    def _heard(self, ours: socket.socket) -> bool:
        heard = False
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            while ours.recv(4096):
                heard = True
        return heard

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Asks the worker to leave, and makes it, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._limits.stop_seconds)
        except TimeoutError:
            logger.warning("the worker did not leave in time and was killed")
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
