"""How what a person would recognise is written into the database, and read again.

The one place for it: a `personal` column holds JSON, sealed under the person's secret.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import tables
from storage.sealing import Secret


async def hold(connection: AsyncConnection, user_id: int) -> None:
    """Lets nobody delete a person before this transaction ends; to be its first statement.

    The foreign keys of a new row would lock what it hangs on before the person, and the deletion
    locks the person first: on PostgreSQL each would wait for the other.
    """
    users = tables.users.c
    await connection.execute(
        select(users.id).where(users.id == user_id).with_for_update(read=True, key_share=True)
    )


def encode(secret: Secret, value: Any) -> bytes:
    """Turns a JSON value into the content of a `personal` column.

    Raises:
        TypeError, ValueError: the value is no JSON value (NaN and infinity are none).
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Exports hold lone surrogates now and then; they come back as they went.
    return secret.seal(text.encode("utf-8", "surrogatepass"))


def digest(secret: Secret, name: str, value: Any) -> str:
    """What equal JSON values of one person have in common, in hex; see `Secret.digest`."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return secret.digest(name, text.encode("utf-8", "surrogatepass"))


def decode(secret: Secret, content: bytes) -> Any:
    """Turns the content of a `personal` column into the JSON value again.

    Raises:
        Unsealable: it was written under another secret, or it is damaged.
    """
    return json.loads(secret.unseal(content).decode("utf-8", "surrogatepass"))
