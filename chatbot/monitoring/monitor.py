"""Asks every part of a running bot how it is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

from chatbot.frontends.base import FrontEnd
from chatbot.jobs.statistics import JobStatistics
from chatbot.monitoring.heartbeat import Heartbeat
from chatbot.monitoring.metrics import ErrorCounter, Metrics, samples
from chatbot.monitoring.recorded import RecordedJobs
from chatbot.services.jobs import JobState
from storage import Storage
from storage.census import count_rows

logger = logging.getLogger(__name__)
T = TypeVar("T")

LONGEST_LAG_SECONDS = 1.0
"""A loop that was later than that within the last seconds keeps people waiting."""
LONGEST_SILENCE_SECONDS = 5.0
"""A worker beats every second."""
PATIENCE_SECONDS = 5.0
"""A storage or a queue that takes longer counts as out of reach."""
FRESH_SECONDS = 1.0
"""So long an answer of the storage or the queue is good for further questions."""


@dataclass(frozen=True)
class Check:
    """One part's state."""

    name: str
    ok: bool
    detail: str


class Monitor:
    """What `/health`, `/metrics` and `/status` are made from."""

    def __init__(
        self,
        metrics: Metrics,
        storage: Storage,
        statistics: JobStatistics,
        front_ends: Sequence[FrontEnd],
        *,
        worker_silences: Callable[[], Sequence[float | None]] | None,
        instance: str,
    ) -> None:
        """Does not ask anybody yet.

        Args:
            metrics: What was counted, and takes what is asked for.
            storage: Is asked for its numbers.
            statistics: Is asked for the jobs.
            front_ends: Are asked whether they are connected.
            worker_silences: For how long each of this bot's workers has been silent, None for one
                that is not up; None where the workers run apart.
            instance: Tells this bot from one with another data directory (`instance_of`).
        """
        self.metrics = metrics
        self.heartbeat = Heartbeat(metrics.loop_lag.observe)
        self._recorded = RecordedJobs(statistics, metrics)
        self._front_ends = front_ends
        self._worker_silences = worker_silences
        self._instance = instance
        self._started = time.monotonic()
        self._stored = _Probe(lambda: _ask_storage(storage))
        self._unfinished = _Probe(lambda: asyncio.to_thread(self._recorded.refresh))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beats, and counts the logged errors, while the context lasts."""
        try:
            await asyncio.to_thread(self._recorded.skip_the_past)
        except Exception:  # a bot that nobody watches is better than none
            logger.warning("the past jobs could not be read, and count as new", exc_info=True)
        errors = ErrorCounter(self.metrics)
        logging.getLogger().addHandler(errors)
        beating = asyncio.create_task(self.heartbeat.run())
        try:
            yield
        finally:
            beating.cancel()
            logging.getLogger().removeHandler(errors)
            await asyncio.gather(
                beating, self._stored.close(), self._unfinished.close(), return_exceptions=True
            )

    async def checks(self) -> tuple[Check, ...]:
        """Every part's state; never raises, and never waits much longer than the patience."""
        storage, queue = await asyncio.gather(self._check_storage(), self._check_queue())
        found = (self._check_loop(), storage, queue, *self._check_workers(), *self._check_fronts())
        for check in found:
            self.metrics.check.labels(check.name).set(check.ok)
        return found

    async def snapshot(self) -> dict[str, Any]:
        """Everything as plain values, the same for a machine and for `songnet-bot status`."""
        checks = await self.checks()
        lag = self.heartbeat.lag
        return {
            "instance": self._instance,
            "running": True,
            "healthy": all(check.ok for check in checks),
            "version": version("songnet"),
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "checks": [asdict(check) for check in checks],
            "loop_lag_seconds": asdict(lag) if lag else None,
            **counted(self.metrics),
        }

    def _check_loop(self) -> Check:
        recently = self.heartbeat.recently
        return Check("loop", recently < LONGEST_LAG_SECONDS, f"{recently * 1000:.0f} ms late")

    async def _check_storage(self) -> Check:
        try:
            stored = await self._stored.answer()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is out of reach
            return Check("storage", ok=False, detail=_reason(error))
        for what, count in stored.items():
            self.metrics.stored.labels(what).set(count)
        return Check("storage", ok=True, detail="reachable")

    async def _check_queue(self) -> Check:
        try:
            unfinished = await self._unfinished.answer()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is out of reach
            return Check("queue", ok=False, detail=_reason(error))
        waiting, running = unfinished[JobState.QUEUED], unfinished[JobState.RUNNING]
        return Check("queue", ok=True, detail=f"{waiting} waiting, {running} running")

    def _check_workers(self) -> list[Check]:
        if self._worker_silences is None:
            return []
        silences = self._worker_silences()
        beating = [silence for silence in silences if _beats(silence)]
        detail = f"{len(beating)} of {len(silences)} beating"
        return [Check("workers", ok=len(beating) == len(silences), detail=detail)]

    def _check_fronts(self) -> list[Check]:
        found = []
        for front_end in self._front_ends:
            name, connected = front_end.platform.value, front_end.is_connected
            self.metrics.connected.labels(name).set(connected)
            found.append(Check(name, connected, "connected" if connected else "not connected"))
        return found


