"""Loaded models, kept in memory up to a bound."""

from __future__ import annotations

import asyncio
import ctypes
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import Storage

if TYPE_CHECKING:
    from songnet.recommender import Recommender
    from storage.models import ModelRecord


BYTES_PER_FILE_BYTE = 7
"""The plays, which the file holds packed, as arrays that questions walk along."""
BYTES_PER_TRACK = 1300
"""The names, and the index that finds them. `python -m benchmarks.memory model` measures both."""
THREADS = 1
"""A playlist takes milliseconds; more threads would only wait for the training's."""


@dataclass(frozen=True)
class _Loaded:
    recommender: Recommender
    byte_size: int
    """In memory, about."""


_Key = tuple[int, int]
"""(user, model)."""


class RecommenderCache:
    """The active models of the people who asked last, the latest at the end."""

    def __init__(self, storage: Storage, *, max_bytes: int) -> None:
        self._storage = storage
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[_Key, _Loaded] = OrderedDict()
        self._loading: dict[_Key, asyncio.Task[Recommender]] = {}
        self._gives_back = False
        """A model was dropped, and its memory is still ours."""

    @property
    def byte_size(self) -> int:
        return sum(loaded.byte_size for loaded in self._loaded.values())

    async def get(self, record: ModelRecord) -> Recommender:
        """The model, from memory or from the storage.

        Raises:
            BlobMissing, CorruptBlob, ModelError: it cannot be used.
        """
        key = (record.user_id, record.id)
        if key in self._loaded:
            self._loaded.move_to_end(key)
            return self._loaded[key].recommender
        if key not in self._loading:
            self._loading[key] = asyncio.create_task(self._load(key, record))
        # Two questions at once load it once, and one that is cancelled does not cut the other.
        return await asyncio.shield(self._loading[key])

    def forget(self, user_id: int) -> None:
        """Drops what is loaded of a user, and does not keep what is just being loaded."""
        for keys in (self._loaded, self._loading):
            for key in [key for key in keys if key[0] == user_id]:
                del keys[key]

    async def _load(self, key: _Key, record: ModelRecord) -> Recommender:
        loading = asyncio.current_task()
        try:
            data = await self._storage.models.read(record)
            loaded = await asyncio.to_thread(_parse, data, str(record.id))
            if self._loading.get(key) is loading:  # else the user was forgotten meanwhile
                self._keep(key, loaded)
        finally:
            if self._loading.get(key) is loading:
                del self._loading[key]
        if self._gives_back:
            self._gives_back = False
            await asyncio.to_thread(_give_back)
        return loaded.recommender

    def _keep(self, key: _Key, loaded: _Loaded) -> None:
        self._loaded[key] = loaded
        self._loaded.move_to_end(key)
        # A user has one active model: an older one is of no more use.
        *older, _ = sorted(other for other in self._loaded if other[0] == key[0])
        for other in older:
            del self._loaded[other]
        while self.byte_size > self._max_bytes and len(self._loaded) > 1:
            self._loaded.popitem(last=False)
            self._gives_back = True


def _give_back() -> None:
    """Returns freed memory to the system, which glibc keeps in pieces where threads come and go."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def warm() -> None:
    """Loads what a model needs, so that the first question after a start does not wait for it."""
    import torch

    import songnet.recommender  # noqa: F401  # as above
    from songnet.evidence.warming import warm as warm_evidence
    from songnet.models import model_class
    from songnet.training import TrainingConfig

    model_class(TrainingConfig().model)
    with torch.device("meta"):
        torch.empty(0)  # a model's file is read so, and it loads one more module
    warm_evidence()


def is_cold() -> bool:
    """Whether `warm` would compile, for half a minute, what `compile_once` can do for good."""
    from songnet.evidence import warming

    return warming.is_cold()


def compile_once(_send: Callable[[object], None]) -> None:
    """Compiles what models need, and keeps it; for a child, which can be killed meanwhile."""
    from songnet.evidence.warming import warm as warm_evidence

    warm_evidence()


def _parse(data: bytes, name: str) -> _Loaded:
    import torch

    from songnet.recommender import Recommender

    torch.set_num_threads(THREADS)
    recommender = Recommender.from_bytes(data, name)
    return _Loaded(recommender, bytes_in_memory(len(data), len(recommender.library)))


def bytes_in_memory(file_bytes: int, tracks: int) -> int:
    """What a model takes once it is loaded and was asked, about."""
    return round(BYTES_PER_FILE_BYTE * file_bytes + BYTES_PER_TRACK * tracks)
