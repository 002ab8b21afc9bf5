"""What Spotify's search found, kept for everybody; and how often it was asked.

Of a track key only the hash is kept: a key may spell out artist and title, and nothing of what a
person listened to stays behind when they go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from storage import tables
from storage.database import Database, insert

_KEYS_AT_ONCE = 500


class SpotifyLinks:
    """Spotify URIs by track key, and a daily budget of searches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_many(self, keys: Sequence[str]) -> dict[str, str | None]:
        """What was found for each key that was looked up; None where Spotify knows no such track.

        Keys that were never looked up are missing.
        """
        key_by_hash = {_hash(key): key for key in keys}
        hashes = list(key_by_hash)
        links = tables.spotify_links.c
        found: dict[str, str | None] = {}
        async with self._database.reading() as connection:
            for start in range(0, len(hashes), _KEYS_AT_ONCE):
                rows = await connection.execute(
                    select(links.key_sha256, links.uri).where(
                        links.key_sha256.in_(hashes[start : start + _KEYS_AT_ONCE])
                    )
                )
                found |= {key_by_hash[row.key_sha256]: row.uri for row in rows}
        return found

    async def put(self, key: str, uri: str | None, looked_up_at: datetime) -> None:
        """Remembers what a search found, in place of what an earlier one did.

        Args:
            key: the track's key.
            uri: `spotify:track:...`, None where Spotify knows no such track.
            looked_up_at: when it was asked.
        """
        values = {"uri": uri, "looked_up_at": looked_up_at}
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(connection, tables.spotify_links)
                .values(key_sha256=_hash(key), **values)
                .on_conflict_do_update(index_elements=["key_sha256"], set_=values)
            )

    async def spend(self, day: date, budget: int) -> bool:
        """Counts one search; False, and nothing counted, where the day's budget is used up."""
        if budget < 1:
            return False
        spent = tables.spotify_budget.c.spent
        async with self._database.transaction() as connection:
            counted = await connection.execute(
                insert(connection, tables.spotify_budget)
                .values(day=day, spent=1)
                .on_conflict_do_update(
                    index_elements=["day"], set_={"spent": spent + 1}, where=spent < budget
                )
                .returning(spent)
            )
            return counted.one_or_none() is not None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
