"""Which worker lives: every worker holds a lock on its own id for as long as it lives.

Whoever gets the lock of another worker knows that it is dead, and keeps the lock while taking over
its jobs. On one machine the lock is a file (the kernel releases it with the process); with
PostgreSQL it is an advisory lock of a session (the server releases it with the connection).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa


class Claim(Protocol):
    """A worker's lock on its own id."""

    @property
    def descriptor(self) -> int | None:
        """Becomes readable when the lock may be lost; None where nothing can tell."""

    def check(self) -> None:
        """Raises `ClaimLost` where the lock does not hold any more."""

    def release(self) -> None:
        """Gives the lock back."""


class ClaimLost(Exception):
    """The worker's lock is gone: another one may take over its jobs at any moment."""


class Ownership(Protocol):
    """The locks of all workers of a queue."""

    def claim(self, worker_id: str) -> Claim:
        """Takes the lock of a new worker."""

    def take_over(self, worker_id: str) -> AbstractContextManager[bool]:
        """Whether that worker is dead; if so, its lock is ours within the context."""


class FileOwnership:
    """Lock files in a directory: for all workers of one machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def claim(self, worker_id: str) -> Claim:
        while True:
            descriptor = self._open_locked(worker_id)
            if descriptor is not None:
                return _FileClaim(self._path(worker_id), descriptor)

    @contextmanager
    def take_over(self, worker_id: str) -> Iterator[bool]:
        descriptor = self._open_locked(worker_id)
        if descriptor is None:
            yield False
            return
        try:
            yield True
        finally:
            self._path(worker_id).unlink(missing_ok=True)
            os.close(descriptor)

    def sweep(self) -> None:
        """Removes the lock files of dead workers."""
        for path in self._directory.glob("*.lock"):
            with self.take_over(path.stem):
                pass

    def _path(self, worker_id: str) -> Path:
        return self._directory / f"{worker_id}.lock"

    def _open_locked(self, worker_id: str) -> int | None:
        """The locked file, or None where somebody else holds it."""
        path = self._path(worker_id)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock before us may have removed the file between our two calls.
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(descriptor)
        return None


class _FileClaim:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @property
    def descriptor(self) -> None:
        return None

    def check(self) -> None:
        try:
            same = self._path.stat().st_ino == os.fstat(self._descriptor).st_ino
        except FileNotFoundError:
            same = False
        if not same:
            raise ClaimLost(f"the lock file {self._path} was removed")

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class PostgresOwnership:
    """Advisory locks: for the workers of many machines."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def claim(self, worker_id: str) -> Claim:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # the pool must not close or lend it: the lock lives as long as it does
        if not _try_lock(connection, worker_id):
            connection.close()
            raise ClaimLost(f"the lock of worker {worker_id} is taken")
        return _PostgresClaim(connection)

    @contextmanager
    def take_over(self, worker_id: str) -> Iterator[bool]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            taken = _try_lock(connection, worker_id)
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(
                        sa.select(sa.func.pg_advisory_unlock(_lock_number(worker_id)))
                    )

    def sweep(self) -> None:
        """Nothing remains of a dead worker."""


class _PostgresClaim:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._driver_connection = connection.connection.driver_connection

    @property
    def descriptor(self) -> int | None:
        driver_connection = self._connection.connection.driver_connection
        return None if driver_connection is None else int(driver_connection.fileno())

    def check(self) -> None:
        try:
            self._connection.execute(sa.select(1))
        except sa.exc.SQLAlchemyError as error:
            raise ClaimLost("the connection that holds the lock is gone") from error

    def release(self) -> None:
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._connection.close()  # closes it for good, because it was detached
        if self._driver_connection is not None:
            self._driver_connection.close()  # one that was cut is not closed by the above


def _try_lock(connection: sa.Connection, worker_id: str) -> bool:
    statement = sa.select(sa.func.pg_try_advisory_lock(_lock_number(worker_id)))
    return bool(connection.execute(statement).scalar())


def _lock_number(worker_id: str) -> sa.ColumnElement[int]:
    digest = hashlib.sha256(f"songnet worker {worker_id}".encode()).digest()
    return sa.cast(int.from_bytes(digest[:8], "big", signed=True), sa.BigInteger)
