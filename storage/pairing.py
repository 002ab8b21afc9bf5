"""That a database, its blobs and its keys stay together.

A sweep deletes bytes of which no row speaks. With a mistyped database address that would be
everybody's, so all carry the number of the installation, and strangers are refused. The keys are
refused also where they are not the ones that the database was written with: new ones would let
everybody become a stranger.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

from sqlalchemy import select, update

from storage import tables
from storage.blobs import Blobs
from storage.database import Database, insert
from storage.errors import BlobMissing, KeysMissing, Mismatched
from storage.keys import Keys

_KEY = "installation"


async def check_pair(database: Database, blobs: Blobs) -> None:
    """Numbers a new installation; lets a known one pass.

    `blobs` are the blobs, or the place of the keys.

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


async def check_keys(database: Database, keys: Keys) -> None:
    """Gives a new installation its key of look-ups; lets a known one pass.

    Raises:
        Mismatched: the keys belong to another database; nothing was changed.
        KeysMissing: the database was written with other keys; nothing was changed.
    """
    await check_pair(database, keys.store)
    installation = tables.installation
    async with database.transaction() as connection:
        # One process makes the key; the others wait here and find it.
        expected = await connection.scalar(select(installation.c.keys_check).with_for_update())
        if expected is None:
            made = await keys.lookup_or_new()
            await connection.execute(update(installation).values(keys_check=made.check))
            return
    try:
        found = await keys.lookup()
    except BlobMissing:
        raise KeysMissing from None
    if found.check != expected:
        raise KeysMissing


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
