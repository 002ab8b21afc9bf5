"""A full disk is told from every other failure."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from storage.room import is_out_of_room


def _of_sqlite(path: Path) -> BaseException:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA max_page_count=2"))
        connection.execute(sa.text("CREATE TABLE t (x)"))
        with pytest.raises(sa.exc.OperationalError) as raised:
            connection.execute(sa.text("INSERT INTO t VALUES (zeroblob(100000))"))
    return raised.value


def test_a_full_sqlite_is_out_of_room(tmp_path: Path) -> None:
    assert is_out_of_room(_of_sqlite(tmp_path / "small.sqlite"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_used_up_quota_are_out_of_room(number: int) -> None:
    assert is_out_of_room(OSError(number, "full"))


def test_a_full_postgresql_is_out_of_room() -> None:
    error = sa.exc.DBAPIError("INSERT", {}, asyncpg.DiskFullError("full"))
    assert is_out_of_room(error)


def test_what_an_error_was_raised_from_counts() -> None:
    error = RuntimeError("no")
    error.__cause__ = OSError(errno.ENOSPC, "full")
    assert is_out_of_room(error)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EACCES, "no"), sqlite3.OperationalError("database is locked"), ValueError()],
)
def test_other_failures_are_not(error: BaseException) -> None:
    assert not is_out_of_room(error)
