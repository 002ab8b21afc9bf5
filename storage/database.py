"""The database: one engine from one URL, its transactions, and its schema brought up to date."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage import migrations
from storage.errors import DatabaseBusy, RecordMissing
from storage.keys import Keys

if TYPE_CHECKING:
    import aiosqlite

BUSY_TIMEOUT_SECONDS = 30.0
"""How long a transaction waits for another process's lock unless told otherwise."""

_DRIVERS = {"sqlite+aiosqlite", "postgresql+asyncpg"}
_BEGIN = "songnet_begin"


class Database:
    """A SQLite file or a PostgreSQL database; the same code runs on both.

    Transactions that write are serialised on SQLite from their first statement on, so that none
    has to be repeated; on PostgreSQL they are READ COMMITTED, and rows that must not change under
    a transaction are locked by it.
    """

    def __init__(self, url: URL, *, busy_timeout_seconds: float) -> None:
        self._url = url
        self._busy_timeout_seconds = busy_timeout_seconds
        self._engine = _create_engine(url, busy_timeout_seconds, pooled=True)

    @classmethod
    def open(
        cls, url: str | URL, *, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
    ) -> Database:
        """Makes ready to connect; a SQLite file and its directory are made where missing.

        Args:
            url: `sqlite+aiosqlite:////absolute/path.db` or
                `postgresql+asyncpg://user:password@host/database`.
            busy_timeout_seconds: how long to wait for a lock before `DatabaseBusy`.

        Raises:
            ValueError: the URL is neither.
        """
        parsed = make_url(url)
        if parsed.drivername not in _DRIVERS or not parsed.database:
            raise ValueError(
                "Expected sqlite+aiosqlite:////path.db or postgresql+asyncpg://host/database, "
                f"found {parsed.render_as_string(hide_password=True)!r}."
            )
        if parsed.get_backend_name() == "sqlite":
            _make_private_file(Path(parsed.database))
        return cls(parsed, busy_timeout_seconds=busy_timeout_seconds)

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    async def migrate(self, keys: Keys | None = None) -> None:
        """Brings the schema up to date, in one transaction; safe when several start at once.

        Runs in a thread with a connection of its own, since Alembic blocks.

        Args:
            keys: what an old schema's rows in the open are sealed with, where there are any.

        Raises:
            NewerSchema: the database was written by newer code; nothing was changed.
        """
        await asyncio.to_thread(asyncio.run, self._migrate(keys))

    async def _migrate(self, keys: Keys | None) -> None:
        engine = _create_engine(self._url, self._busy_timeout_seconds, pooled=False)
        try:
            with _translated_errors():
                async with _starting(engine, "BEGIN").connect() as connection:
                    if await connection.run_sync(migrations.is_current):
                        return
                async with engine.begin() as connection:
                    await connection.run_sync(migrations.upgrade, keys)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; commits at its end, rolls back on an exception.

        Raises:
            DatabaseBusy: another process held a lock for too long.
            RecordMissing: the user whose row was to be written is gone.
        """
        with _translated_errors():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; on SQLite it waits for no writer.

        Raises:
            DatabaseBusy: another process held a lock for too long.
        """
        with _translated_errors():
            async with _starting(self._engine, "BEGIN").begin() as connection:
                yield connection

    @asynccontextmanager
    async def exclusive(self, table: Table) -> AsyncIterator[AsyncConnection]:
        """A transaction during which nobody else writes to a table; waits for those who do.

        Raises:
            DatabaseBusy: another process held a lock for too long.
        """
        async with self.transaction() as connection:
            if not self.is_sqlite:  # where every transaction that writes is alone
                name = connection.dialect.identifier_preparer.format_table(table)
                await connection.execute(text(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"))
            yield connection

    async def erase_traces(self) -> None:
        """Empties SQLite's write-ahead log, so that deleted rows are gone from the disk too.

        PostgreSQL keeps old bytes in its log until it needs the room; there it does nothing.

        Raises:
            DatabaseBusy: readers kept the log in use for too long.
        """
        if not self.is_sqlite:
            return
        checkpoint = text("PRAGMA wal_checkpoint(TRUNCATE)")
        # Without a transaction: inside one, the log would be in use by the checkpoint's own.
        async with _starting(self._engine, "").connect() as connection:
            busy, _, _ = (await connection.execute(checkpoint)).one()
        if busy:
            raise DatabaseBusy

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _create_engine(url: URL, busy_timeout_seconds: float, *, pooled: bool) -> AsyncEngine:
    # An error quotes what was to be written, which is somebody's, and ends in a log.
    options: dict[str, Any] = {"hide_parameters": True}
    if not pooled:
        options["poolclass"] = NullPool
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = {
            "server_settings": {"lock_timeout": f"{round(busy_timeout_seconds * 1000)}"}
        }
        return create_async_engine(url, pool_pre_ping=True, **options)
    engine = create_async_engine(url, **options)
    pragmas = (
        f"busy_timeout={round(busy_timeout_seconds * 1000)}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # `begin` below says when a transaction starts
        connection.run_async(lambda opened: _configure(opened, pragmas, busy_timeout_seconds))

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that starts reading and then writes can fail at once when another writes;
        # one that starts with the lock waits for its turn.
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
        if statement:
            connection.exec_driver_sql(statement)

    return engine


async def _configure(
    connection: aiosqlite.Connection, pragmas: Sequence[str], patience_seconds: float
) -> None:
    """Tries again while another process writes: SQLite does not wait for that to change a journal.

    So it is where several start at once on a new file.
    """
    deadline = time.monotonic() + patience_seconds
    for pragma in pragmas:
        while True:
            try:
                await connection.execute(f"PRAGMA {pragma}")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                break


def _starting(engine: AsyncEngine, statement: str) -> AsyncEngine:
    """The same engine, whose SQLite transactions start with another statement, or with none."""
    return engine.execution_options(**{_BEGIN: statement})


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        words = str(error.orig)
        if state in _BUSY_STATES or "database is locked" in words:
            raise DatabaseBusy from error
        if state == _FOREIGN_KEY_STATE or "FOREIGN KEY constraint failed" in words:
            raise RecordMissing("user") from error
        raise


_BUSY_STATES = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialisation failure
_FOREIGN_KEY_STATE = "23503"
_RETRY_SECONDS = 0.01


def _make_private_file(path: Path) -> None:
    """Makes an empty file for its owner only; SQLite gives its log files the same mode."""
    missing = [parent for parent in path.absolute().parents if not parent.exists()]
    for directory in reversed(missing):
        directory.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
