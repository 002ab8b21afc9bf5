"""The process that runs the jobs, on DBOS Transact.

DBOS keeps the queue and the finished steps. What it leaves to its users stands here: to find out
which workers died, to take over their jobs, to count how often a job did that to its worker, and
to stop a running step when its job is cancelled or the worker is told to leave.
"""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig

from chatbot.jobs.database import (
    APPLICATION,
    CANCEL_NOTE,
    DEATH_NOTE,
    ENDS_QUEUE,
    JOBS_QUEUE,
    PROGRESS_EVENT,
    SERIALIZER,
    VERSION,
    WORKFLOW,
    JobTable,
    Running,
    migrate,
    open_engine,
    ownership_of,
    quieten_dbos,
)
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.ownership import Claim, ClaimLost
from chatbot.jobs.parent import ParentLink
from chatbot.jobs.runner import JobKey, JobRunner
from chatbot.jobs.tasks.base import Task
from chatbot.jobs.verdicts import DONE, Verdict, bug
from chatbot.services.jobs import JobProgress

logger = logging.getLogger(__name__)

EXIT_STALLED = 72
EXIT_CLAIM_LOST = 73

_ENDED_STEP = "ended"
_ENDS_AT_ONCE = 4
_DESTROY_SECONDS = 1
"""DBOS waits in whole seconds for what runs; nothing does any more by then."""


async def run_worker(
    url: str,
    tasks: Sequence[Task],
    *,
    stop: asyncio.Event,
    concurrency: int = 1,
    limits: JobLimits | None = None,
    parent_fd: int | None = None,
) -> None:
    """Runs jobs until `stop` is set; returns within 10 seconds after that.

    There can be one worker in a process, because DBOS keeps global state. The process should leave
    after this returns.

    Args:
        url: As of `DbosJobs.open`.
        tasks: Everything that can run.
        stop: Ends the worker; jobs that run go on from their last finished step after the next
            start.
        concurrency: How many jobs of different users run at once in this process.
        limits: Named limits and intervals.
        parent_fd: A socket whose other end is held by `Supervisor`: the worker stops when it
            closes.
    """
    limits = limits or JobLimits()
    engine = await asyncio.to_thread(_open_migrated, url)
    worker = _Worker(engine, tasks, concurrency, limits)
    link = ParentLink(parent_fd, stop, limits.stop_seconds + 2) if parent_fd is not None else None
    try:
        await worker.start()
        await worker.serve_until(stop, link)
    finally:
        await worker.leave()
        await asyncio.to_thread(engine.dispose)


def _open_migrated(url: str) -> sa.Engine:
    engine = open_engine(url)
    migrate(engine)
    return engine


