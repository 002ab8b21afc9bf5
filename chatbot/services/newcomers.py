"""People who are entered because they send something, and leave nothing where it is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage import Storage


class Newcomers:
    """Enters people, and lets those go again of whom nothing was kept."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._received: Counter[tuple[str, str]] = Counter()

    @asynccontextmanager
    async def received(self, platform: str, platform_id: str) -> AsyncIterator[int]:
        """The number of a person while something of theirs is taken in.

        Their files are sealed under their secret, so they are entered before anything is known of
        these. Who has nothing here afterwards goes, unless more of theirs comes in at this moment.
        """
        known = (platform, platform_id)
        self._received[known] += 1
        user_id = None
        try:
            user_id = await self._storage.users.resolve(platform, platform_id)
            yield user_id
        finally:
            self._received[known] -= 1
            if not self._received[known]:
                del self._received[known]
                if user_id is not None:
                    await self._storage.delete_user_without_anything(user_id)
