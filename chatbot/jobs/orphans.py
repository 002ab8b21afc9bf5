"""Jobs whose worker died: found, counted, put back into the queue."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chatbot.jobs.dbos_tables import CANCEL_NOTE, DEATH_NOTE
from chatbot.jobs.job_table import JobTable, Running

if TYPE_CHECKING:
    from dbos import DBOSClient

    from chatbot.jobs.limits import JobLimits
    from chatbot.jobs.ownership import Ownership

logger = logging.getLogger(__name__)


class Orphans:
    """What a living worker does for the dead ones."""

    def __init__(
        self,
        worker_id: str,
        table: JobTable,
        client: DBOSClient,
        ownership: Ownership,
        limits: JobLimits,
    ) -> None:
        self._worker_id = worker_id
        self._table = table
        self._client = client
        self._ownership = ownership
        self._limits = limits
        self._idle_beats: dict[str, int] = {}

    def take_over(self, running_here: frozenset[str]) -> None:
        """Puts the jobs of dead workers back into the queue; to be called once a beat."""
        jobs = self._table.running()
        for job in jobs:
            if job.worker_id != self._worker_id:
                with self._ownership.take_over(job.worker_id) as is_dead:
                    if is_dead:
                        self._resume(job)
        ours = {job.job_id for job in jobs if job.worker_id == self._worker_id}
        self._release_undispatched(ours - running_here)

    def _resume(self, job: Running) -> None:
        # One note for each dead worker, so that noting it twice counts once.
        death = {f"{DEATH_NOTE}{job.worker_id}": self._table.finished_steps(job.job_id)}
        self._client.update_workflow_attributes(job.job_id, death, merge=True)
        if self._table.release(job.job_id, job.worker_id):
            logger.warning("job %s goes on after the death of its worker", job.job_id)
        if CANCEL_NOTE in (self._table.notes(job.job_id) or {}):
            self._table.expedite(job.job_id)

    def _release_undispatched(self, waiting: set[str]) -> None:
        """Puts back what DBOS took in our name and could not start (a lost connection, say)."""
        self._idle_beats = {job_id: self._idle_beats.get(job_id, 0) + 1 for job_id in waiting}
        for job_id, beats in self._idle_beats.items():
            if beats * self._limits.orphan_seconds > self._limits.lost_dispatch_seconds:
                logger.warning("job %s was taken and not started; back into the queue", job_id)
                self._table.release(job_id, self._worker_id)


class RecordedNotes:
    """What is noted on jobs (`chatbot.jobs.runner.JobNotes`); bears a database that is away."""

    def __init__(self, table: JobTable) -> None:
        self._table = table

    async def is_cancelled(self, job_id: str) -> bool:
        """Somebody wants the job to stop."""
        return CANCEL_NOTE in await self._read(job_id)

    async def crashes(self, job_id: str, finished_steps: int) -> int:
        """How many workers died with the job after so many finished steps."""
        notes = await self._read(job_id)
        return sum(
            steps == finished_steps for note, steps in notes.items() if note.startswith(DEATH_NOTE)
        )

    async def _read(self, job_id: str) -> dict[str, Any]:
        while True:
            try:
                return await asyncio.to_thread(self._table.notes, job_id) or {}
            except sa.exc.SQLAlchemyError:
                logger.warning("the queue's database does not answer", exc_info=True)
                await asyncio.sleep(1)
