"""Loaded models, kept in memory up to a bound."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import Storage

if TYPE_CHECKING:
    from songnet.recommender import Recommender
    from storage.models import ModelRecord


@dataclass(frozen=True)
class _Loaded:
    recommender: Recommender
    byte_size: int


class RecommenderCache:
    """The active models of the people who asked last, by (user, model)."""

    def __init__(self, storage: Storage, *, max_bytes: int) -> None:
        self._storage = storage
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[tuple[int, str], _Loaded] = OrderedDict()
        self._loading: dict[tuple[int, str], asyncio.Lock] = {}

    @property
    def byte_size(self) -> int:
        return sum(loaded.byte_size for loaded in self._loaded.values())

    async def get(self, record: ModelRecord) -> Recommender:
        """The model, from memory or from the storage.

        Raises:
            CorruptBlob, ModelError: it cannot be used.
        """
        key = (record.user_id, str(record.id))
        lock = self._loading.setdefault(key, asyncio.Lock())
        try:
            async with lock:  # two questions at once load it once
                if key not in self._loaded:
                    self._loaded[key] = await self._load(record)
                self._loaded.move_to_end(key)
                loaded = self._loaded[key]
        finally:
            if not lock.locked():
                self._loading.pop(key, None)
        self._shrink(keep=key)
        return loaded.recommender

    def forget(self, user_id: int) -> None:
        """Drops what is loaded of a user."""
        for key in [key for key in self._loaded if key[0] == user_id]:
            del self._loaded[key]

    async def _load(self, record: ModelRecord) -> _Loaded:
        data = await self._storage.models.read(record)
        # A user has one active model: an older one is of no more use.
        self.forget(record.user_id)
        recommender = await asyncio.to_thread(_parse, data, str(record.id))
        return _Loaded(recommender, len(data))

    def _shrink(self, *, keep: tuple[int, str]) -> None:
        while self.byte_size > self._max_bytes and len(self._loaded) > 1:
            oldest = next(key for key in self._loaded if key != keep)
            del self._loaded[oldest]


def _parse(data: bytes, name: str) -> Recommender:
    from songnet.recommender import Recommender

    return Recommender.from_bytes(data, name)
