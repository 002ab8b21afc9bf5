"""Files that people send one by one, until they say that these are all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from secrets import token_hex
from typing import Any

from chatbot.services.newcomers import Newcomers
from storage import Storage
from storage.errors import RecordMissing
from storage.gathered import GatheredRecord
from storage.sealing import Unsealable

logger = logging.getLogger(__name__)

WaitingFiles = GatheredRecord


class GatheredService:
    """Keeps what a front end gathered, so that its end loses nothing that was confirmed.

    What the files are is the front end's to say and to read again: JSON.
    """

    def __init__(self, storage: Storage, newcomers: Newcomers, *, hours: float) -> None:
        """So many `hours` after the last of them files wait at most."""
        self._storage = storage
        self._newcomers = newcomers
        self._lifetime = timedelta(hours=hours)

    def new_id(self) -> str:
        """For files that are to be kept."""
        return token_hex(8)

    async def keep(
        self, gathered_id: str, platform: str, platform_id: str, files: dict[str, Any]
    ) -> None:
        """Keeps the first files of somebody, who is entered where they were not known."""
        async with self._newcomers.received(platform, platform_id) as user_id:
            await self._storage.gathered.add(gathered_id, user_id, files, self._lifetime)

    async def change(
        self, gathered_id: str, platform: str, platform_id: str, files: dict[str, Any]
    ) -> bool:
        """Keeps what there is by now; False where they are gone, as after a `/forget`."""
        user_id = await self._storage.users.find(platform, platform_id)
        if user_id is None:
            return False
        try:
            return await self._storage.gathered.change(gathered_id, user_id, files, self._lifetime)
        except RecordMissing:
            return False

    async def begin(self, gathered_id: str) -> bool:
        """Notes that their import begins; False where they are gone, as after a `/forget`."""
        return await self._storage.gathered.begin(gathered_id)

    async def end(self, gathered_id: str, platform: str, platform_id: str) -> None:
        """They are taken in or not wanted; whoever came with nothing else goes too."""
        await self._storage.gathered.delete(gathered_id)
        user_id = await self._storage.users.find(platform, platform_id)
        if user_id is not None:
            async with self._newcomers.received(platform, platform_id):
                pass

    async def waiting(self) -> Sequence[WaitingFiles]:
        """Everybody's that are not too old; what is damaged is left out, and logged."""
        found: list[WaitingFiles] = []
        for user_id in await self._storage.gathered.owners():
            try:
                found += await self._storage.gathered.of_user(user_id)
            except Unsealable:
                logger.exception("files that waited for user %d's word are damaged", user_id)
        return found
