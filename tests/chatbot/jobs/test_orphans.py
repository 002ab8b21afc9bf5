"""What a worker does for others, looked at from inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOSClient

from chatbot.jobs.database import migrate, open_engine, ownership_of
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.jobs.dbos_tables import SERIALIZER
from chatbot.jobs.job_table import JobTable
from chatbot.jobs.orphans import Orphans, RecordedNotes
from chatbot.services.jobs import JobState
from tests.chatbot.jobs.tasks import QUICK


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: sa.Engine) -> Iterator[DBOSClient]:
    client = DBOSClient(system_database_engine=engine, serializer=SERIALIZER)
    yield client
    client.destroy()


def orphans(engine: sa.Engine, client: DBOSClient, **limits: float) -> Orphans:
    ownership = ownership_of(engine)
    return Orphans("me", JobTable(engine), client, ownership, replace(QUICK, **limits))


async def a_job_taken_by(engine: sa.Engine, worker_id: str) -> DbosJobs:
    """`wait-a`, taken by a worker that does not run it."""
    jobs = await DbosJobs.open(engine.url.render_as_string(), QUICK)
    await jobs.enqueue("wait", user_id=1, subject_id="a")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE workflow_status SET status = 'PENDING', executor_id = :worker"),
            {"worker": worker_id},
        )
    return jobs


async def state_of(jobs: DbosJobs) -> JobState:
    job = await jobs.get("wait-a")
    assert job is not None
    await jobs.close()
    return job.state


async def test_a_job_that_was_taken_and_never_started_goes_back(
    engine: sa.Engine, client: DBOSClient
) -> None:
    jobs = await a_job_taken_by(engine, "me")
    care = orphans(engine, client, lost_dispatch_seconds=0.5)
    for _ in range(3):
        care.take_over(frozenset())
    assert await state_of(jobs) is JobState.QUEUED


async def test_a_job_that_runs_here_stays(engine: sa.Engine, client: DBOSClient) -> None:
    jobs = await a_job_taken_by(engine, "me")
    care = orphans(engine, client, lost_dispatch_seconds=0.5)
    for _ in range(5):
        care.take_over(frozenset({"wait-a"}))
    assert await state_of(jobs) is JobState.RUNNING


async def test_the_living_keep_their_jobs(engine: sa.Engine, client: DBOSClient) -> None:
    jobs = await a_job_taken_by(engine, "another")
    claim = ownership_of(engine).claim("another")
    orphans(engine, client).take_over(frozenset())
    claim.release()
    assert await state_of(jobs) is JobState.RUNNING


async def test_a_death_counts_once_however_often_it_is_seen(
    engine: sa.Engine, client: DBOSClient
) -> None:
    for _ in range(2):  # the second time as after a death between noting and releasing
        jobs = await a_job_taken_by(engine, "another")
        orphans(engine, client).take_over(frozenset())
        assert await state_of(jobs) is JobState.QUEUED
    assert await RecordedNotes(JobTable(engine)).crashes("wait-a", finished_steps=0) == 1


async def test_deaths_before_the_last_finished_step_do_not_count(
    engine: sa.Engine, client: DBOSClient
) -> None:
    jobs = await a_job_taken_by(engine, "another")
    orphans(engine, client).take_over(frozenset())
    await jobs.close()
    assert await RecordedNotes(JobTable(engine)).crashes("wait-a", finished_steps=1) == 0
