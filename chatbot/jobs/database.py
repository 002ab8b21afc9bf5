"""The queue's database: opened and migrated."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

# DBOS keeps quiet about a database that is newer than itself; these are what its own start asks.
from dbos._migration import get_migration_versions, get_sqlite_migration_versions

from chatbot.jobs.ownership import FileOwnership, PostgresOwnership
from storage.errors import NewerSchema

BUSY_MILLISECONDS = 30_000
"""So long SQLite waits for other processes."""
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
            f"busy_timeout={BUSY_MILLISECONDS}",
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


def _execute(connection: Any, statement: str) -> None:
    """Tries again while another process changes the journal: SQLite does not wait for that."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
