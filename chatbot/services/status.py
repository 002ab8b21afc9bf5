"""Where a person stands with the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chatbot.services.jobs import Job, Jobs
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.playlists import PlaylistService
from storage import Storage
from storage.histories import HistoryRecord
from storage.imports import ImportRecord
from storage.models import ModelRecord


@dataclass(frozen=True)
class Status:
    history: HistoryRecord | None
    model: ModelRecord | None
    jobs: tuple[Job, ...]
    """Unfinished ones, oldest first."""
    last_import: ImportRecord | None
    undelivered: tuple[LostAnswer, ...] = ()
    """Oldest first."""
    file_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each import was sent as, by its id."""

    @property
    def is_new(self) -> bool:
        """Nothing was learned from them, and nothing that they gave is on its way to that."""
        return self.history is None and self.model is None and not self.jobs


@dataclass(frozen=True)
class LostAnswer:
    """An answer that did not reach its person."""

    id: str
    command: str
    """As it was given, without what stood behind it."""
    at: datetime
    playlist: MadePlaylist | None = None
    """Where it was one, and is still there."""


class StatusService:
    """Looks up where a person stands."""

    def __init__(self, storage: Storage, jobs: Jobs, playlists: PlaylistService) -> None:
        self._storage = storage
        self._jobs = jobs
        self._playlists = playlists

    async def of(self, user_id: int | None) -> Status:
        if user_id is None:
            return Status(None, None, (), None)
        imports = await self._storage.imports.of_user(user_id)
        return Status(
            await self._storage.histories.get(user_id),
            await self._storage.models.active(user_id),
            tuple(await self._jobs.of_user(user_id)),
            max(imports, key=lambda record: record.created_at, default=None),
            tuple(await self._lost(user_id)),
            {record.id: record.file_names for record in imports},
        )

    async def lose(self, user_id: int | None, command: str, playlist_id: str | None) -> None:
        """Notes that the answer to a command was lost; of strangers nothing is noted."""
        if user_id is not None:
            answer = {"command": command, "playlist_id": playlist_id}
            await self._storage.undelivered.add(user_id, answer)

    async def told(self, lost: Sequence[LostAnswer]) -> None:
        """The person knows of these."""
        if lost:
            await self._storage.undelivered.delete([each.id for each in lost])

    async def _lost(self, user_id: int) -> list[LostAnswer]:
        lost = []
        for entry in await self._storage.undelivered.of_user(user_id):
            playlist_id = entry.answer.get("playlist_id")
            record = await self._storage.playlists.get(playlist_id) if playlist_id else None
            made = await self._playlists.shown(record) if record else None
            lost.append(LostAnswer(entry.id, entry.answer["command"], entry.created_at, made))
        return lost

    async def cancel(self, user_id: int | None, job_id: str = "") -> int:
        """Cancels one unfinished job of the person, or all; returns how many."""
        if user_id is None:
            return 0
        jobs = await self._jobs.of_user(user_id)
        chosen = [job for job in jobs if job_id in ("", job.id)]
        return sum([await self._jobs.cancel(job.id) for job in chosen])
