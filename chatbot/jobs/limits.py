"""The named limits and intervals of the background jobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobLimits:
    """How patient the queue and its workers are; all times in seconds."""

    poll_seconds: float = 0.5
    """How often a worker looks for queued jobs, and `Jobs.wait` for the end of one."""
    orphan_seconds: float = 1.0
    """How often a worker looks for jobs whose worker died."""
    cancel_seconds: float = 0.4
    """How often a running job looks whether it was cancelled."""
    report_seconds: float = 1.0
    """How often the progress of a job is written at most."""
    crash_limit: int = 3
    """A job that cuts down its worker (or its child process) so often within one step fails."""
    stall_seconds: float = 1800.0
    """A job without a sign of life for so long is taken to hang, and its worker is replaced."""
    claim_seconds: float = 5.0
    """A worker whose own lock does not answer for so long leaves at once."""
    lost_dispatch_seconds: float = 30.0
    """A job that this worker claimed and does not run after so long goes back into the queue."""
    stop_seconds: float = 7.0
    """How long a stopping worker waits for its running step; it leaves within 10 seconds."""
    ended_attempts: int = 4
    """How often `Task.ended` is tried when it raises, with growing pauses."""
    room_seconds: float = 5.0
    """How often a job that found the disk full is tried again."""
