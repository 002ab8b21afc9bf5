from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from chatbot.conversation.messages import Platform
from chatbot.jobs.database import migrate, open_engine
from chatbot.jobs.statistics import JobStatistics
from chatbot.jobs.verdicts import CANCELLED, Verdict, bug
from chatbot.monitoring import monitor as monitoring
from chatbot.monitoring.metrics import Metrics, samples
from chatbot.monitoring.monitor import Monitor
from chatbot.monitoring.recorded import OVERLAP_MS, RecordedJobs
from chatbot.monitoring.server import serving
from chatbot.services.jobs import JobState
from storage import Storage


class Queue:
    """A queue's database with rows as DBOS writes them."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        migrate(self.engine)
        self._schema = "" if self.engine.dialect.name == "sqlite" else "dbos."
        self.statistics = JobStatistics(self.engine)

    def add(self, job_id: str, status: str) -> None:
        statement = (
            f"INSERT INTO {self._schema}workflow_status (workflow_uuid, status, name, queue_name, created_at,"
            " updated_at, priority) VALUES (:id, :status, 'songnet.job', 'songnet-jobs', 0, 0, 0)"
        )
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), {"id": job_id, "status": status})

    def finish(self, job_id: str, name: str, number: int, at: int, verdict: Verdict | None) -> None:
        statement = (
            f"INSERT INTO {self._schema}operation_outputs (workflow_uuid, function_id, function_name, output,"
            " started_at_epoch_ms, completed_at_epoch_ms, serialization) VALUES"
            " (:id, :number, :name, :output, :start, :end, 'portable_json')"
        )
        output = json.dumps(verdict.to_json() if verdict else None)
        values = {"id": job_id, "number": number, "name": name, "output": output}
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values | {"start": at - 2000, "end": at})

    def forget(self, job_id: str) -> None:
        with self.engine.begin() as connection:
            for table in ("operation_outputs", "workflow_status"):
                connection.execute(
                    sa.text(f"DELETE FROM {self._schema}{table} WHERE workflow_uuid = :id"),
                    {"id": job_id},
                )


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    yield made
    made.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queue]:
    """Tests take it apart from `queue`, because PostgreSQL takes seconds to be ready."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'q'}" if is_sqlite else request.getfixturevalue("postgres_url")
    made = Queue(url)
    yield made
    made.engine.dispose()


def test_what_waits_and_runs_is_counted(any_queue: Queue) -> None:
    for number, status in enumerate(("ENQUEUED", "ENQUEUED", "PENDING", "SUCCESS")):
        any_queue.add(f"import-{number}", status)
    assert any_queue.statistics.unfinished() == {JobState.QUEUED: 2, JobState.RUNNING: 1}


def test_every_ending_is_counted_once(any_queue: Queue) -> None:
    metrics = Metrics()
    recorded = RecordedJobs(any_queue.statistics, metrics)
    any_queue.add("import-old", "SUCCESS")
    any_queue.finish("import-old", "read", 1, 1000, None)
    recorded.skip_the_past()
    for job_id, verdict in (
        ("import-a", None),
        ("import-b", bug("import-b")),
        ("train-c", CANCELLED),
    ):
        any_queue.add(job_id, "SUCCESS")
        any_queue.finish(job_id, "read", 1, 4000, verdict)
        any_queue.finish(job_id, "ended", 2, 6000, None)
    recorded.refresh()
    any_queue.forget("import-b")
    recorded.refresh()
    assert samples(metrics.stage_seconds, "_count") == [
        ({"stage": "read", "outcome": "done"}, 1.0),
        ({"stage": "read", "outcome": "failed"}, 1.0),
        ({"stage": "read", "outcome": "cancelled"}, 1.0),
    ]
    assert samples(metrics.job_seconds, "_sum") == [
        ({"task": "import", "outcome": "done"}, 6.0),
        ({"task": "import", "outcome": "failed"}, 6.0),
        ({"task": "train", "outcome": "cancelled"}, 6.0),
    ]
    assert samples(metrics.job_failures, "_total") == [({"kind": "bug"}, 1.0)]


