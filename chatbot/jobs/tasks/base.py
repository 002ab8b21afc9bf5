"""What can run: a task is a chain of steps, each of which can be run again.

All data live in storage; through the queue go only ids. After a crash a job goes on from its last
finished step, and the step that was cut short runs once more: a step therefore begins by looking at
what its earlier run may have left behind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chatbot.services.jobs import JobFailure, JobProgress, JobState


@dataclass(frozen=True)
class StepContext:
    """What a step knows of the job that it belongs to."""

    job_id: str
    user_id: int
    subject_id: str
    report: Callable[[JobProgress], Awaitable[None]]
    """Tells how far the step is. Cheap: it may be called for every row, what is written is
    throttled, and the last word always arrives. A job that reports nothing for
    `JobLimits.stall_seconds` is taken to hang."""


@dataclass(frozen=True)
class Step:
    """One resumable part of a task, run on the worker's event loop.

    It is cancelled (`asyncio.CancelledError`) when the job is cancelled and when the worker stops,
    and must then leave nothing behind that goes on working: no thread without a join, no child.
    """

    name: str
    run: Callable[[StepContext], Awaitable[None]]


@dataclass(frozen=True)
class Task:
    """What can run under a name."""

    name: str
    steps: tuple[Step, ...]
    ended: Callable[[StepContext, JobState, JobFailure | None], Awaitable[None]]
    """Called when a job is done, failed, was cancelled or crashed too often, before `Jobs` shows
    that final state (only of a job that never ran, `Jobs` shows at once that it was cancelled).
    Durable: after a crash it is called again, so it must bear that."""
