"""Workers that are killed, stopped, cut off: nothing is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import signal
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
import sqlalchemy as sa

from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.jobs.worker import EXIT_CLAIM_LOST, EXIT_STALLED, EXIT_STUBBORN
from chatbot.services.jobs import Job, JobFailure, JobProgress, JobState
from tests.chatbot.jobs.conftest import DEADLINE_SECONDS, DbosQueue
from tests.chatbot.jobs.tasks import QUICK

on_both = pytest.mark.parametrize(
    "queue", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
on_sqlite = pytest.mark.parametrize("queue", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize(
    "queue", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


async def end_of(queue: DbosQueue, job_id: str) -> Job:
    job = await queue.jobs.wait(job_id, DEADLINE_SECONDS)
    assert job is not None
    assert job.state.is_final, queue.log()
    return job


async def progress_of(queue: DbosQueue, job_id: str) -> JobProgress:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        job = await queue.jobs.get(job_id)
        if job is not None and job.progress is not None:
            return job.progress
        await asyncio.sleep(0.01)
    raise AssertionError(queue.log())


async def administer(queue: DbosQueue, statement: LiteralString) -> None:
    """Speaks to the PostgreSQL server directly."""
    address = sa.make_url(queue.url).set(drivername="postgresql")
    connection = await psycopg.AsyncConnection.connect(
        address.render_as_string(hide_password=False), autocommit=True
    )
    async with connection:
        await connection.execute(statement)


@on_both
async def test_another_worker_goes_on_within_five_seconds_exactly_once(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    await queue.start_worker()
    await queue.until_up(2)
    await queue.kill(0)
    died = time.monotonic()
    await queue.until_traced("work a", times=2)
    assert time.monotonic() - died < 5
    queue.traces.order("go-a")
    assert (await end_of(queue, "wait-a")).state is JobState.DONE
    assert queue.traces.lines() == ["prepare a", "work a", "work a", "worked a", "ended a done"]


@on_both
async def test_a_job_that_kills_its_worker_fails_and_the_next_runs(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("die", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    queue.traces.order("go-b")
    for deaths in (1, 2):
        await queue.start_worker("--crash_limit", "2")
        await queue.until_traced("die a", times=deaths)
        assert await queue.workers[-1].wait() == -signal.SIGKILL
    await queue.start_worker("--crash_limit", "2")
    job = await end_of(queue, "die-a")
    assert job.failure == JobFailure("crashed", {"job_id": "die-a", "crashes": 2})
    assert (await end_of(queue, "wait-b")).state is JobState.DONE
    assert queue.traces.lines()[:4] == ["prepare a", *["die a"] * 2, "ended a failed crashed"]


@on_both
async def test_a_stopped_worker_leaves_quickly_and_the_job_goes_on_later(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    asked = time.monotonic()
    queue.workers[0].send_signal(signal.SIGTERM)
    assert await queue.workers[0].wait() == 0
    assert time.monotonic() - asked < 10
    job = await queue.jobs.get("wait-a")
    assert job is not None
    assert job.state is JobState.QUEUED
    queue.traces.order("go-a")
    await queue.start_worker("--crash_limit", "1")  # a stop is no crash
    assert (await end_of(queue, "wait-a")).state is JobState.DONE
    assert queue.traces.lines().count("prepare a") == 1
    assert queue.traces.lines().count("ended a done") == 1


@on_sqlite
async def test_a_job_cancelled_while_its_worker_is_dead_ends_without_running(
    queue: DbosQueue,
) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    await queue.kill()
    assert await queue.jobs.cancel("wait-a") is True
    await queue.start_worker()
    assert (await end_of(queue, "wait-a")).state is JobState.CANCELLED
    await queue.until_traced("ended a cancelled")
    assert queue.traces.lines().count("work a") == 1


@on_both
async def test_deleting_needs_no_worker(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    await queue.kill()
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    await asyncio.wait_for(queue.jobs.delete_of_user(1), 5)
    assert await queue.jobs.of_user(1, unfinished_only=False) == []


@on_sqlite
async def test_no_byte_of_a_deleted_job_remains(queue: DbosQueue, tmp_path: Path) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="remarkable-subject")
    await queue.start_worker()
    await queue.until_traced("work remarkable-subject")
    await queue.jobs.delete_of_user(1)
    files = [path for path in tmp_path.glob("jobs.sqlite*") if path.suffix != ".sqlite-shm"]
    assert [path for path in files if b"remarkable-subject" in path.read_bytes()] == []


@on_both
async def test_a_user_has_one_job_at_a_time_whatever_the_workers(queue: DbosQueue) -> None:
    for number in range(2):
        await queue.start_worker()
        await queue.until_up(number + 1)
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    await queue.jobs.enqueue("wait", user_id=2, subject_id="c")
    await queue.until_traced("work a")
    await queue.until_traced("work c")
    queue.traces.order("go-c")
    await end_of(queue, "wait-c")
    await asyncio.sleep(5 * QUICK.poll_seconds)  # one worker has nothing to do but to wait
    assert "prepare b" not in queue.traces.lines()
    queue.traces.order("go-a")
    queue.traces.order("go-b")
    assert (await end_of(queue, "wait-b")).state is JobState.DONE


@on_sqlite
async def test_a_job_without_a_sign_of_life_costs_its_worker(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("hang", user_id=1, subject_id="a")
    await queue.start_worker("--stall_seconds", "0.5")
    assert await queue.workers[0].wait() == EXIT_STALLED
    await queue.start_worker("--crash_limit", "1")
    job = await end_of(queue, "hang-a")
    assert job.failure is not None
    assert job.failure.kind == "crashed"


@on_sqlite
async def test_a_step_that_resists_is_left_with_the_process(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("resist", user_id=1, subject_id="a")
    await queue.start_worker("--stop_seconds", "0.5")
    await queue.until_traced("resist a")
    queue.workers[0].send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(queue.workers[0].wait(), 10) == EXIT_STUBBORN


@on_postgres
async def test_a_queue_whose_connections_were_cut_answers(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await administer(
        queue,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    )
    assert await queue.jobs.get("wait-a") is not None


@on_postgres
async def test_a_worker_whose_lock_is_gone_leaves_at_once(queue: DbosQueue) -> None:
    await queue.start_worker()
    await queue.until_up(1)
    await administer(
        queue, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    )
    assert await asyncio.wait_for(queue.workers[0].wait(), 5) == EXIT_CLAIM_LOST


@on_sqlite
async def test_a_frozen_worker_keeps_its_job(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    await progress_of(queue, "wait-a")  # from now on it writes nothing, and holds no lock of SQLite
    queue.workers[0].send_signal(signal.SIGSTOP)
    await queue.start_worker()
    await queue.until_up(2)
    await queue.jobs.enqueue("wait", user_id=2, subject_id="b")
    await queue.until_traced("work b")  # the second worker had its turn, and its look around
    await asyncio.sleep(3 * QUICK.orphan_seconds)
    queue.workers[0].send_signal(signal.SIGCONT)
    queue.traces.order("go-a")
    assert (await end_of(queue, "wait-a")).state is JobState.DONE
    assert queue.traces.lines().count("work a") == 1


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
async def test_many_processes_may_open_a_new_queue_at_once(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    if backend == "postgres":
        url = request.getfixturevalue("postgres_url")
    queue = DbosQueue(tmp_path, url)
    for _ in range(3):
        await queue.start_worker()
    await queue.open()
    await queue.until_up(3)
    await queue.close()


@on_sqlite
async def test_the_files_are_the_owners_alone(queue: DbosQueue, tmp_path: Path) -> None:
    await queue.start_worker()
    await queue.until_up(1)
    files = [*tmp_path.glob("jobs.sqlite*"), *tmp_path.glob("locks/*")]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == 0o700


@on_sqlite
async def test_a_worker_says_nothing_of_dbos(queue: DbosQueue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    queue.workers[0].send_signal(signal.SIGTERM)
    await queue.workers[0].wait()
    assert len(queue.log().splitlines()) == 1, queue.log()


@pytest.fixture
async def two_bots(tmp_path: Path) -> AsyncIterator[tuple[DbosJobs, DbosJobs]]:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    first, second = await asyncio.gather(DbosJobs.open(url, QUICK), DbosJobs.open(url, QUICK))
    yield first, second
    await first.close()
    await second.close()


async def test_two_bots_share_a_queue(two_bots: tuple[DbosJobs, DbosJobs]) -> None:
    first, second = two_bots
    jobs = await asyncio.gather(
        *(bot.enqueue("wait", user_id=1, subject_id="a") for bot in (first, second) * 4)
    )
    assert len(set(jobs)) == 1


@pytest.mark.parametrize("url", ["mysql://somewhere/jobs", "sqlite://"])
async def test_a_database_that_cannot_hold_a_queue_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the queue needs"):
        await DbosJobs.open(url)
