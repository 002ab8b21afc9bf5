"""Notices: people who are to be told when what was learned from their plays is made anew.

A notice holds numbers only. It is written before the old model goes and the work begins, and goes
itself when the person has been told, so that a crash at any moment loses none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, delete, select

from storage import tables
from storage.database import Database, insert


@dataclass(frozen=True)
class NoticeRecord:
    """A person who waits."""

    id: str
    user_id: int
    model_id: int | None
    """The model that could not be used; None where there was none."""
    created_at: datetime


class Notices:
    """Who waits for being told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, notice_id: str, user_id: int, *, model_id: int | None) -> NoticeRecord:
        """Enters a notice, unless there is one of that id.

        Raises:
            RecordMissing: the user is gone.
        """
        record = NoticeRecord(notice_id, user_id, model_id, datetime.now(UTC))
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(connection, tables.notices)
                .values(
                    id=record.id,
                    user_id=record.user_id,
                    model_id=record.model_id,
                    created_at=record.created_at,
                )
                .on_conflict_do_nothing()
            )
        return record

    async def all(self) -> list[NoticeRecord]:
        """Everybody's, oldest first."""
        return await self._select(select(tables.notices))

    async def of_user(self, user_id: int) -> list[NoticeRecord]:
        """A person's, oldest first."""
        return await self._select(select(tables.notices).where(tables.notices.c.user_id == user_id))

    async def delete(self, notice_id: str) -> None:
        """The person was told, or cannot be; one that is gone counts as deleted."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(tables.notices).where(tables.notices.c.id == notice_id))

    async def _select(self, statement: Select[Any]) -> list[NoticeRecord]:
        notices = tables.notices.c
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(notices.created_at, notices.id))
            return [NoticeRecord(**row) for row in rows.mappings()]
