"""The keys: for each person a secret that everything of theirs is sealed under, until /forget.

They stand in files or objects of their own and never in the database, whose log, replicas and
backups keep old bytes: a person whose secret is destroyed is gone from all of them. A key file is
overwritten before it is deleted.

One more key belongs to the installation: the ids under which platforms know people are looked up
by their HMAC, and the database holds no plain one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import cached_property

from storage.blobs import Blobs
from storage.errors import BlobMissing, RecordMissing
from storage.sealing import SECRET_BYTES, Secret, Unsealable

_LOOKUP = "lookup"
_PEOPLE = "users/"
_MOST_CACHED = 1000


def keys_url_beside(blobs_url: str) -> str:
    """Where the keys stand unless told otherwise: beside a directory, below a bucket's prefix."""
    url = blobs_url.rstrip("/")
    return f"{url.rpartition('/')[0]}/keys" if url.startswith("file:") else f"{url}/keys"


class LookupKey:
    """Turns a platform's id of a person into what rows are looked up by."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, platform: str, platform_id: str) -> str:
        """The id's HMAC-SHA-256, in hex."""
        name = f"{platform}\0{platform_id}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, name, hashlib.sha256).hexdigest()

    @property
    def check(self) -> str:
        """Tells this key from another one and says nothing else of it."""
        return hmac.new(self._key, b"songnet installation", hashlib.sha256).hexdigest()[:32]


class Keys:
    """Secrets by person, and the key of look-ups."""

    def __init__(self, open_store: Callable[[], Blobs]) -> None:
        self._open_store = open_store
        self._secrets: OrderedDict[int, Secret] = OrderedDict()
        self._lookup: LookupKey | None = None

    @classmethod
    def open(cls, url: str) -> Keys:
        """The keys at a URL (see `Blobs.open`), which is not touched before one is needed."""
        return cls(lambda: Blobs.open(url))

    @cached_property
    def store(self) -> Blobs:
        """The place where they stand."""
        return self._open_store()

    async def create(self, user_id: int) -> Secret:
        """A new secret for a person who is just being entered."""
        key = os.urandom(SECRET_BYTES)
        await self.store.put_stream(_place(user_id), _once(key), max_bytes=SECRET_BYTES)
        # Not cached: should the person's row be rolled back, another gets number and secret.
        return Secret(key)

    async def secret(self, user_id: int) -> Secret:
        """A person's secret.

        Raises:
            RecordMissing: it was destroyed: the person is gone.
        """
        known = self._secrets.get(user_id)
        if known is None:
            try:
                known = Secret(await self.store.read(_place(user_id)))
            except (BlobMissing, Unsealable):
                raise RecordMissing("user", user_id) from None
            self._secrets[user_id] = known
        self._secrets.move_to_end(user_id)
        while len(self._secrets) > _MOST_CACHED:
            self._secrets.popitem(last=False)
        return known

    async def secrets(self, user_ids: Iterable[int]) -> dict[int, Secret]:
        """The secrets of those people who are not gone."""
        found = {}
        for user_id in set(user_ids):
            try:
                found[user_id] = await self.secret(user_id)
            except RecordMissing:  # they went since their rows were read
                continue
        return found

    async def destroy(self, user_ids: Sequence[int]) -> None:
        """Destroys secrets; those that are gone count as destroyed."""
        for user_id in user_ids:
            self._secrets.pop(user_id, None)
        await self.store.erase([_place(user_id) for user_id in user_ids])

    async def user_ids(self) -> set[int]:
        """Whose secrets there are."""
        return {int(blob.key.removeprefix(_PEOPLE)) for blob in await self.store.list(_PEOPLE)}

    async def lookup(self) -> LookupKey:
        """The key of look-ups.

        Raises:
            BlobMissing: there is none.
        """
        if self._lookup is None:
            self._lookup = LookupKey(await self.store.read(_LOOKUP))
        return self._lookup

    async def lookup_or_new(self) -> LookupKey:
        """The key of look-ups, made where there is none; one process at a time may ask."""
        try:
            return await self.lookup()
        except BlobMissing:
            key = os.urandom(SECRET_BYTES)
            await self.store.put_stream(_LOOKUP, _once(key), max_bytes=SECRET_BYTES)
            return await self.lookup()


def _place(user_id: int) -> str:
    return f"{_PEOPLE}{user_id}"


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
