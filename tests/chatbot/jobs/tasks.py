"""Small tasks that leave traces in a folder, and a worker process that runs them.

`python -m tests.chatbot.jobs.tasks URL FOLDER [--parent-fd N] [--LIMIT VALUE ...]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from chatbot.jobs.child import ChildCrashed
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.tasks.base import Step, StepContext, Task
from chatbot.jobs.worker import run_worker
from chatbot.services.jobs import JobFailure, JobProgress, JobState
from songnet.errors import TrainingFailed

QUICK = JobLimits(
    poll_seconds=0.1,
    orphan_seconds=0.2,
    cancel_seconds=0.1,
    report_seconds=0.05,
    stop_seconds=5.0,
)


class Traces:
    """A folder in which the steps leave word, and from which they take orders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log(self, *words: str) -> None:
        with (self.folder / "log").open("a") as file:
            file.write(" ".join(words) + "\n")

    def lines(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def order(self, name: str) -> None:
        (self.folder / name).touch()

    async def wait_for_order(self, name: str) -> None:
        while not (self.folder / name).exists():
            await asyncio.sleep(0.01)


class Steps:
    """The things that a step can do."""

    def __init__(self, traces: Traces) -> None:
        self.traces = traces

    async def prepare(self, context: StepContext) -> None:
        self.traces.log("prepare", context.subject_id)

    async def work(self, context: StepContext) -> None:
        """Waits for the order `go-SUBJECT`."""
        self.traces.log("work", context.subject_id)
        await context.report(JobProgress("training", 0.25, 12.0, {"epoch": 1}))
        try:
            await self.traces.wait_for_order(f"go-{context.subject_id}")
        except asyncio.CancelledError:
            self.traces.log("cut", context.subject_id)
            raise
        self.traces.log("worked", context.subject_id)

    async def refuse(self, context: StepContext) -> None:
        raise TrainingFailed(reason=context.subject_id)

    async def stumble(self, context: StepContext) -> None:
        self.traces.log("stumble", context.subject_id)
        raise ZeroDivisionError(context.subject_id)

    async def die(self, context: StepContext) -> None:
        self.traces.log("die", context.subject_id)
        os.kill(os.getpid(), signal.SIGKILL)

    async def lose_child(self, context: StepContext) -> None:
        self.traces.log("lose_child", context.subject_id)
        raise ChildCrashed(-9)

    async def hang(self, context: StepContext) -> None:
        self.traces.log("hang", context.subject_id)
        await asyncio.Event().wait()

    async def resist(self, context: StepContext) -> None:
        """Does not let itself be cancelled."""
        self.traces.log("resist", context.subject_id)
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    async def ended(
        self, context: StepContext, state: JobState, failure: JobFailure | None
    ) -> None:
        self.traces.log("ended", context.subject_id, state, *([failure.kind] if failure else []))

    async def ended_badly(
        self, context: StepContext, state: JobState, failure: JobFailure | None
    ) -> None:
        """Raises the first time."""
        self.traces.log("ended", context.subject_id, state)
        if len(self.traces.lines()) == 1:
            raise ConnectionError


def tasks(traces: Traces) -> tuple[Task, ...]:
    steps = Steps(traces)

    def task(name: str, *runs: Callable[[StepContext], Awaitable[None]]) -> Task:
        chain = tuple(Step(f"step {number}", run) for number, run in enumerate(runs))
        return Task(name, chain, steps.ended)

    return (
        task("wait", steps.prepare, steps.work),
        task("refuse", steps.prepare, steps.refuse, steps.work),
        task("stumble", steps.prepare, steps.stumble),
        task("die", steps.prepare, steps.die),
        task("lose_child", steps.lose_child),
        task("hang", steps.hang),
        task("resist", steps.resist),
        Task("end_badly", (), steps.ended_badly),
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parent-fd", type=int)
    for limit in ("crash_limit", "stall_seconds", "stop_seconds"):
        parser.add_argument(f"--{limit}", type=float, default=getattr(QUICK, limit))
    arguments = parser.parse_args()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_worker(
        arguments.url,
        tasks(Traces(arguments.folder)),
        stop=stop,
        limits=replace(
            QUICK,
            crash_limit=arguments.crash_limit,
            stall_seconds=arguments.stall_seconds,
            stop_seconds=arguments.stop_seconds,
        ),
        parent_fd=arguments.parent_fd,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(process)d %(name)s %(message)s")
    asyncio.run(main())
