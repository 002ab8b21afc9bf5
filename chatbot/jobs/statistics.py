"""What the queue's database tells of its jobs: how many wait, and how the finished ones went.

The workers record each step with its times and its verdict there anyway, whichever machine they are
on, and what is recorded outlives them; so nothing else has to be written to measure them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa

from chatbot.jobs.database import open_engine
from chatbot.jobs.dbos_tables import (
    ENDS_QUEUE,
    JOBS_QUEUE,
    SERIALIZER,
    STEPS,
    WAITING_QUEUE,
    WORKFLOW,
    WORKFLOWS,
)
from chatbot.jobs.verdicts import Verdict
from chatbot.services.jobs import JobState

LAST_STEP = "ended"

_WAITING = {"ENQUEUED": JobState.QUEUED, "DELAYED": JobState.QUEUED, "PENDING": JobState.RUNNING}


@dataclass(frozen=True)
class FinishedStep:
    """A step as it was recorded; times are the worker's clock."""

    job_id: str
    number: int
    name: str
    seconds: float
    finished_at_ms: int
    verdict: Verdict | None
    """How it ended its job; None where the job went on."""
    job_seconds: float | None
    """Of the last step: from the job's arrival (in whole seconds) to its end."""

    @property
    def task(self) -> str:
        return self.job_id.partition("-")[0]

    @property
    def is_last(self) -> bool:
        return self.name == LAST_STEP


class JobStatistics:
    """Reads the queue's database; blocking, so it is called on threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._owned = engine
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        self._engine = engine.execution_options(schema_translate_map={None: schema})

    @classmethod
    def open(cls, url: str) -> Self:
        """Takes the URL of `DbosJobs.open`; the tables are there already."""
        return cls(open_engine(url))

    def close(self) -> None:
        """Closes the connections."""
        self._owned.dispose()

    def unfinished(self) -> dict[JobState, int]:
        """How many jobs wait and run."""
        counts = dict.fromkeys((JobState.QUEUED, JobState.RUNNING), 0)
        statement = (
            sa.select(WORKFLOWS.c.status, sa.func.count())
            .where(
                WORKFLOWS.c.name == WORKFLOW,
                WORKFLOWS.c.status.in_(_WAITING),
                WORKFLOWS.c.queue_name.in_((WAITING_QUEUE, JOBS_QUEUE, ENDS_QUEUE)),
            )
            .group_by(WORKFLOWS.c.status)
        )
        with self._engine.connect() as connection:
            for status, count in connection.execute(statement):
                counts[_WAITING[status]] += count
        return counts

    def newest_ms(self) -> int:
        """When the last recorded step ended; 0 where there is none."""
        with self._engine.connect() as connection:
            newest = connection.execute(sa.select(sa.func.max(STEPS.c.completed_at_epoch_ms)))
            return newest.scalar() or 0

    def finished_steps(self, since_ms: int) -> list[FinishedStep]:
        """The steps that ended at that moment (milliseconds since 1970) or later, oldest first.

        The verdict of a last step is its job's: that of the step before it.
        """
        recent = sa.select(STEPS.c.workflow_uuid).where(
            STEPS.c.completed_at_epoch_ms >= since_ms,
            STEPS.c.function_name.not_like("DBOS.%"),
        )
        statement = (
            sa.select(STEPS, WORKFLOWS.c.created_at)
            .select_from(STEPS.join(WORKFLOWS, STEPS.c.workflow_uuid == WORKFLOWS.c.workflow_uuid))
            .where(
                STEPS.c.workflow_uuid.in_(recent),
                STEPS.c.function_name.not_like("DBOS.%"),
                STEPS.c.completed_at_epoch_ms.is_not(None),
            )
            .order_by(STEPS.c.workflow_uuid, STEPS.c.function_id)
        )
        verdicts: dict[str, Verdict] = {}
        found = []
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                verdict = _verdict(row.output)
                if verdict is not None:
                    verdicts[row.workflow_uuid] = verdict
                if row.completed_at_epoch_ms >= since_ms:
                    found.append(_step(row, verdicts.get(row.workflow_uuid)))
        return sorted(found, key=lambda step: step.finished_at_ms)


def _step(row: Any, verdict: Verdict | None) -> FinishedStep:
    is_last = row.function_name == LAST_STEP
    return FinishedStep(
        job_id=row.workflow_uuid,
        number=row.function_id,
        name=row.function_name,
        seconds=max(0.0, (row.completed_at_epoch_ms - row.started_at_epoch_ms) / 1000),
        finished_at_ms=row.completed_at_epoch_ms,
        verdict=verdict,
        job_seconds=(
            max(0.0, (row.completed_at_epoch_ms - row.created_at) / 1000) if is_last else None
        ),
    )


def _verdict(output: str | None) -> Verdict | None:
    values = SERIALIZER.deserialize(output) if output else None
    return Verdict.from_json(values) if isinstance(values, dict) else None
