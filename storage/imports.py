"""Imports: the files that a person sent in one message, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage import personal, tables
from storage.database import Database
from storage.errors import Conflict, RecordMissing
from storage.keys import Keys
from storage.sealed_rows import read_sealed
from storage.sealing import Secret


@dataclass(frozen=True)
class ChatAddress:
    """The chat in which the files were sent."""

    platform: str
    chat_id: str
    is_private: bool


@dataclass(frozen=True)
class MessageAddress:
    """A message of the bot that can be edited later."""

    platform: str
    chat_id: str
    message_id: str


@dataclass(frozen=True)
class ImportFailure:
    """Why an import came to nothing."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewUpload:
    """A file whose bytes are in the blob store already."""

    upload_id: str
    file_name: str
    """As the person knows it."""
    byte_size: int
    blob_key: str


@dataclass(frozen=True)
class ImportRecord:
    """An import as it stands."""

    id: str
    user_id: int
    created_at: datetime
    chat: ChatAddress
    message: MessageAddress | None
    """The progress message."""
    file_names: tuple[str, ...]
    report: dict[str, Any] | None
    failure: ImportFailure | None
    announced_at: datetime | None
    """When the person heard of the end."""


class Imports:
    """Imports, and whether their senders have heard of the end."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def create(
        self, import_id: str, user_id: int, chat: ChatAddress, uploads: Sequence[NewUpload]
    ) -> None:
        """Enters an import with its files, all or nothing.

        Raises:
            Conflict: there is an import or an upload of that id already.
            RecordMissing: the user is gone.
        """
        now = datetime.now(UTC)
        secret = await self._keys.secret(user_id)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    insert(tables.imports).values(
                        id=import_id,
                        user_id=user_id,
                        created_at=now,
                        chat=personal.encode(secret, asdict(chat)),
                        file_names=personal.encode(
                            secret, [upload.file_name for upload in uploads]
                        ),
                    )
                )
                if uploads:
                    await connection.execute(
                        insert(tables.uploads),
                        [
                            {
                                "id": upload.upload_id,
                                "import_id": import_id,
                                "user_id": user_id,
                                "position": position,
                                "file_name": personal.encode(secret, upload.file_name),
                                "byte_size": upload.byte_size,
                                "blob_key": upload.blob_key,
                                "created_at": now,
                            }
                            for position, upload in enumerate(uploads)
                        ],
                    )
        except IntegrityError as error:
            raise Conflict(f"import {import_id}", 0, 1) from error

    async def get(self, import_id: str) -> ImportRecord | None:
        """An import, None where there is none of that id."""
        found = await self._select(select(tables.imports).where(tables.imports.c.id == import_id))
        return found[0] if found else None

    async def of_user(self, user_id: int) -> list[ImportRecord]:
        """A person's imports, oldest first."""
        return await self._select(
            select(tables.imports)
            .where(tables.imports.c.user_id == user_id)
            .order_by(tables.imports.c.created_at, tables.imports.c.id)
        )

    async def unannounced(self) -> list[ImportRecord]:
        """Everybody's imports of whose end their senders have not heard, oldest first.

        Those that have not ended are among them.
        """
        return await self._select(
            select(tables.imports)
            .where(tables.imports.c.announced_at.is_(None))
            .order_by(tables.imports.c.created_at, tables.imports.c.id)
        )

    async def set_message(self, import_id: str, message: MessageAddress) -> bool:
        """Remembers the progress message; False where the import is gone."""
        return await self._write(import_id, message=asdict(message))

    async def set_report(self, import_id: str, report: dict[str, Any]) -> bool:
        """Remembers what was read; False where the import is gone."""
        return await self._write(import_id, report=report)

    async def set_failure(self, import_id: str, kind: str, facts: dict[str, Any]) -> bool:
        """Remembers why it came to nothing; False where the import is gone."""
        return await self._write(import_id, failure={"kind": kind, "facts": facts})

    async def mark_announced(self, import_id: str) -> bool:
        """Remembers that the person heard of the end; False where the import is gone."""
        return await self._update(import_id, announced_at=datetime.now(UTC))

    async def delete(self, import_id: str) -> bool:
        """Forgets an import of which nothing came; False where it is gone."""
        async with self._database.transaction() as connection:
            result = await connection.execute(
                delete(tables.imports).where(tables.imports.c.id == import_id)
            )
        return result.rowcount > 0

    async def _write(self, import_id: str, **values: Any) -> bool:
        """Writes `personal` columns."""
        async with self._database.reading() as connection:
            user_id = await connection.scalar(
                select(tables.imports.c.user_id).where(tables.imports.c.id == import_id)
            )
        try:
            secret = None if user_id is None else await self._keys.secret(user_id)
        except RecordMissing:  # the person goes at this very moment
            secret = None
        if secret is None:
            return False
        sealed = {column: personal.encode(secret, value) for column, value in values.items()}
        return await self._update(import_id, **sealed)

    async def _update(self, import_id: str, **values: Any) -> bool:
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(tables.imports).where(tables.imports.c.id == import_id).values(**values)
            )
            return changed.rowcount > 0

    async def _select(self, statement: Select[Any]) -> list[ImportRecord]:
        return await read_sealed(self._database, self._keys, statement, _record)


def _record(row: Row[Any], secret: Secret) -> ImportRecord:
    def read(content: bytes | None) -> Any:
        return None if content is None else personal.decode(secret, content)

    message, failure = read(row.message), read(row.failure)
    return ImportRecord(
        id=row.id,
        user_id=row.user_id,
        created_at=row.created_at,
        chat=ChatAddress(**read(row.chat)),
        message=MessageAddress(**message) if message else None,
        file_names=tuple(read(row.file_names)),
        report=read(row.report),
        failure=ImportFailure(**failure) if failure else None,
        announced_at=row.announced_at,
    )
