"""The few statements on DBOS's tables that DBOS has no call for."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from chatbot.jobs.dbos_tables import (
    ENDS_QUEUE,
    JOBS_QUEUE,
    STEPS,
    WAITING_QUEUE,
    WITHDRAWN_QUEUE,
    WORKFLOW,
    WORKFLOWS,
)
from chatbot.jobs.turns import Waiting, in_turn

logger = logging.getLogger(__name__)

_CHECKPOINT_ATTEMPTS = 3


@dataclass(frozen=True)
class Running:
    """A job that a worker has taken."""

    job_id: str
    worker_id: str


@dataclass
class _Line:
    """The unfinished jobs; `waiting` stands in the order of turns."""

    running: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    """Those that a worker may take."""
    waiting: list[Waiting] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    """The users whose jobs run or are ready."""


class JobTable:
    """What we ask of DBOS's tables beyond its client; each call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        self._engine = engine.execution_options(schema_translate_map={None: schema})

    def running(self) -> list[Running]:
        """The jobs that some worker, dead or alive, has taken."""
        statement = sa.select(WORKFLOWS.c.workflow_uuid, WORKFLOWS.c.executor_id).where(
            WORKFLOWS.c.name == WORKFLOW, WORKFLOWS.c.status == "PENDING"
        )
        with self._engine.connect() as connection:
            return [Running(*row) for row in connection.execute(statement)]

    def notes(self, job_id: str) -> dict[str, Any] | None:
        """What was noted on the job; None where there is no such job."""
        statement = sa.select(WORKFLOWS.c.attributes).where(WORKFLOWS.c.workflow_uuid == job_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (row[0] or {})

    def finished_steps(self, job_id: str) -> int:
        """How many steps of the job are recorded as finished."""
        statement = (
            sa.select(sa.func.count()).select_from(STEPS).where(STEPS.c.workflow_uuid == job_id)
        )
        with self._engine.connect() as connection:
            return connection.execute(statement).scalar_one()

    def next_number(self) -> int:
        """The arrival number of the next job: DBOS's priority, because its times are in seconds."""
        statement = sa.select(sa.func.max(WORKFLOWS.c.priority)).where(WORKFLOWS.c.name == WORKFLOW)
        with self._engine.connect() as connection:
            return (connection.execute(statement).scalar() or 0) + 1

    def count_unfinished(self) -> int:
        """How many jobs of all users wait or run."""
        statement = (
            sa.select(sa.func.count())
            .select_from(WORKFLOWS)
            .where(
                WORKFLOWS.c.name == WORKFLOW,
                WORKFLOWS.c.queue_name.in_((WAITING_QUEUE, JOBS_QUEUE)),
                WORKFLOWS.c.status.in_(("PENDING", "ENQUEUED")),
            )
        )
        with self._engine.connect() as connection:
            return connection.execute(statement).scalar_one()

    def jobs_before(self, job_id: str) -> int:
        """How many running and waiting jobs, of all users, stand before a waiting one."""
        line = self._line()
        ids = [*line.running, *line.ready, *(job.job_id for job in line.waiting)]
        return ids.index(job_id) if job_id in ids else 0

    def deal(self) -> None:
        """Lets the job whose turn it is be taken, where no other can be.

        DBOS would draw among the users who wait. Who calls this at the same time does no harm:
        DBOS sees to it that no two jobs of one user run at once.
        """
        line = self._line()
        if not line.ready and line.waiting and line.waiting[0].user_id not in line.busy:
            self._update(
                WORKFLOWS.c.workflow_uuid == line.waiting[0].job_id,
                WORKFLOWS.c.status == "ENQUEUED",
                WORKFLOWS.c.queue_name == WAITING_QUEUE,
                queue_name=JOBS_QUEUE,
            )

    def _line(self) -> _Line:
        """The unfinished jobs, as one moment shows them."""
        statement = (
            sa.select(
                WORKFLOWS.c.workflow_uuid,
                WORKFLOWS.c.authenticated_user,
                WORKFLOWS.c.status,
                WORKFLOWS.c.queue_name,
                WORKFLOWS.c.created_at,
            )
            .where(
                WORKFLOWS.c.name == WORKFLOW,
                WORKFLOWS.c.queue_name.in_((WAITING_QUEUE, JOBS_QUEUE)),
                WORKFLOWS.c.status.in_(("PENDING", "ENQUEUED")),
            )
            .order_by(WORKFLOWS.c.priority)
        )
        line = _Line()
        with self._engine.connect() as connection:
            for job_id, user, status, queue, created_at in connection.execute(statement):
                if queue == WAITING_QUEUE:
                    line.waiting.append(Waiting(job_id, int(user), created_at))
                else:
                    (line.running if status == "PENDING" else line.ready).append(job_id)
                    line.busy.add(int(user))
            users = {job.user_id for job in line.waiting}
            free_since = self._free_since(connection, users) if len(users) > 1 else {}
        line.waiting = in_turn(line.waiting, busy=line.busy, free_since=free_since)
        return line

    def _free_since(self, connection: sa.Connection, users: set[int]) -> dict[int, float]:
        """When the last step of each user's finished jobs ended, in milliseconds.

        The jobs' own times would not do: on SQLite DBOS writes them in whole seconds.
        """
        statement = (
            sa.select(
                WORKFLOWS.c.authenticated_user,
                sa.func.max(STEPS.c.completed_at_epoch_ms),
            )
            .join(STEPS, STEPS.c.workflow_uuid == WORKFLOWS.c.workflow_uuid)
            .where(
                WORKFLOWS.c.name == WORKFLOW,
                WORKFLOWS.c.authenticated_user.in_([str(user) for user in users]),
                WORKFLOWS.c.completed_at.is_not(None),
                STEPS.c.completed_at_epoch_ms.is_not(None),
            )
            .group_by(WORKFLOWS.c.authenticated_user)
        )
        return {int(user): float(ended) for user, ended in connection.execute(statement)}

    def release(self, job_id: str, worker_id: str) -> bool:
        """Puts a job that its worker does not run any more back at its place in the queue.

        Only the named worker's claim is undone, so it does no harm to call it twice or too late.
        """
        return self._update(
            WORKFLOWS.c.workflow_uuid == job_id,
            WORKFLOWS.c.status == "PENDING",
            WORKFLOWS.c.executor_id == worker_id,
            status="ENQUEUED",
            owner_xid=None,
            started_at_epoch_ms=None,
        )

    def expedite(self, job_id: str) -> bool:
        """Lets a waiting job overtake the others, where it is still waiting."""
        return self._move_waiting(job_id, ENDS_QUEUE)

    def withdraw(self, job_id: str) -> bool:
        """Takes a waiting job out of every worker's reach, where it is still waiting."""
        return self._move_waiting(job_id, WITHDRAWN_QUEUE)

    def forget_deleted(self) -> None:
        """Makes what was deleted unreadable in the files: SQLite keeps old pages in its log."""
        if self._engine.dialect.name != "sqlite":
            return
        for _ in range(_CHECKPOINT_ATTEMPTS):  # each waits for readers, at most `BUSY_MILLISECONDS`
            with self._engine.connect() as connection:
                is_busy, *_ = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            if not is_busy:
                return
        logger.warning("the queue's log could not be emptied; deleted ids remain in it for a while")

    def _move_waiting(self, job_id: str, queue: str) -> bool:
        return self._update(
            WORKFLOWS.c.workflow_uuid == job_id,
            WORKFLOWS.c.status == "ENQUEUED",
            queue_name=queue,
            queue_partition_key=None,
        )

    def _update(self, *where: sa.ColumnElement[bool], **values: Any) -> bool:
        with self._engine.begin() as connection:
            result = connection.execute(sa.update(WORKFLOWS).where(*where).values(**values))
        return result.rowcount > 0
