"""The queues that the contract is tested on, each with workers that can be started and killed."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from chatbot.jobs.database import migrate, open_engine
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.jobs.memory import MemoryJobs
from tests.chatbot.jobs.tasks import QUICK, Traces, tasks
from tests.postgres import PostgresServer

DEADLINE_SECONDS = 30.0


class Queue:
    """A queue, its workers, and what they leave behind."""

    jobs: DbosJobs | MemoryJobs

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.traces = Traces(folder / "traces")
        self.traces.folder.mkdir()

    async def open(self) -> None:
        raise NotImplementedError

    async def start_worker(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until the condition holds, and fails where it never does."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.traces.lines()
            await asyncio.sleep(0.01)

    async def until_traced(self, line: str, times: int = 1) -> None:
        await self.until(lambda: self.traces.lines().count(line) >= times)


class MemoryQueue(Queue):
    async def open(self) -> None:
        self._stack = AsyncExitStack()
        self.jobs = MemoryJobs(tasks(self.traces), limits=QUICK)

    async def start_worker(self) -> None:
        assert isinstance(self.jobs, MemoryJobs)
        await self._stack.enter_async_context(self.jobs)

    async def close(self) -> None:
        await self._stack.aclose()


class DbosQueue(Queue):
    """Workers are real processes."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self.url = url
        self.workers: list[asyncio.subprocess.Process] = []

    async def open(self) -> None:
        self.jobs = await DbosJobs.open(self.url, QUICK)

    def command(self, *options: str) -> list[str]:
        program = [sys.executable, "-m", "tests.chatbot.jobs.tasks"]
        return [*program, self.url, str(self.traces.folder), *options]

    async def start_worker(self, *options: str) -> None:
        with (self.folder / "workers.log").open("ab") as log:
            worker = await asyncio.create_subprocess_exec(
                *self.command(*options), stdout=log, stderr=log
            )
        self.workers.append(worker)

    def log(self) -> str:
        """What the workers said."""
        log = self.folder / "workers.log"
        return log.read_text() if log.exists() else ""

    async def until_up(self, count: int) -> None:
        await self.until(lambda: self.log().count("takes jobs") >= count)

    async def kill(self, number: int = -1) -> None:
        self.workers[number].kill()
        await self.workers[number].wait()

    async def close(self) -> None:
        for worker in self.workers:
            if worker.returncode is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
                await worker.wait()
        await self.jobs.close()


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """A database with an empty queue; migrating takes longer than most tests."""
    name = postgres_server.create_database()
    engine = open_engine(postgres_server.url(name))
    migrate(engine)
    engine.dispose()
    return name


@pytest.fixture
def postgres_queue_url(postgres_server: PostgresServer, migrated_database: str) -> Iterator[str]:
    """The address of a database with an empty queue."""
    name = f"queue_{uuid.uuid4().hex}"
    copy = f'CREATE DATABASE "{name}" TEMPLATE "{migrated_database}"'
    with psycopg.connect(postgres_server.url("postgres", driver=""), autocommit=True) as connection:
        connection.execute(copy.encode())
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
async def queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Queue]:
    """The queue that the test is parametrised with."""
    made: Queue
    match request.param:
        case "memory":
            made = MemoryQueue(tmp_path)
        case "sqlite":
            made = DbosQueue(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite'}")
        case "postgres":
            made = DbosQueue(tmp_path, request.getfixturevalue("postgres_queue_url"))
    await made.open()
    yield made
    await made.close()
