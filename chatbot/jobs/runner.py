"""Runs one job's steps; what every implementation of `Jobs` shares."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from chatbot import logs
from chatbot.jobs.child import ChildCrashed
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.progress import ProgressWriter
from chatbot.jobs.tasks.base import Step, StepContext, Task
from chatbot.jobs.verdicts import CANCELLED, Verdict, bug, crashed, refused
from chatbot.services.jobs import NO_ROOM, JobProgress
from songnet.errors import SongnetError
from storage.room import is_out_of_room

logger = logging.getLogger(__name__)


class _OutOfRoom(Exception):
    """The disk was full: the step is run again when there may be room."""


class JobNotes(Protocol):
    """What the queue remembers of a job beside its place in it."""

    async def is_cancelled(self, job_id: str) -> bool:
        """Somebody wants the job to stop."""

    async def crashes(self, job_id: str, finished_steps: int) -> int:
        """How many workers died with the job after so many finished steps."""


@dataclass(frozen=True)
class JobKey:
    """Which job: the only data that go through the queue."""

    job_id: str
    task: str
    user_id: int
    subject_id: str


class JobRunner:
    """Runs the steps of jobs, one job at a time for each caller, and knows which are running."""

    def __init__(self, tasks: Iterable[Task], notes: JobNotes, limits: JobLimits) -> None:
        self.tasks = {task.name: task for task in tasks}
        self._notes = notes
        self._limits = limits
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._quiet_ticks: dict[str, int] = {}

    @property
    def running(self) -> frozenset[str]:
        """The ids of the jobs that run here now."""
        return frozenset(self._quiet_ticks)

    def tick(self) -> dict[str, int]:
        """Counts a beat of the worker's clock; returns each job's beats since a sign of life.

        Beats instead of seconds, so that a laptop's sleep or a stopped process counts as nothing.
        """
        for job_id in self._quiet_ticks:
            self._quiet_ticks[job_id] += 1
        return dict(self._quiet_ticks)

    def stop(self) -> None:
        """Cuts the running steps short, without ending their jobs; new ones do not start."""
        self._stopping.set()

    async def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Whether no job runs any more within that time."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_seconds)
        except TimeoutError:
            return False
        return True

    @asynccontextmanager
    async def presence(self, job_id: str) -> AsyncIterator[None]:
        """Counts the job as running here.

        Raises:
            asyncio.CancelledError: the worker is stopping.
        """
        if self._stopping.is_set():
            raise asyncio.CancelledError
        self._quiet_ticks[job_id] = 0
        self._idle.clear()
        try:
            yield
        finally:
            self._quiet_ticks.pop(job_id, None)
            if not self._quiet_ticks:
                self._idle.set()

    async def attempt(
        self,
        key: JobKey,
        finished_steps: int,
        write: Callable[[JobProgress], Awaitable[None]],
    ) -> Verdict | None:
        """Runs the step that follows so many finished ones; None when it went well.

        Raises:
            asyncio.CancelledError: the worker is stopping; the step is to be run again.
        """
        with logs.about(job_id=key.job_id, user_id=key.user_id):
            return await self._attempt(key, finished_steps, write)

    async def _attempt(
        self,
        key: JobKey,
        finished_steps: int,
        write: Callable[[JobProgress], Awaitable[None]],
    ) -> Verdict | None:
        step = self.tasks[key.task].steps[finished_steps]
        self._sign_of_life(key.job_id)
        if await self._notes.is_cancelled(key.job_id):
            return CANCELLED
        crashes = await self._notes.crashes(key.job_id, finished_steps)
        while crashes < self._limits.crash_limit:
            try:
                async with self._context(key, write) as context:
                    return await self._supervise(key, step, context)
            except _OutOfRoom as full:
                logger.warning("job %s waits: no room on the disk: %s", key.job_id, full)
                await self._wait_for_room(key, write)
                if await self._notes.is_cancelled(key.job_id):
                    return CANCELLED
            except ChildCrashed as crash:
                crashes += 1
                logger.warning(
                    "job %s, step %s, crash %d: %s", key.job_id, step.name, crashes, crash
                )
        logger.error("job %s failed: step %s crashed %d times", key.job_id, step.name, crashes)
        return crashed(key.job_id, crashes)

    async def finish(
        self,
        key: JobKey,
        finished_steps: int,
        verdict: Verdict,
        write: Callable[[JobProgress], Awaitable[None]],
    ) -> None:
        """Calls `Task.ended`, patiently; gives up on one that cannot be borne, with a word."""
        with logs.about(job_id=key.job_id, user_id=key.user_id):
            await self._finish(key, finished_steps, verdict, write)

    async def _finish(
        self,
        key: JobKey,
        finished_steps: int,
        verdict: Verdict,
        write: Callable[[JobProgress], Awaitable[None]],
    ) -> None:
        task = self.tasks[key.task]
        self._sign_of_life(key.job_id)
        if await self._notes.crashes(key.job_id, finished_steps) >= self._limits.crash_limit:
            logger.error("job %s: 'ended' of task %s crashes; left out", key.job_id, key.task)
            return
        attempt = 0
        while attempt < self._limits.ended_attempts:
            try:
                async with self._context(key, write) as context:
                    await self._until_stopped(task.ended(context, verdict.state, verdict.failure))
                return
            except Exception as error:
                logger.exception("job %s: 'ended' of task %s failed", key.job_id, key.task)
                if is_out_of_room(error):
                    await self._wait_for_room(key, write)
                    continue
            await self._until_stopped(asyncio.sleep(2**attempt))
            attempt += 1

    async def _wait_for_room(
        self, key: JobKey, write: Callable[[JobProgress], Awaitable[None]]
    ) -> None:
        """Somebody has to make room; the person sees why nothing goes on."""
        async with self._context(key, write) as context:
            await context.report(JobProgress(NO_ROOM))
        await self._until_stopped(asyncio.sleep(self._limits.room_seconds))

    def _sign_of_life(self, job_id: str) -> None:
        if job_id in self._quiet_ticks:
            self._quiet_ticks[job_id] = 0

    @asynccontextmanager
    async def _context(
        self, key: JobKey, write: Callable[[JobProgress], Awaitable[None]]
    ) -> AsyncIterator[StepContext]:
        writer = ProgressWriter(write, self._limits.report_seconds)

        async def report(progress: JobProgress) -> None:
            self._sign_of_life(key.job_id)
            await writer.report(progress)

        try:
            yield StepContext(key.job_id, key.user_id, key.subject_id, report)
        finally:
            await writer.close()

    async def _supervise(self, key: JobKey, step: Step, context: StepContext) -> Verdict | None:
        """Runs a step until it ends, its job is cancelled, or the worker stops."""
        cancelled = asyncio.create_task(self._wait_for_cancel(key.job_id))
        try:
            completed = await self._until_stopped(step.run(context), cancelled)
        except ChildCrashed:
            raise
        except SongnetError as error:
            logger.info("job %s failed in step %s: %s", key.job_id, step.name, error.kind)
            return refused(error)
        except Exception as error:  # the one place where a bug of a step becomes a verdict
            if is_out_of_room(error):
                raise _OutOfRoom(str(error)) from error
            logger.exception("job %s failed in step %s by a bug", key.job_id, step.name)
            return bug(key.job_id)
        finally:
            cancelled.cancel()
            await asyncio.wait({cancelled})
        return None if completed else CANCELLED

    async def _until_stopped(self, work: Awaitable[None], *signals: asyncio.Future[None]) -> bool:
        """Waits for the work; cuts it short when a signal comes or the worker stops.

        Returns:
            Whether the work was completed.

        Raises:
            Exception: what the work raised of itself.
            asyncio.CancelledError: the worker is stopping.
        """
        running = asyncio.ensure_future(work)
        stopping = asyncio.create_task(self._stopping.wait())
        ours: set[asyncio.Future[Any]] = {running, stopping}
        try:
            await asyncio.wait({*ours, *signals}, return_when=asyncio.FIRST_COMPLETED)
            if running.cancelled():
                raise RuntimeError("the step cancelled itself")
            if running.done():
                running.result()
                return True
            running.cancel()
            await asyncio.wait({running})
            if stopping.done():
                raise asyncio.CancelledError
            if running.cancelled():
                return False
            if (error := running.exception()) is not None:
                logger.warning("a cancelled step ended with an error", exc_info=error)
            return error is None
        finally:
            running.cancel()
            stopping.cancel()
            await asyncio.wait(ours)

    async def _wait_for_cancel(self, job_id: str) -> None:
        while not await self._notes.is_cancelled(job_id):  # noqa: ASYNC110 - set elsewhere
            await asyncio.sleep(self._limits.cancel_seconds)
