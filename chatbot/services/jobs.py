"""What the use cases need of a background task queue.

The port stands here, with those who use it; `chatbot.jobs` holds the implementations.
A *task* is what can run (its name), a *job* is one run of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

IMPORT_TASK = "import"
NO_ROOM = "no_room"
"""The stage of a job that waits until there is room on the disk."""


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class JobProgress:
    """How far a running job is."""

    stage: str
    """`reading`, `training`, `saving`, or `NO_ROOM`."""
    done: float | None = None
    """The share of the stage that is done, in 0 ... 1, where it is known."""
    seconds_left: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    """Facts of the stage: `epoch`, `epochs`, `loss`, `file`, `rows` ..."""


@dataclass(frozen=True)
class JobFailure:
    """Why a job failed: a `SongnetError` as (kind, facts), or kind `bug` or `crashed`."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One run of a task."""

    id: str
    task: str
    user_id: int
    subject_id: str
    """What the task is about: the id of an import."""
    state: JobState
    created_at: datetime
    position: int | None = None
    """How many jobs stand before this one, plus one; None unless queued."""
    progress: JobProgress | None = None
    failure: JobFailure | None = None


class Jobs(Protocol):
    """A durable queue of background tasks.

    What is enqueued runs to its end exactly once as seen from its effects: after a crash it goes on
    from its last finished step. Jobs of one user run one after another, in the order of arrival.
    """

    async def enqueue(self, task: str, *, user_id: int, subject_id: str) -> Job:
        """Adds a job under the fixed id `{task}-{subject_id}`; a second time returns the first."""

    async def get(self, job_id: str) -> Job | None:
        """The job as it stands now."""

    async def of_user(self, user_id: int, *, unfinished_only: bool = True) -> list[Job]:
        """The user's jobs, oldest first."""

    async def count_unfinished(self) -> int:
        """How many jobs of all users wait or run."""

    async def cancel(self, job_id: str) -> bool:
        """Stops a job, running or not; False where it had ended before. Returns at once."""

    async def wait(self, job_id: str, timeout_seconds: float) -> Job | None:
        """Waits for the job's end, at most so long; returns it as it then stands."""

    async def delete_of_user(self, user_id: int) -> None:
        """Cancels the user's jobs, waits until none runs, deletes every record of them."""
