"""The queue and its worker in the memory of one process: for tests of what stands upon `Jobs`.

It keeps the same contract as `DbosJobs`, except that nothing survives the process.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from chatbot.jobs.limits import JobLimits
from chatbot.jobs.runner import JobKey, JobRunner
from chatbot.jobs.tasks.base import Task
from chatbot.jobs.turns import Waiting, in_turn
from chatbot.jobs.verdicts import CANCELLED, DONE, Verdict, bug
from chatbot.services.jobs import Job, JobProgress, JobState


@dataclass
class _Record:
    job: Job
    number: int
    is_cancelled: bool = False


class MemoryJobs:
    """`chatbot.services.jobs.Jobs`; jobs run while its context lasts."""

    def __init__(
        self, tasks: Sequence[Task], *, concurrency: int = 1, limits: JobLimits | None = None
    ) -> None:
        self._records: dict[str, _Record] = {}
        self._clock = itertools.count(1)
        self._free_since: dict[int, float] = {}
        self._changed = asyncio.Condition()
        self._runner = JobRunner(tasks, self, limits or JobLimits())
        self._concurrency = concurrency
        self._workers: list[asyncio.Task[None]] = []
        self._ends: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._concurrency)]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.stop()
        tasks = [*self._workers, *self._ends]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def enqueue(self, task: str, *, user_id: int, subject_id: str) -> Job:
        """See `Jobs.enqueue`."""
        job_id = f"{task}-{subject_id}"
        if job_id not in self._records:
            now = datetime.now(UTC)
            job = Job(job_id, task, user_id, subject_id, JobState.QUEUED, now)
            self._records[job_id] = _Record(job, next(self._clock))
            await self._announce()
        return self._seen(self._records[job_id])

    async def get(self, job_id: str) -> Job | None:
        """See `Jobs.get`."""
        record = self._records.get(job_id)
        return None if record is None else self._seen(record)

    async def of_user(self, user_id: int, *, unfinished_only: bool = True) -> list[Job]:
        """See `Jobs.of_user`."""
        jobs = [self._seen(record) for record in self._records.values()]
        return [
            job
            for job in jobs
            if job.user_id == user_id and not (unfinished_only and job.state.is_final)
        ]

    async def count_unfinished(self) -> int:
        """See `Jobs.count_unfinished`."""
        return sum(not record.job.state.is_final for record in self._records.values())

    async def cancel(self, job_id: str) -> bool:
        """See `Jobs.cancel`."""
        record = self._records.get(job_id)
        if record is None or record.job.state.is_final:
            return False
        record.is_cancelled = True
        if record.job.state is JobState.QUEUED:
            record.job = replace(record.job, state=JobState.CANCELLED)
            end = asyncio.create_task(self._finish(_key(record.job), 0, CANCELLED))
            self._ends.add(end)
            end.add_done_callback(self._ends.discard)
        await self._announce()
        return True

    async def wait(self, job_id: str, timeout_seconds: float) -> Job | None:
        """See `Jobs.wait`."""

        def ended() -> bool:
            return job_id not in self._records or self._records[job_id].job.state.is_final

        await self._until(ended, timeout_seconds)
        return await self.get(job_id)

    async def delete_of_user(self, user_id: int) -> None:
        """See `Jobs.delete_of_user`."""
        mine = [record for record in self._records.values() if record.job.user_id == user_id]
        for record in mine:
            record.is_cancelled = True
            if record.job.state is not JobState.RUNNING:
                del self._records[record.job.id]
        running = [record for record in mine if record.job.id in self._records]
        await self._until(lambda: all(record.job.state.is_final for record in running), None)
        for record in mine:
            self._records.pop(record.job.id, None)

    async def is_cancelled(self, job_id: str) -> bool:
        """See `chatbot.jobs.runner.JobNotes`."""
        return self._records[job_id].is_cancelled

    async def crashes(self, job_id: str, finished_steps: int) -> int:
        """See `chatbot.jobs.runner.JobNotes`; who dies takes this queue along."""
        del job_id, finished_steps
        return 0

    def _seen(self, record: _Record) -> Job:
        if record.job.state is not JobState.QUEUED:
            return record.job
        return replace(record.job, position=1 + self._before(record))

    def _before(self, record: _Record) -> int:
        running = len(self._running())
        return running + [job.job_id for job in self._line()].index(record.job.id)

    def _running(self) -> list[Job]:
        jobs = [record.job for record in self._records.values()]
        return [job for job in jobs if job.state is JobState.RUNNING]

    def _line(self) -> list[Waiting]:
        """The waiting jobs, in the order of their turns."""
        waiting = [
            Waiting(record.job.id, record.job.user_id, record.number)
            for record in self._records.values()
            if record.job.state is JobState.QUEUED
        ]
        busy = {job.user_id for job in self._running()}
        return in_turn(waiting, busy=busy, free_since=self._free_since)

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, condition: Callable[[], bool], timeout_seconds: float | None) -> None:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(condition), timeout_seconds)
            except TimeoutError:
                return

    async def _work(self) -> None:
        while True:
            await self._until(lambda: self._next() is not None, None)
            record = self._next()
            if record is not None:
                record.job = replace(record.job, state=JobState.RUNNING)
                async with self._runner.presence(record.job.id):
                    verdict = await self._run(_key(record.job))
                record.job = replace(
                    record.job, state=verdict.state, failure=verdict.failure, progress=None
                )
                self._free_since[record.job.user_id] = next(self._clock)
                await self._announce()

    def _next(self) -> _Record | None:
        """The waiting job whose turn it is, unless one of its user runs."""
        busy = {job.user_id for job in self._running()}
        job = next(iter(self._line()), None)
        return None if job is None or job.user_id in busy else self._records[job.job_id]

    async def _run(self, key: JobKey) -> Verdict:
        task = self._runner.tasks.get(key.task)
        if task is None:
            return bug(key.job_id)
        for finished in range(len(task.steps)):
            verdict = await self._runner.attempt(key, finished, self._writer(key.job_id))
            if verdict is not None:
                await self._finish(key, finished, verdict)
                return verdict
        await self._finish(key, len(task.steps), DONE)
        return DONE

    async def _finish(self, key: JobKey, finished_steps: int, verdict: Verdict) -> None:
        if key.task in self._runner.tasks:
            await self._runner.finish(key, finished_steps, verdict, self._writer(key.job_id))

    def _writer(self, job_id: str) -> Callable[[JobProgress], Awaitable[None]]:
        async def write(progress: JobProgress) -> None:
            if job_id in self._records:
                record = self._records[job_id]
                record.job = replace(record.job, progress=progress)

        return write


def _key(job: Job) -> JobKey:
    return JobKey(job.id, job.task, job.user_id, job.subject_id)
