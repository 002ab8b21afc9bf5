"""Brings what the workers recorded in the queue into the metrics."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.jobs.statistics import FinishedStep, JobStatistics
from chatbot.monitoring.metrics import Metrics
from chatbot.services.jobs import JobState

OVERLAP_MS = 3_600_000
"""So far back it looks again: workers' clocks differ, and a record may come late."""


class RecordedJobs:
    """Counts every finished step once; blocking, so it is called on threads."""

    def __init__(self, statistics: JobStatistics, metrics: Metrics) -> None:
        self._statistics = statistics
        self._metrics = metrics
        self._newest_ms = 0
        self._seen: dict[tuple[str, int], int] = {}

    def skip_the_past(self) -> None:
        """What has ended so far is not counted: a counter starts at nought with its process."""
        self._newest_ms = self._statistics.newest_ms()
        self._take(lambda _step: None)

    def refresh(self) -> dict[JobState, int]:
        """Counts what has ended since the last time; returns how many jobs wait and run."""
        self._take(self._count)
        unfinished = self._statistics.unfinished()
        for state, count in unfinished.items():
            self._metrics.queue.labels(state.value).set(count)
        return unfinished

    def _take(self, count: Callable[[FinishedStep], object]) -> None:
        since = max(0, self._newest_ms - OVERLAP_MS)
        self._seen = {key: moment for key, moment in self._seen.items() if moment >= since}
        for step in self._statistics.finished_steps(since):
            key = (step.job_id, step.number)
            if key not in self._seen:
                self._seen[key] = step.finished_at_ms
                self._newest_ms = max(self._newest_ms, step.finished_at_ms)
                count(step)

    def _count(self, step: FinishedStep) -> None:
        metrics, verdict = self._metrics, step.verdict
        outcome = (verdict.state if verdict else JobState.DONE).value
        if not step.is_last:
            metrics.stage_seconds.labels(step.name, outcome).observe(step.seconds)
            return
        assert step.job_seconds is not None
        metrics.job_seconds.labels(step.task, outcome).observe(step.job_seconds)
        if verdict is not None and verdict.failure is not None:
            metrics.job_failures.labels(verdict.failure.kind).inc()
