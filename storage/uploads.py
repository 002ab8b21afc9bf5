"""Uploads: raw files that wait to be read. They are deleted once they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select

from storage import personal, tables
from storage.blobs import Blobs
from storage.database import Database
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret


@dataclass(frozen=True)
class UploadRecord:
    """A raw file."""

    id: str
    import_id: str
    user_id: int
    file_name: str
    """As the person knows it."""
    byte_size: int
    blob_key: str
    created_at: datetime


class Uploads:
    """Raw files, rows and bytes; `Imports.create` enters them."""

    def __init__(self, database: Database, blobs: Blobs, keys: Keys) -> None:
        self._database = database
        self._blobs = blobs
        self._keys = keys
        self._coming: list[str] = []

    @contextmanager
    def coming(self, prefix: str) -> Iterator[None]:
        """While files with such keys are taken in by this process: no sweep of it takes them."""
        self._coming.append(prefix)
        try:
            yield
        finally:
            self._coming.remove(prefix)

    def coming_now(self) -> tuple[str, ...]:
        """The beginnings of the keys of files that are being taken in."""
        return tuple(self._coming)

    async def of_import(self, import_id: str) -> list[UploadRecord]:
        """An import's files that have not been deleted yet, in the order in which they came."""
        uploads = tables.uploads.c
        return await read_sealed(
            self._database,
            self._keys,
            select(tables.uploads).where(uploads.import_id == import_id).order_by(uploads.position),
            _record,
        )

    async def delete(self, upload_ids: Sequence[str]) -> None:
        """Deletes the bytes, then the rows; those that are gone count as deleted.

        A crash in between leaves rows, with which the deletion can be done again.
        """
        uploads = tables.uploads.c
        async with self._database.reading() as connection:
            keys = await connection.scalars(
                select(uploads.blob_key).where(uploads.id.in_(upload_ids))
            )
            found = list(keys)
        await self._blobs.delete(found)
        async with self._database.transaction() as connection:
            await connection.execute(delete(tables.uploads).where(uploads.id.in_(upload_ids)))

    async def delete_of_import(self, import_id: str) -> None:
        """Deletes what is left of an import's files."""
        await self.delete([upload.id for upload in await self.of_import(import_id)])

    async def lost(self) -> list[str]:
        """The ids of the rows whose raw file is gone."""
        # Rows first, bytes next: bytes come before their row, so what comes meanwhile is not lost.
        id_by_key = await self._id_by_key()
        there = {blob.key for blob in await self._blobs.list("users/")}
        return [upload_id for key, upload_id in id_by_key.items() if key not in there]

    async def _id_by_key(self) -> dict[str, str]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(tables.uploads.c.blob_key, tables.uploads.c.id))
            return {row.blob_key: row.id for row in rows}


def _record(row: Row[Any], secret: Secret) -> UploadRecord:
    return UploadRecord(
        id=row.id,
        import_id=row.import_id,
        user_id=row.user_id,
        file_name=personal.decode(secret, row.file_name),
        byte_size=row.byte_size,
        blob_key=row.blob_key,
        created_at=row.created_at,
    )
