"""What the data say while no bot runs; nothing is made, migrated or changed."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chatbot.jobs.statistics import JobStatistics
from chatbot.monitoring.metrics import Metrics
from chatbot.monitoring.monitor import Check, counted, instance_of
from chatbot.monitoring.recorded import RecordedJobs
from chatbot.settings import Settings
from storage.census import count_rows
from storage.database import Database


async def read_snapshot(settings: Settings) -> dict[str, Any]:
    """A snapshot in the form of `Monitor.snapshot`, from the database and the queue alone."""
    metrics = Metrics()
    checks = (await check_storage(settings, metrics), await check_queue(settings, metrics))
    return {
        "instance": instance_of(settings.data),
        "running": False,
        "healthy": all(check.ok for check in checks),
        "version": version("songnet"),
        "uptime_seconds": None,
        "checks": [asdict(check) for check in checks],
        "loop_lag_seconds": None,
        **counted(metrics),
    }


async def check_storage(settings: Settings, metrics: Metrics) -> Check:
    """Whether the database can be read; fills in what is stored."""
    if is_missing(settings.database):
        return Check("storage", ok=False, detail="no database yet; the first start makes it")
    database = Database.open(settings.database)
    try:
        for what, count in (await count_rows(database)).items():
            metrics.stored.labels(what).set(count)
    except Exception as error:  # noqa: BLE001  # whatever it is, it cannot be read
        return Check("storage", ok=False, detail=f"cannot be read ({type(error).__name__})")
    finally:
        await database.close()
    return Check("storage", ok=True, detail="reachable")


async def check_queue(settings: Settings, metrics: Metrics) -> Check:
    """Whether the queue can be read; fills in its jobs, and how the finished ones went."""
    if is_missing(settings.jobs):
        return Check("queue", ok=False, detail="no queue yet; the first start makes it")
    try:
        await asyncio.to_thread(_read_queue, settings.jobs, metrics)
    except Exception as error:  # noqa: BLE001  # whatever it is, it cannot be read
        return Check("queue", ok=False, detail=f"cannot be read ({type(error).__name__})")
    return Check("queue", ok=True, detail="reachable")


def is_missing(url: str) -> bool:
    """Whether that is a SQLite file that is not there: opening it would make it."""
    parsed = sa.make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file()


def _read_queue(url: str, metrics: Metrics) -> None:
    statistics = JobStatistics.open(url)
    try:
        RecordedJobs(statistics, metrics).refresh()
    finally:
        statistics.close()