class _Worker:
    def __init__(
        self, engine: sa.Engine, tasks: Sequence[Task], concurrency: int, limits: JobLimits
    ) -> None:
        self._id = uuid.uuid4().hex
        self._engine = engine
        self._table = JobTable(engine)
        self._ownership = ownership_of(engine)
        self._notes = _Notes(self._table)
        self._runner = JobRunner(tasks, self._notes, limits)
        self._concurrency = concurrency
        self._limits = limits
        self._claim: Claim | None = None
        self._client: DBOSClient | None = None
        self._launched = False
        self._undispatched: dict[str, int] = {}

    async def start(self) -> None:
        """Takes our lock, then lets DBOS take jobs in our name."""
        await asyncio.to_thread(self._ownership.sweep)
        self._claim = await asyncio.to_thread(self._ownership.claim, self._id)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=SERIALIZER,
            application_name=APPLICATION,
        )
        await self._register_queues(self._client)
        quieten_dbos()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_engine=self._engine,
            application_version=VERSION,
            executor_id=self._id,
            serializer=SERIALIZER,
            log_level="WARNING",
            run_migrations=False,
            enable_otlp=False,
            notification_coalesce_sec=1.0,
        )
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
        async def run_job(task: str, user_id: int, subject_id: str) -> dict[str, Any]:
            job_id = DBOS.workflow_id
            assert job_id is not None
            return await self._run_job(JobKey(job_id, task, user_id, subject_id))

        self._launched = True
        DBOS.launch()  # on this thread: DBOS runs the jobs on the loop that it is launched from
        logger.info("worker %s takes jobs", self._id)

    async def serve_until(self, stop: asyncio.Event, link: ParentLink | None) -> None:
        """Beats until told to stop: checks our lock, takes over from the dead."""
        while not stop.is_set():
            if link is not None:
                link.beat()
            await self._check_claim()
            self._check_stall()
            try:
                await asyncio.to_thread(self._take_over_from_the_dead)
            except sa.exc.SQLAlchemyError:
                logger.warning("could not look for dead workers", exc_info=True)
            try:
                await asyncio.wait_for(stop.wait(), self._limits.orphan_seconds)
            except TimeoutError:
                continue

    async def leave(self) -> None:
        """Stops the running steps, hands their jobs back, gives up our lock."""
        logging.getLogger("dbos").setLevel(logging.ERROR)  # it warns of every task that we cancel
        self._runner.stop()
        is_idle = await self._runner.wait_until_idle(self._limits.stop_seconds)
        if self._launched:
            await asyncio.to_thread(
                DBOS.destroy,
                destroy_registry=True,
                workflow_completion_timeout_sec=_DESTROY_SECONDS if is_idle else 0,
            )
            # DBOS put its own thread pool into this loop, and has just closed it.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        if not is_idle:
            # Somebody may take the job over only when this process, and the step with it, is gone.
            logger.error("a step did not let itself be stopped: %s", sorted(self._runner.running))
            return
        await asyncio.to_thread(self._hand_back)

    def _hand_back(self) -> None:
        for job in self._table.running():
            if job.worker_id == self._id:
                self._table.release(job.job_id, self._id)
        if self._client is not None:
            self._client.destroy()
        if self._claim is not None:
            self._claim.release()

    async def _register_queues(self, client: DBOSClient) -> None:
        await client.register_queue_async(
            JOBS_QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=self._limits.poll_seconds,
            application_name=APPLICATION,
        )
        await client.register_queue_async(
            ENDS_QUEUE,
            worker_concurrency=_ENDS_AT_ONCE,
            polling_interval_sec=self._limits.poll_seconds,
            application_name=APPLICATION,
        )

    async def _check_claim(self) -> None:
        assert self._claim is not None
        try:
            await asyncio.to_thread(self._claim.check)
        except ClaimLost as loss:
            logger.critical("leaving at once, without ending any job: %s", loss)
            os._exit(EXIT_CLAIM_LOST)

    def _check_stall(self) -> None:
        for job_id, beats in self._runner.tick().items():
            if beats * self._limits.orphan_seconds > self._limits.stall_seconds:
                logger.critical(
                    "job %s showed no progress for %.0f seconds; replacing its worker",
                    job_id,
                    self._limits.stall_seconds,
                )
                os._exit(EXIT_STALLED)

    def _take_over_from_the_dead(self) -> None:
        assert self._client is not None
        for job in self._table.running():
            if job.worker_id == self._id:
                continue
            with self._ownership.take_over(job.worker_id) as is_dead:
                if is_dead:
                    self._take_over(self._client, job)
        self._release_undispatched()

    def _take_over(self, client: DBOSClient, job: Running) -> None:
        # One note for each dead worker, so that noting it twice counts once.
        death = {f"{DEATH_NOTE}{job.worker_id}": self._table.finished_steps(job.job_id)}
        client.update_workflow_attributes(job.job_id, death, merge=True)
        if self._table.release(job.job_id, job.worker_id):
            logger.warning("job %s goes on after the death of its worker", job.job_id)
        if CANCEL_NOTE in (self._table.notes(job.job_id) or {}):
            self._table.expedite(job.job_id)

    def _release_undispatched(self) -> None:
        """Jobs that DBOS took in our name and then failed to start (a lost connection, say)."""
        ours = {job.job_id for job in self._table.running() if job.worker_id == self._id}
        waiting = ours - self._runner.running
        self._undispatched = {job: self._undispatched.get(job, 0) + 1 for job in waiting}
        for job_id, beats in self._undispatched.items():
            if beats * self._limits.orphan_seconds > self._limits.lost_dispatch_seconds:
                logger.warning("job %s was taken and not started; back into the queue", job_id)
                self._table.release(job_id, self._id)

    async def _run_job(self, key: JobKey) -> dict[str, Any]:
        """The DBOS workflow. What its steps return is recorded, so a rerun takes the same way."""
        async with self._runner.presence(key.job_id):
            try:
                return await self._run_steps(key)
            except Exception:
                # Not a step's: those are verdicts. The queue itself, or a step list that changed.
                logger.exception("job %s failed by a bug", key.job_id)
                verdict = bug(key.job_id)
                if key.task in self._runner.tasks:
                    await self._runner.finish(key, -1, verdict, _unreported)
                return verdict.to_json()

    async def _run_steps(self, key: JobKey) -> dict[str, Any]:
        verdict: dict[str, Any] | None = None
        finished = 0
        for finished, step in enumerate(self._runner.tasks[key.task].steps, start=1):
            verdict = await DBOS.run_step_async(
                {"name": step.name}, self._attempt, key, finished - 1
            )
            if verdict is not None:
                break
        verdict = verdict or DONE.to_json()
        await DBOS.run_step_async({"name": _ENDED_STEP}, self._finish, key, finished, verdict)
        return verdict

    async def _attempt(self, key: JobKey, finished_steps: int) -> dict[str, Any] | None:
        verdict = await self._runner.attempt(key, finished_steps, _write_progress)
        return None if verdict is None else verdict.to_json()

    async def _finish(self, key: JobKey, finished_steps: int, verdict: dict[str, Any]) -> None:
        await self._runner.finish(key, finished_steps, Verdict.from_json(verdict), _write_progress)


class _Notes:
    """What is noted on jobs, read from their attributes; bears a database that is away."""

    def __init__(self, table: JobTable) -> None:
        self._table = table

    async def is_cancelled(self, job_id: str) -> bool:
        return CANCEL_NOTE in await self._read(job_id)

    async def crashes(self, job_id: str, finished_steps: int) -> int:
        notes = await self._read(job_id)
        return sum(
            steps == finished_steps for note, steps in notes.items() if note.startswith(DEATH_NOTE)
        )

    async def _read(self, job_id: str) -> dict[str, Any]:
        while True:
            try:
                return await asyncio.to_thread(self._table.notes, job_id) or {}
            except sa.exc.SQLAlchemyError:
                logger.warning("the queue's database does not answer", exc_info=True)
                await asyncio.sleep(1)


async def _write_progress(progress: JobProgress) -> None:
    await DBOS.set_event_async(PROGRESS_EVENT, asdict(progress))


async def _unreported(_progress: JobProgress) -> None:
    """Takes the progress of a job that has no record to write it to."""
