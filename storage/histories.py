"""Histories: what a person listened to, one Parquet file each.

The file is written under a new name, then the row is switched to it, then the old file goes. A
crash in between leaves a file of which no row speaks (`Storage.sweep` takes it), never a row
without its file nor half a file.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import tables
from storage.blobs import Blobs
from storage.database import Database
from storage.errors import BlobMissing, Conflict, CorruptBlob, RecordMissing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HistoryRecord:
    """A person's history as it stands."""

    user_id: int
    version: int
    """Counts up from 1 with each `Histories.replace`."""
    blob_key: str
    sha256: str
    byte_size: int
    plays: int
    tracks: int
    first_play: datetime
    last_play: datetime
    updated_at: datetime


class Histories:
    """One history a person."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def get(self, user_id: int) -> HistoryRecord | None:
        """What is known of a person's history, None where there is none."""
        async with self._database.reading() as connection:
            return await _current(connection, user_id)

    async def fetch(self, user_id: int, to: Path) -> HistoryRecord | None:
        """Copies a person's history into a local file; None and no file where there is none.

        Raises:
            CorruptBlob: the bytes are not the ones that were stored.
            BlobMissing: the bytes are gone.
        """
        record = await self.get(user_id)
        while record is not None:
            try:
                found = await self._blobs.fetch(record.blob_key, to)
            except BlobMissing:
                newer = await self.get(user_id)
                if newer == record:
                    raise
                record = newer  # it was replaced while we looked
                continue
            if found.sha256 != record.sha256:
                to.unlink()  # noqa: ASYNC240 - quick, and nobody shall read it
                raise CorruptBlob(record.blob_key, record.sha256, found.sha256)
            return record
        return None

    async def replace(
        self,
        user_id: int,
        parquet: Path,
        *,
        plays: int,
        tracks: int,
        first_play: datetime,
        last_play: datetime,
        expected_version: int,
    ) -> HistoryRecord:
        """Puts another history in the place of a person's.

        Args:
            user_id: whose.
            parquet: a local file; it is copied.
            plays: how many plays it holds.
            tracks: how many different tracks.
            first_play: when the oldest play started.
            last_play: when the newest play started.
            expected_version: the version that the new one was made from, 0 for none.

        Raises:
            Conflict: the version is another one by now; nothing was changed.
            RecordMissing: the user is gone.
        """
        version = expected_version + 1
        key = f"users/{user_id}/histories/{version:06d}-{uuid4().hex}.parquet"
        blob = await self._blobs.put_file(key, parquet)
        record = HistoryRecord(
            user_id=user_id,
            version=version,
            blob_key=key,
            sha256=blob.sha256,
            byte_size=blob.byte_size,
            plays=plays,
            tracks=tracks,
            first_play=first_play,
            last_play=last_play,
            updated_at=datetime.now(UTC),
        )
        try:
            replaced = await self._switch(record, expected_version)
        except (Conflict, RecordMissing):
            await self._delete_blob(key)
            raise
        if replaced is not None:
            await self._delete_blob(replaced)
        return record

    async def _switch(self, record: HistoryRecord, expected_version: int) -> str | None:
        """Makes a record the current one; returns the key of the blob that it replaces."""
        values = asdict(record)
        async with self._database.transaction() as connection:
            user = await connection.scalar(
                select(tables.users.c.id)
                .where(tables.users.c.id == record.user_id)
                .with_for_update()  # replacements for one person stand in line
            )
            if user is None:
                raise RecordMissing("user", record.user_id)
            current = await _current(connection, record.user_id)
            found = current.version if current else 0
            if found != expected_version:
                raise Conflict(f"history of user {record.user_id}", expected_version, found)
            if current is None:
                await connection.execute(insert(tables.histories).values(values))
                return None
            await connection.execute(
                update(tables.histories)
                .where(tables.histories.c.user_id == record.user_id)
                .values(values)
            )
            return current.blob_key

    async def _delete_blob(self, key: str) -> None:
        try:
            await self._blobs.delete([key])
        except Exception:  # the rows are right; that a sweep has to come changes nothing
            logger.warning("The blob %s could not be deleted.", key, exc_info=True)


async def _current(connection: AsyncConnection, user_id: int) -> HistoryRecord | None:
    found = await connection.execute(
        select(tables.histories).where(tables.histories.c.user_id == user_id)
    )
    row = found.mappings().one_or_none()
    return None if row is None else HistoryRecord(**row)
