"""The queue as the bot sees it, on DBOS Transact."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions

from chatbot.jobs.database import migrate, open_engine, ownership_of
from chatbot.jobs.dbos_tables import (
    APPLICATION,
    CANCEL_NOTE,
    ENDS_QUEUE,
    PROGRESS_EVENT,
    SERIALIZER,
    VERSION,
    WAITING_QUEUE,
    WORKFLOW,
)
from chatbot.jobs.job_table import JobTable
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.verdicts import Verdict, bug, crashed, progress_from_json
from chatbot.services.jobs import Job, JobState

if TYPE_CHECKING:
    from dbos import WorkflowStatus

    from chatbot.jobs.ownership import Ownership

logger = logging.getLogger(__name__)
T = TypeVar("T")

_UNFINISHED = ["ENQUEUED", "DELAYED", "PENDING"]
_RECONNECT_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""A database that restarts is waited for so long (seconds), then the error goes to the caller."""


class DbosJobs:
    """`chatbot.services.jobs.Jobs`, durable, run by the processes of `chatbot.jobs.worker`.

    Build it with `open`. Everything that touches the database happens on threads.
    """

    def __init__(
        self, client: DBOSClient, engine: sa.Engine, ownership: Ownership, limits: JobLimits
    ) -> None:
        self._client = client
        self._engine = engine
        self._table = JobTable(engine)
        self._ownership = ownership
        self._limits = limits
        self._enqueuing = threading.Lock()

    @classmethod
    async def open(cls, url: str, limits: JobLimits | None = None) -> Self:
        """Opens the queue, and creates or migrates it where needed.

        Args:
            url: `sqlite:///.../jobs.sqlite` or `postgresql://...`; a driver's name is ignored.
            limits: Intervals; only the polling matters here.
        """
        limits = limits or JobLimits()
        return await asyncio.to_thread(cls._open, url, limits)

    @classmethod
    def _open(cls, url: str, limits: JobLimits) -> Self:
        engine = open_engine(url)
        migrate(engine)
        client = DBOSClient(
            system_database_engine=engine,
            serializer=SERIALIZER,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        return cls(client, engine, ownership_of(engine), limits)

    async def close(self) -> None:
        """Closes the connections; the jobs go on."""
        await asyncio.to_thread(self._client.destroy)
        await asyncio.to_thread(self._engine.dispose)

    async def enqueue(self, task: str, *, user_id: int, subject_id: str) -> Job:
        """See `Jobs.enqueue`."""
        job_id = f"{task}-{subject_id}"
        job = await self.get(job_id)
        if job is None:
            await self._call(self._enqueue, job_id, task, user_id, subject_id)
            job = await self.get(job_id)
        if job is None:  # it was deleted in between, with everything else of the user
            return Job(job_id, task, user_id, subject_id, JobState.CANCELLED, datetime.now(UTC))
        return job

    async def get(self, job_id: str) -> Job | None:
        """See `Jobs.get`."""
        jobs = await self._call(self._list, workflow_ids=[job_id])
        return jobs[0] if jobs else None

    async def of_user(self, user_id: int, *, unfinished_only: bool = True) -> list[Job]:
        """See `Jobs.of_user`."""
        status = _UNFINISHED if unfinished_only else None
        jobs = await self._call(self._list, user=str(user_id), status=status)
        return [job for job in jobs if not (unfinished_only and job.state.is_final)]

    async def count_unfinished(self) -> int:
        """See `Jobs.count_unfinished`."""
        return await self._call(self._table.count_unfinished)

    async def cancel(self, job_id: str) -> bool:
        """See `Jobs.cancel`. A job that is just about to end may still end as done."""
        return await self._call(self._cancel, job_id)

    async def wait(self, job_id: str, timeout_seconds: float) -> Job | None:
        """See `Jobs.wait`."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            job = await self.get(job_id)
            left = deadline - time.monotonic()
            if job is None or job.state.is_final or left <= 0:
                return job
            await asyncio.sleep(min(self._limits.poll_seconds, left))

    async def delete_of_user(self, user_id: int) -> None:
        """See `Jobs.delete_of_user`. `Task.ended` is not called for jobs that never ran."""
        while not await self._call(self._delete_of_user, user_id):  # noqa: ASYNC110 - other process
            await asyncio.sleep(self._limits.poll_seconds)
        await self._call(self._table.forget_deleted)

    async def _call(self, function: Callable[..., T], *args: Any, **keywords: Any) -> T:
        """Runs a blocking call on a thread; bears a database that restarts.

        All our calls can be repeated: the ids are fixed and every change is guarded.
        """
        for pause in _RECONNECT_PAUSES:
            try:
                return await asyncio.to_thread(function, *args, **keywords)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated and not isinstance(
                    error, sa.exc.OperationalError
                ):
                    raise
                logger.warning("the queue's database does not answer: %s", type(error.orig))
                await asyncio.sleep(pause)
        return await asyncio.to_thread(function, *args, **keywords)

    def _enqueue(self, job_id: str, task: str, user_id: int, subject_id: str) -> None:
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=WAITING_QUEUE,
            workflow_id=job_id,
            app_version=VERSION,
            queue_partition_key=str(user_id),
            authenticated_user=str(user_id),
        )
        with self._enqueuing:
            options["priority"] = self._table.next_number()
            self._client.enqueue(options, task, user_id, subject_id)
        self._table.deal()  # a worker would do it too, within its next beat

    def _list(self, **filters: Any) -> list[Job]:
        found = self._client.list_workflows(**filters)
        return [self._job(status) for status in sorted(found, key=lambda s: s.priority or 0)]

    def _job(self, status: WorkflowStatus) -> Job:
        assert status.input is not None
        assert status.created_at is not None
        task, user_id, subject_id = status.input["args"]
        verdict = _verdict(status)
        state = _state(status) if verdict is None else verdict.state
        position = progress = None
        if state is JobState.QUEUED:
            position = self._table.jobs_before(status.workflow_id) + 1
        elif state is JobState.RUNNING:
            event = self._client.get_event(status.workflow_id, PROGRESS_EVENT, timeout_seconds=0)
            progress = progress_from_json(event)
        return Job(
            id=status.workflow_id,
            task=task,
            user_id=user_id,
            subject_id=subject_id,
            state=state,
            created_at=datetime.fromtimestamp(status.created_at / 1000, tz=UTC),
            position=position,
            progress=progress,
            failure=None if verdict is None else verdict.failure,
        )

    def _cancel(self, job_id: str) -> bool:
        found = self._client.list_workflows(workflow_ids=[job_id], load_output=False)
        if not found or found[0].status not in _UNFINISHED or found[0].queue_name == ENDS_QUEUE:
            return False
        # First the word, then the move: a worker that takes the job in between sees the word.
        self._client.update_workflow_attributes(job_id, {CANCEL_NOTE: True}, merge=True)
        self._table.expedite(job_id)
        return True

    def _delete_of_user(self, user_id: int) -> bool:
        """Deletes what no process runs; whether nothing is left."""
        jobs = self._client.list_workflows(user=str(user_id), load_output=False)
        deletable = []
        for job in jobs:
            if job.status == "PENDING":
                self._client.update_workflow_attributes(
                    job.workflow_id, {CANCEL_NOTE: True}, merge=True
                )
                assert job.executor_id is not None
                with self._ownership.take_over(job.executor_id) as is_dead:
                    if is_dead:
                        self._table.release(job.workflow_id, job.executor_id)
            elif job.status not in _UNFINISHED or self._table.withdraw(job.workflow_id):
                deletable.append(job.workflow_id)
        self._client.delete_workflows(deletable)
        return len(deletable) == len(jobs)


def _state(status: WorkflowStatus) -> JobState:
    if status.queue_name == ENDS_QUEUE:
        return JobState.CANCELLED  # no step of it runs, nor will
    return JobState.RUNNING if status.status == "PENDING" else JobState.QUEUED


def _verdict(status: WorkflowStatus) -> Verdict | None:
    """How the job ended; None as long as it has not."""
    match status.status:
        case "SUCCESS":
            assert status.output is not None
            return Verdict.from_json(status.output)
        case "ERROR":
            return bug(status.workflow_id)
        case "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
            return crashed(status.workflow_id, status.recovery_attempts or 0)
        case "CANCELLED":
            return Verdict(JobState.CANCELLED)
    return None
