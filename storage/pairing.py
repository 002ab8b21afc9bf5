"""That a database and its blobs stay together.

A sweep deletes bytes of which no row speaks. With a mistyped database address that would be
everybody's, so both carry the number of the installation, and strangers are refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

from sqlalchemy import select

from storage import tables
from storage.blobs import Blobs
from storage.database import Database, insert
from storage.errors import BlobMissing, Mismatched

_KEY = "installation"


async def check_pair(database: Database, blobs: Blobs) -> None:
    """Numbers a new installation; lets a known one pass.

    Raises:
        Mismatched: the blobs belong to another database; nothing was changed.
    """
    try:
        blobs_id = (await blobs.read(_KEY)).decode()
    except BlobMissing:
        blobs_id = None
    number = select(tables.installation.c.id)
    async with database.transaction() as connection:
        database_id = await connection.scalar(number)
        if database_id is None and blobs_id is None:
            await connection.execute(
                insert(connection, tables.installation)
                .values(only=1, id=uuid4().hex)
                .on_conflict_do_nothing()  # another process may number it at the same time
            )
            database_id = (await connection.execute(number)).scalar_one()
        if database_id is None or blobs_id not in (None, database_id):
            assert blobs_id is not None
            raise Mismatched(database_id, blobs_id)
    if blobs_id is None:
        content = database_id.encode()
        await blobs.put_stream(_KEY, _once(content), max_bytes=len(content))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
