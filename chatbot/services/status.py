"""Where a person stands with the bot."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.services.jobs import Job, Jobs
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


class StatusService:
    """Looks up where a person stands."""

    def __init__(self, storage: Storage, jobs: Jobs) -> None:
        self._storage = storage
        self._jobs = jobs

    async def of(self, user_id: int | None) -> Status:
        if user_id is None:
            return Status(None, None, (), None)
        imports = await self._storage.imports.of_user(user_id)
        return Status(
            await self._storage.histories.get(user_id),
            await self._storage.models.active(user_id),
            tuple(await self._jobs.of_user(user_id)),
            max(imports, key=lambda record: record.created_at, default=None),
        )

    async def cancel(self, user_id: int | None, job_id: str = "") -> int:
        """Cancels one unfinished job of the person, or all; returns how many."""
        if user_id is None:
            return 0
        jobs = await self._jobs.of_user(user_id)
        chosen = [job for job in jobs if job_id in ("", job.id)]
        return sum([await self._jobs.cancel(job.id) for job in chosen])
