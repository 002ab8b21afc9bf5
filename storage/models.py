"""Models: what songnet learned from a person's history. One of them answers, the active one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, delete, insert, select, update

from storage import personal, tables
from storage.blobs import Blobs
from storage.database import Database
from storage.errors import CorruptBlob, RecordMissing
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelRecord:
    """A stored model."""

    id: int
    user_id: int
    version: int
    """Counts up for each person; no two of a person's models ever share one."""
    blob_key: str
    sha256: str
    byte_size: int
    history_version: int
    """What it was trained on."""
    facts: dict[str, Any]
    created_at: datetime


class Models:
    """Models, rows and bytes."""

    def __init__(self, database: Database, blobs: Blobs, keys: Keys) -> None:
        self._database = database
        self._blobs = blobs
        self._keys = keys

    async def save(
        self, user_id: int, file: Path, *, history_version: int, facts: dict[str, Any]
    ) -> ModelRecord:
        """Stores a model without letting it answer yet.

        Args:
            user_id: whose.
            file: a local file; it is copied.
            history_version: the version of the history that it was trained on.
            facts: what is worth knowing of it, as JSON.

        Raises:
            RecordMissing: the user is gone.
        """
        secret = await self._keys.secret(user_id)
        key = f"users/{user_id}/models/{uuid4().hex}"
        blob = await self._blobs.put_file(key, file)
        try:
            return await self._enter(
                user_id=user_id,
                blob_key=key,
                sha256=blob.sha256,
                byte_size=blob.byte_size,
                history_version=history_version,
                secret=secret,
                facts=personal.encode(secret, facts),
                is_active=False,
                created_at=datetime.now(UTC),
            )
        except RecordMissing:
            await self._blobs.delete([key])
            raise

    async def _enter(self, *, user_id: int, secret: Secret, **values: Any) -> ModelRecord:
        users = tables.users
        async with self._database.transaction() as connection:
            version = await connection.scalar(
                update(users)
                .where(users.c.id == user_id)
                .values(model_versions=users.c.model_versions + 1)
                .returning(users.c.model_versions)
            )
            if version is None:
                raise RecordMissing("user", user_id)
            entered = await connection.execute(
                insert(tables.models)
                .values(user_id=user_id, version=version, **values)
                .returning(tables.models)
            )
            return _record(entered.one(), secret)

    async def activate(self, model_id: int) -> None:
        """Lets a model answer, at once; the person's older ones are deleted.

        Raises:
            RecordMissing: the model is gone, as after a newer one was activated.
        """
        models = tables.models
        async with self._database.transaction() as connection:
            user_id = await connection.scalar(
                select(models.c.user_id).where(models.c.id == model_id)
            )
            if user_id is not None:  # activations for one person stand in line
                await connection.execute(
                    select(tables.users.c.id).where(tables.users.c.id == user_id).with_for_update()
                )
            older = await connection.execute(
                delete(models)
                .where(models.c.user_id == user_id, models.c.id < model_id)
                .returning(models.c.blob_key)
            )
            replaced = list(older.scalars())
            activated = await connection.execute(
                update(models).where(models.c.id == model_id).values(is_active=True)
            )
            if activated.rowcount == 0:
                raise RecordMissing("model", model_id)
        await self._delete_blobs(replaced)

    async def active(self, user_id: int) -> ModelRecord | None:
        """The model that answers for a person, None where there is none."""
        found = await self._select(
            select(tables.models).where(
                tables.models.c.user_id == user_id, tables.models.c.is_active
            )
        )
        return found[0] if found else None

    async def of_user(self, user_id: int) -> list[ModelRecord]:
        """A person's models, oldest first."""
        return await self._select(
            select(tables.models)
            .where(tables.models.c.user_id == user_id)
            .order_by(tables.models.c.id)
        )

    async def read(self, record: ModelRecord) -> bytes:
        """A model's bytes.

        Raises:
            CorruptBlob: the bytes are not the ones that were stored.
            BlobMissing: the bytes are gone, as after a newer model was activated.
        """
        content = await self._blobs.read(record.blob_key)
        digest = hashlib.sha256(content).hexdigest()
        if digest != record.sha256:
            raise CorruptBlob(record.blob_key, record.sha256, digest)
        return content

    async def delete(self, model_id: int) -> None:
        """Deletes a model, active or not; one that is gone counts as deleted."""
        async with self._database.transaction() as connection:
            deleted = await connection.execute(
                delete(tables.models)
                .where(tables.models.c.id == model_id)
                .returning(tables.models.c.blob_key)
            )
            keys = list(deleted.scalars())
        await self._delete_blobs(keys)

    async def _delete_blobs(self, keys: Sequence[str]) -> None:
        try:
            await self._blobs.delete(keys)
        except Exception:  # the rows are right; that a sweep has to come changes nothing
            logger.warning("The blobs %s could not be deleted.", keys, exc_info=True)

    async def _select(self, statement: Select[Any]) -> list[ModelRecord]:
        return await read_sealed(self._database, self._keys, statement, _record)


def _record(row: Row[Any], secret: Secret) -> ModelRecord:
    return ModelRecord(
        id=row.id,
        user_id=row.user_id,
        version=row.version,
        blob_key=row.blob_key,
        sha256=row.sha256,
        byte_size=row.byte_size,
        history_version=row.history_version,
        facts=personal.decode(secret, row.facts),
        created_at=row.created_at,
    )
