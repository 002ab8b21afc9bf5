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

from chatbot.jobs.database import migrate, open_engine, ownership_of, quieten_dbos
from chatbot.jobs.dbos_tables import (
    APPLICATION,
    ENDS_QUEUE,
    JOBS_QUEUE,
    PROGRESS_EVENT,
    SERIALIZER,
    VERSION,
    WORKFLOW,
)
from chatbot.jobs.job_table import JobTable
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.orphans import Orphans, RecordedNotes
from chatbot.jobs.ownership import Claim, ClaimLost
from chatbot.jobs.parent import ParentLink
from chatbot.jobs.runner import JobKey, JobRunner
from chatbot.jobs.tasks.base import Task
from chatbot.jobs.verdicts import DONE, Verdict, bug
from chatbot.services.jobs import JobProgress

logger = logging.getLogger(__name__)

EXIT_STALLED = 72
EXIT_CLAIM_LOST = 73
EXIT_STUBBORN = 74

_ENDED_STEP = "ended"
_ENDS_AT_ONCE = 4
_DESTROY_SECONDS = 1
"""How long DBOS may take to write down what has just ended; it waits in whole seconds."""


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
        self._runner = JobRunner(tasks, RecordedNotes(self._table), limits)
        self._concurrency = concurrency
        self._limits = limits
        self._claim: Claim | None = None
        self._client: DBOSClient | None = None
        self._launched = False
        self._wake = asyncio.Event()

    async def start(self) -> None:
        """Takes our lock, then lets DBOS take jobs in our name."""
        await asyncio.to_thread(self._ownership.sweep)
        self._claim = await asyncio.to_thread(self._ownership.claim, self._id)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=SERIALIZER,
            application_name=APPLICATION,
            retry_connection_errors=False,
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
        """Until told to stop: shows that we live, checks our lock, takes over from the dead."""
        assert self._client is not None
        orphans = Orphans(self._id, self._table, self._client, self._ownership, self._limits)
        beats = asyncio.create_task(self._beat(link))
        dealing = asyncio.create_task(self._deal())
        try:
            while not stop.is_set():
                await self._check_claim()
                try:
                    await asyncio.to_thread(orphans.take_over, self._runner.running)
                except sa.exc.SQLAlchemyError:
                    logger.warning("could not look for dead workers", exc_info=True)
                await self._sleep_until(stop)
        finally:
            beats.cancel()
            dealing.cancel()

    async def _deal(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._table.deal)
            except sa.exc.SQLAlchemyError:
                logger.warning("could not see whose turn it is", exc_info=True)
            await asyncio.sleep(self._limits.poll_seconds)

    async def _beat(self, link: ParentLink | None) -> None:
        while True:  # apart from the care for others, which may have to wait for the database
            if link is not None:
                link.beat()
            self._check_stall()
            await asyncio.sleep(self._limits.orphan_seconds)

    async def _sleep_until(self, stop: asyncio.Event) -> None:
        """Sleeps for a beat; less when told to stop, or when our lock gives a sign."""
        signs = [asyncio.create_task(event.wait()) for event in (stop, self._wake)]
        await asyncio.wait(
            signs, timeout=self._limits.orphan_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for sign in signs:
            sign.cancel()
        await asyncio.wait(signs)
        self._wake.clear()

    async def leave(self) -> None:
        """Stops the running steps, hands their jobs back, gives up our lock."""
        logging.getLogger("dbos").setLevel(logging.ERROR)  # it warns of every task that we cancel
        if self._claim is not None and self._claim.descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._claim.descriptor)
        was_idle = not self._runner.running
        self._runner.stop()
        if not await self._runner.wait_until_idle(self._limits.stop_seconds):
            # The job may be taken over only when this process, and the step with it, is gone.
            logger.critical("does not let itself be stopped: %s", ", ".join(self._runner.running))
            os._exit(EXIT_STUBBORN)
        if self._launched:
            await asyncio.to_thread(
                DBOS.destroy,
                destroy_registry=True,
                workflow_completion_timeout_sec=0 if was_idle else _DESTROY_SECONDS,
            )
            # DBOS put its own thread pool into this loop, and has just closed it.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
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
        loop = asyncio.get_running_loop()
        descriptor = self._claim.descriptor
        if descriptor is not None:
            loop.remove_reader(descriptor)  # else the answer to our own question would wake us
        try:
            await asyncio.wait_for(asyncio.to_thread(self._claim.check), self._limits.claim_seconds)
        except (ClaimLost, TimeoutError) as loss:
            logger.critical("leaving at once, without ending any job: %r", loss)
            os._exit(EXIT_CLAIM_LOST)
        if descriptor is not None:
            loop.add_reader(descriptor, self._wake.set)

    def _check_stall(self) -> None:
        for job_id, beats in self._runner.tick().items():
            if beats * self._limits.orphan_seconds > self._limits.stall_seconds:
                logger.critical(
                    "job %s showed no progress for %.0f seconds; replacing its worker",
                    job_id,
                    self._limits.stall_seconds,
                )
                os._exit(EXIT_STALLED)

    async def _run_job(self, key: JobKey) -> dict[str, Any]:
        """The DBOS workflow. What its steps return is recorded, so a rerun takes the same way."""
        async with self._runner.presence(key.job_id):
            try:
                return await self._run_steps(key)
            except sa.exc.SQLAlchemyError as error:
                # The queue's own (a full disk): the job is not run any more, and goes back into the
                # queue after `lost_dispatch_seconds`.
                logger.exception("job %s could not be recorded", key.job_id)
                raise asyncio.CancelledError from error
            except Exception:
                # Not a step's: those are verdicts. A step list that changed, or an unknown task.
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


async def _write_progress(progress: JobProgress) -> None:
    await DBOS.set_event_async(PROGRESS_EVENT, asdict(progress))


async def _unreported(_progress: JobProgress) -> None:
    """Takes the progress of a job that has no record to write it to."""
