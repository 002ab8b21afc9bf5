"""Pictures on demand, drawn in a child process and gone when they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from chatbot.services.errors import NoModel, NotYours, StillTraining, UnknownPlaylist
from chatbot.services.jobs import Jobs
from chatbot.services.learning import ChildRunner, Send
from chatbot.services.pictures import (
    CardRequest,
    PictureWords,
    StatsRequest,
    draw_card,
    draw_stats,
)
from chatbot.services.temporary import TemporaryFolders
from songnet.errors import BrokenHistory
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob


class DrawingService:
    """Draws what a person may see; so many pictures at the same time as the operator allows."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        run_in_child: ChildRunner,
        *,
        temporary: TemporaryFolders,
        at_once: int,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._run_in_child = run_in_child
        self._temporary = temporary
        self._turn = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def stats(
        self, user_id: int | None, timezone: str, words: PictureWords
    ) -> AsyncIterator[Path]:
        """A picture of a person's listening; deleted on leaving.

        Raises:
            NoModel: they have given no history.
            StillTraining: their first one is being read.
            BrokenHistory: it is damaged.
        """
        async with self._temporary.folder() as directory:
            history, picture = directory / "history.parquet", directory / "songnet-stats.png"
            try:
                found = user_id is not None and await self._storage.histories.fetch(
                    user_id, history
                )
            except (BlobMissing, CorruptBlob) as error:
                raise BrokenHistory(str(error)) from error
            if not found:
                await self._refuse_without_history(user_id)
            await self._draw(draw_stats, StatsRequest(str(history), str(picture), timezone, words))
            yield picture

    async def _refuse_without_history(self, user_id: int | None) -> NoReturn:
        jobs = await self._jobs.of_user(user_id) if user_id is not None else []
        if jobs:
            raise StillTraining(jobs[0])
        raise NoModel

    @asynccontextmanager
    async def card(
        self, user_id: int | None, playlist_id: str, title: str, footer: str
    ) -> AsyncIterator[Path]:
        """A picture of a person's own playlist, to be passed on; deleted on leaving.

        Args:
            user_id: who asks.
            playlist_id: which.
            title: what stands above it, `{songs}` being what it grew from.
            footer: what stands below it.

        Raises:
            UnknownPlaylist: it is gone.
            NotYours: it is another person's.
        """
        stored = await self._storage.playlists.get(playlist_id)
        if stored is None:
            raise UnknownPlaylist
        if stored.user_id != user_id:
            raise NotYours
        songs = ", ".join(seed["title"] for seed in stored.seeds)
        tracks = tuple((track["title"], track["artist"]) for track in stored.tracks)
        async with self._temporary.folder() as directory:
            picture = directory / "songnet-playlist.png"
            request = CardRequest(str(picture), title.replace("{songs}", songs), tracks, footer)
            await self._draw(draw_card, request)
            yield picture

    async def _draw(self, draw: Callable[[Send, Any], None], request: object) -> None:
        async with self._turn:
            await self._run_in_child(draw, request)