def counted(metrics: Metrics) -> dict[str, Any]:
    """The counters as plain values."""
    totals = samples(metrics.stage_seconds, "_sum")
    return {
        "queue": {labels["state"]: int(value) for labels, value in samples(metrics.queue, "")},
        "jobs": [
            {**labels, "count": int(value)}
            for labels, value in samples(metrics.job_seconds, "_count")
        ],
        "stages": [
            {**labels, "count": int(count), "mean_seconds": round(total / count, 3)}
            for (labels, count), (_, total) in zip(
                samples(metrics.stage_seconds, "_count"), totals, strict=True
            )
        ],
        "job_failures": _by(metrics.job_failures, "kind"),
        "errors": _by(metrics.errors, "kind"),
        "requests": [
            {**labels, "count": int(value)} for labels, value in samples(metrics.requests, "_total")
        ],
        "rate_limited": _by(metrics.rate_limited, "platform"),
        "commands": [
            {**labels, "count": int(value)}
            for labels, value in samples(metrics.command_seconds, "_count")
        ],
        "model_cache_bytes": int(samples(metrics.model_cache_bytes, "")[0][1]),
        "stored": {labels["what"]: int(value) for labels, value in samples(metrics.stored, "")},
    }


def instance_of(data: Path) -> str:
    """Tells bots apart by their data directory, without saying where that is."""
    return hashlib.sha256(str(data).encode()).hexdigest()[:16]


def _by(metric: Any, label: str) -> dict[str, int]:
    return {labels[label]: int(value) for labels, value in samples(metric, "_total")}


def _beats(silence: float | None) -> bool:
    return silence is not None and silence <= LONGEST_SILENCE_SECONDS


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {PATIENCE_SECONDS:.0f} s"
    return type(error).__name__  # its text could quote what was asked for


async def _ask_storage(storage: Storage) -> dict[str, int]:
    counts = await count_rows(storage.database)
    await storage.blobs.list(
        "users/0/"
    )  # there is no such user; the question is whether it answers
    return counts


class _Probe(Generic[T]):
    """One question at a time, however many ask, and however long the answer takes."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asked_at = 0.0
        self._asking: asyncio.Future[T] | None = None

    async def answer(self) -> T:
        """The answer, at most `FRESH_SECONDS` old.

        Raises:
            TimeoutError: there is none yet.
            Exception: what the question raised.
        """
        stale = time.monotonic() - self._asked_at > FRESH_SECONDS
        if self._asking is None or (self._asking.done() and stale):
            self._asked_at = time.monotonic()
            self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.wait_for(asyncio.shield(self._asking), PATIENCE_SECONDS)

    async def close(self) -> None:
        """Waits for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
