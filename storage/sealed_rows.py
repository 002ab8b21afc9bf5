"""Rows with `personal` columns, read and opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Row, Select

from storage.database import Database
from storage.keys import Keys
from storage.sealing import Secret

T = TypeVar("T")


async def read_sealed(
    database: Database,
    keys: Keys,
    statement: Select[Any],
    record: Callable[[Row[Any], Secret], T],
) -> list[T]:
    """The records of rows that have a `user_id`; those of people who go meanwhile are left out.

    Raises:
        Unsealable: a row is damaged.
    """
    async with database.reading() as connection:
        rows = list(await connection.execute(statement))
    secrets = await keys.secrets(row.user_id for row in rows)
    return [record(row, secrets[row.user_id]) for row in rows if row.user_id in secrets]
