"""How long a person's songs last, judged by their own plays."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.services.temporary import TemporaryFolders
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

MOST_KEPT = 8
"""The lengths of so many people are kept in memory: about 1.5 MB for 20,000 songs."""


@dataclass(frozen=True)
class _Known:
    version: int
    """Of the history that they were read from."""
    lengths: pd.Series[int]


class TrackLengths:
    """The lengths of the songs of the people who asked last."""

    def __init__(self, storage: Storage, temporary: TemporaryFolders) -> None:
        self._storage = storage
        self._temporary = temporary
        self._known: OrderedDict[int, _Known] = OrderedDict()

    async def of(self, user_id: int, track_ids: Sequence[str]) -> dict[str, int]:
        """Milliseconds by track_id, of those that are known; none where the plays are damaged."""
        lengths = await self._lengths(user_id)
        if lengths is None:
            return {}
        there = lengths.reindex(list(dict.fromkeys(track_ids))).dropna()
        return {str(track_id): int(ms) for track_id, ms in there.items()}

    def forget(self, user_id: int) -> None:
        """Drops what is kept of a person."""
        self._known.pop(user_id, None)

    async def _lengths(self, user_id: int) -> pd.Series[int] | None:
        history = await self._storage.histories.get(user_id)
        if history is None:
            return None
        known = self._known.get(user_id)
        if known is None or known.version != history.version:
            try:
                known = _Known(history.version, await self._read(user_id))
            except (BlobMissing, CorruptBlob, OSError, ValueError) as error:
                # A card without its length is better than none.
                logger.warning("the lengths of user %d: %s", user_id, type(error).__name__)
                return None
            self._known[user_id] = known
        self._known.move_to_end(user_id)
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
        return known.lengths

    async def _read(self, user_id: int) -> pd.Series[int]:
        async with self._temporary.folder() as directory:
            path = directory / "history.parquet"
            await self._storage.histories.fetch(user_id, path)
            return await asyncio.to_thread(_read, path)


def _read(path: Path) -> pd.Series[int]:
    """Blocks."""
    from pyarrow import parquet

    from songnet.lengths import track_lengths

    # pyarrow's errors are ValueErrors and OSErrors.
    table = parquet.read_table(path, columns=["track_id", "ms_played"])
    return track_lengths(table.to_pandas())
