"""The queue's database: opened, migrated, and the few statements that DBOS has no call for."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer

# DBOS keeps quiet about a database that is newer than itself; these are what its own start asks.
from dbos._migration import get_migration_versions, get_sqlite_migration_versions

from chatbot.jobs.dbos_tables import STEPS, WORKFLOWS
from chatbot.jobs.ownership import FileOwnership, PostgresOwnership
from chatbot.jobs.turns import Waiting, in_turn
from storage.errors import NewerSchema

logger = logging.getLogger(__name__)

APPLICATION = "songnet"
VERSION = "1"
"""Pinned: raised only when jobs of an older release cannot be continued by this one."""
WORKFLOW = "songnet.job"
"""The one DBOS workflow; the task is its argument."""
WAITING_QUEUE = "songnet-waiting"
"""Jobs that wait for their user's turn; no worker listens."""
JOBS_QUEUE = "songnet-jobs"
"""The job whose turn it is, and those that run."""
ENDS_QUEUE = "songnet-ends"
"""Jobs that were cancelled in the queue: they only have to be told, and overtake the others."""
WITHDRAWN_QUEUE = "songnet-withdrawn"
"""Jobs that are about to be deleted; no worker listens."""
PROGRESS_EVENT = "progress"
CANCEL_NOTE = "cancel"
DEATH_NOTE = "death:"
SERIALIZER = DBOSPortableJSONSerializer()
"""Plain JSON: nothing that is read from the database can run code."""

_BUSY_MILLISECONDS = 30_000
_CHECKPOINT_ATTEMPTS = 3
# Both ends notice within seconds that the other is gone, because a worker's lock hangs on that; and
# a session that froze in a transaction does not hold up everybody else.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_POSTGRES_CONNECTION = {
    "connect_timeout": 10,
    "tcp_user_timeout": 10_000,
    "options": " ".join(
        [
            "-c idle_in_transaction_session_timeout=60000",
            "-c tcp_user_timeout=10000",
            *(f"-c tcp_{name}={value}" for name, value in _KEEPALIVE.items()),
        ]
    ),
    **_KEEPALIVE,
}


def open_engine(url: str) -> sa.Engine:
    """The database of the queue; a SQLite file is created where there is none.

    Args:
        url: `sqlite:///...` or `postgresql://...`, with or without the name of an async driver.

    Raises:
        ValueError: another kind of database, or no file.
    """
    parsed = sa.make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed.set(drivername="sqlite"))
        case "postgresql":
            return sa.create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=10,
                pool_pre_ping=True,
                connect_args=_POSTGRES_CONNECTION,
            )
    raise ValueError(
        f"the queue needs a sqlite or postgresql URL; got {parsed.get_backend_name()}://"
    )


def _open_sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("the queue needs a SQLite file, because several processes share it")
    path = Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its -wal and -shm files the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # as DBOS expects of an engine
        for pragma in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            _execute(connection, f"PRAGMA {pragma}")

    return engine


def migrate(engine: sa.Engine) -> None:
    """Creates or upgrades the tables; any number of processes may do so at once.

    Raises:
        NewerSchema: a newer songnet wrote the queue; nothing was changed.
    """
    quieten_dbos()
    found, known = _schema_versions(engine)
    if found > known:
        engine.dispose()  # an open connection keeps a log beside the file
        raise NewerSchema(f"{found} of the job queue", str(known))
    with engine.connect():
        pass  # sets the file's journal mode before DBOS opens it in its own way
    DBOS.migrate(engine.url.render_as_string(hide_password=False))


def _schema_versions(engine: sa.Engine) -> tuple[int, int]:
    """The one of DBOS's tables, 0 where there are none, and the newest that our DBOS knows."""
    if engine.dialect.name == "sqlite":
        return get_sqlite_migration_versions(engine)
    return get_migration_versions(engine, "dbos", use_listen_notify=True)


def quieten_dbos() -> None:
    """Lets only warnings of DBOS through, and into the ordinary logging tree."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:  # else DBOS adds one of its own, which writes to the terminal
        logger.addHandler(logging.NullHandler())


def ownership_of(engine: sa.Engine) -> FileOwnership | PostgresOwnership:
    """The workers' locks that belong to a queue."""
    if engine.dialect.name == "sqlite":
        assert engine.url.database is not None
        return FileOwnership(Path(engine.url.database).absolute().parent / "locks")
    return PostgresOwnership(engine)


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
        for _ in range(
            _CHECKPOINT_ATTEMPTS
        ):  # each waits for readers, at most `_BUSY_MILLISECONDS`
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


def _execute(connection: Any, statement: str) -> None:
    """Tries again while another process changes the journal: SQLite does not wait for that."""
    deadline = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