def test_a_record_that_comes_late_is_counted(any_queue: Queue) -> None:
    metrics = Metrics()
    recorded = RecordedJobs(any_queue.statistics, metrics)
    any_queue.add("train-a", "PENDING")
    any_queue.finish("train-a", "train", 1, 2 * OVERLAP_MS, None)
    recorded.refresh()
    any_queue.finish("train-a", "ended", 2, OVERLAP_MS + 1000, None)
    recorded.refresh()
    assert samples(metrics.job_seconds, "_count") == [({"task": "train", "outcome": "done"}, 1.0)]


@dataclass
class Door:
    """As much of a front end as the monitor looks at."""

    platform: Platform = Platform.DISCORD
    is_connected: bool = True


@dataclass
class Watched:
    monitor: Monitor
    door: Door
    silences: list[float | None]
    url: str

    async def ask(self, path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return response.status, await response.json()

    async def bad(self) -> list[str]:
        status, body = await self.ask("/health")
        assert (status == 200) == body["healthy"]
        return [check["name"] for check in body["checks"] if not check["ok"]]


@pytest_asyncio.fixture
async def watched(
    tmp_path: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Watched]:
    monkeypatch.setattr(monitoring, "FRESH_SECONDS", 0.0)
    storage = await Storage.open(
        f"sqlite+aiosqlite:///{tmp_path / 'songnet.sqlite'}", (tmp_path / "blobs").as_uri()
    )
    door, silences = Door(), [1.0]
    monitor = Monitor(
        Metrics(), storage, queue.statistics, [door],  # type: ignore[list-item]
        worker_silences=lambda: silences, instance="here",
    )  # fmt: skip
    try:
        async with monitor.running(), serving(monitor, "127.0.0.1", 0) as port:
            yield Watched(monitor, door, silences, f"http://127.0.0.1:{port}")
    finally:
        await storage.close()


async def test_all_is_well(watched: Watched) -> None:
    assert await watched.bad() == []


@pytest.mark.parametrize("silence", [None, 6.0])
async def test_a_worker_that_is_down_or_silent_is_bad(
    watched: Watched, silence: float | None
) -> None:
    watched.silences.append(silence)
    assert await watched.bad() == ["workers"]


async def test_a_front_end_without_connection_is_bad(watched: Watched) -> None:
    watched.door.is_connected = False
    assert await watched.bad() == ["discord"]


async def test_a_queue_that_is_gone_is_bad_and_the_rest_is_told(
    watched: Watched, queue: Queue
) -> None:
    with queue.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE workflow_status RENAME TO elsewhere"))
    assert await watched.bad() == ["queue"]


async def test_a_queue_that_hangs_is_bad_and_is_asked_once(
    watched: Watched, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, asked = threading.Event(), []

    def hang() -> int:
        asked.append(1)
        let_go.wait(20)
        return 0

    monkeypatch.setattr(monitoring, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(
        queue.statistics, "unfinished", lambda: {state: hang() for state in JobState}
    )
    try:
        assert await watched.bad() == ["queue"]
        assert await watched.bad() == ["queue"]
        assert len(asked) == 1
    finally:
        let_go.set()


async def test_a_loop_that_stood_still_is_bad(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "LONGEST_LAG_SECONDS", 0.0)
    await asyncio.sleep(0)
    while watched.monitor.heartbeat.lag is None:
        await asyncio.sleep(0.005)
    assert "loop" in await watched.bad()


async def test_a_busy_port_does_not_stop_anything(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(watched.url.rpartition(":")[2])
    async with serving(watched.monitor, "127.0.0.1", port) as second:
        assert second is None
    (record,) = [one for one in caplog.records if one.name == "chatbot.monitoring.server"]
    assert "SONGNET_MONITORING_PORT" in record.getMessage()


async def test_nothing_else_is_served_and_nothing_can_be_sent(watched: Watched) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{watched.url}/") as response:
            assert response.status == 404
        async with session.post(f"{watched.url}/health") as response:
            assert response.status == 405


async def test_a_queue_that_cannot_be_read_at_the_start_stops_nothing(
    tmp_path: Path, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    storage = await Storage.open("sqlite+aiosqlite:///" + str(tmp_path / "s"), "memory://")
    with queue.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE operation_outputs RENAME TO elsewhere"))
    monitor = Monitor(
        Metrics(), storage, queue.statistics, [], worker_silences=None, instance="here"
    )
    try:
        async with monitor.running():
            assert [check.name for check in await monitor.checks() if not check.ok] == ["queue"]
    finally:
        await storage.close()
    assert "the past jobs could not be read" in caplog.text
