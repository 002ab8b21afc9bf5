"""Workers are started, watched, replaced, and never left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.jobs.supervisor import Supervisor, SupervisorLimits
from chatbot.services.jobs import JobState
from tests.chatbot.jobs.conftest import DEADLINE_SECONDS, DbosQueue, Queue
from tests.chatbot.jobs.tasks import QUICK
from tests.chatbot.jobs.test_child import until_dead

LIMITS = SupervisorLimits(beat_seconds=0.2, hang_seconds=1.0, backoff_seconds=0.1, stop_seconds=8.0)
on_sqlite = pytest.mark.parametrize("queue", ["sqlite"], indirect=True)


def supervisor(queue: Queue, count: int = 1) -> Supervisor:
    assert isinstance(queue, DbosQueue)
    return Supervisor(queue.command(), count, limits=LIMITS)


@on_sqlite
async def test_the_workers_run_jobs_and_leave_at_the_end(queue: Queue) -> None:
    async with supervisor(queue, count=2) as watched:
        assert not watched.healthy
        await queue.until(lambda: watched.healthy)
        process_ids = watched.process_ids
        assert len(process_ids) == 2
        await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
        await queue.until_traced("work a")
        asked = time.monotonic()
    assert time.monotonic() - asked < 10
    for process_id in process_ids:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)
    assert queue.traces.lines()[-1] == "cut a"


@on_sqlite
async def test_a_killed_worker_is_replaced_and_its_job_goes_on(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    async with supervisor(queue) as watched:
        await queue.until_traced("work a")
        os.kill(watched.process_ids[0], signal.SIGKILL)
        died = time.monotonic()
        await queue.until_traced("work a", times=2)
        assert time.monotonic() - died < 5
        queue.traces.order("go-a")
        job = await queue.jobs.wait("wait-a", DEADLINE_SECONDS)
    assert job is not None
    assert job.state is JobState.DONE


@on_sqlite
async def test_a_worker_that_stands_still_is_replaced(queue: Queue) -> None:
    async with supervisor(queue) as watched:
        await queue.until(lambda: watched.healthy)
        process_id = watched.process_ids[0]
        os.kill(process_id, signal.SIGSTOP)
        await queue.until(lambda: watched.healthy and watched.process_ids != (process_id,))
    await until_dead(process_id)


async def test_a_worker_that_does_not_stay_up_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with caplog.at_level(logging.WARNING):
        async with Supervisor(command, limits=LIMITS) as watched:
            while not any(record.levelno == logging.ERROR for record in caplog.records):
                await asyncio.sleep(0.01)
            count = len(caplog.records)
            await asyncio.sleep(1.0)  # it is tried again, more and more seldom, in silence
            assert not watched.healthy
    assert len(caplog.records) == count == 3
    assert "does not stay up" in caplog.messages[-1]
    assert "exit code 3" in caplog.messages[-1]


async def test_a_command_that_cannot_start_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async with Supervisor(["/nowhere/python"], limits=LIMITS):
        while not any("could not be started" in message for message in caplog.messages):
            await asyncio.sleep(0.01)


async def test_a_worker_that_does_not_leave_is_killed() -> None:
    program = (
        "import signal, socket, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "link = socket.socket(fileno=int(sys.argv[2]))\n"
        "while True: link.send(b'.'); time.sleep(0.05)\n"
    )
    limits = SupervisorLimits(beat_seconds=0.1, stop_seconds=0.3)
    async with Supervisor([sys.executable, "-c", program], limits=limits) as watched:
        while not watched.healthy:
            await asyncio.sleep(0.01)
        process_id = watched.process_ids[0]
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_the_workers_leave_when_the_bot_is_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    (tmp_path / "traces").mkdir()
    program = (
        "import asyncio, sys\n"
        "from chatbot.jobs.supervisor import Supervisor\n"
        "async def main():\n"
        "    command = [sys.executable, '-m', 'tests.chatbot.jobs.tasks', *sys.argv[1:]]\n"
        "    async with Supervisor(command) as watched:\n"
        "        while not watched.healthy: await asyncio.sleep(0.01)\n"
        "        print(*watched.process_ids, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    jobs = await DbosJobs.open(url, QUICK)
    await jobs.enqueue("wait", user_id=1, subject_id="a")
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, url, str(tmp_path / "traces"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert bot.stdout is not None
    worker = int(await bot.stdout.readline())
    bot.kill()
    await bot.wait()
    await until_dead(worker)
    job = await jobs.get("wait-a")
    assert job is not None
    assert job.state is JobState.QUEUED  # handed back, not left behind as a crash
    await jobs.close()
