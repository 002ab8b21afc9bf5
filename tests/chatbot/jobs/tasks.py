"""Small tasks that leave traces in a folder, and a worker process that runs them.

`python -m tests.chatbot.jobs.tasks URL FOLDER [PARENT_FD]`
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
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
    stall_seconds=30.0,
    stop_seconds=5.0,
)


class Traces:
    """A folder in which tasks leave word, and from which they take orders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log(self, line: str) -> None:
        with (self.folder / "log").open("a") as file:
            file.write(line + "\n")

    def lines(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def order(self, name: str) -> None:
        (self.folder / name).touch()

    def ordered(self, name: str) -> bool:
        return (self.folder / name).exists()

    async def wait_for_order(self, name: str) -> None:
        while not self.ordered(name):
            await asyncio.sleep(0.01)


def tasks(traces: Traces) -> tuple[Task, ...]:
    """`wait`: two steps, the second waits for the order `go-SUBJECT`. The others: see below."""

    async def prepare(context: StepContext) -> None:
        traces.log(f"prepare {context.subject_id}")

    async def work(context: StepContext) -> None:
        traces.log(f"work {context.subject_id}")
        await context.report(JobProgress("training", 0.25, 12.0, {"epoch": 1}))
        try:
            await traces.wait_for_order(f"go-{context.subject_id}")
        except asyncio.CancelledError:
            traces.log(f"cut {context.subject_id}")
            raise
        traces.log(f"worked {context.subject_id}")

    async def refuse(context: StepContext) -> None:
        raise TrainingFailed(reason=context.subject_id)

    async def stumble(context: StepContext) -> None:
        traces.log(f"stumble {context.subject_id}")
        raise ZeroDivisionError(context.subject_id)

    async def die(context: StepContext) -> None:
        traces.log(f"die {context.subject_id}")
        os.kill(os.getpid(), signal.SIGKILL)

    async def lose_child(context: StepContext) -> None:
        traces.log(f"lose {context.subject_id}")
        raise ChildCrashed(-9)

    async def hang(context: StepContext) -> None:
        traces.log(f"hang {context.subject_id}")
        await asyncio.Event().wait()

    async def ended(context: StepContext, state: JobState, failure: JobFailure | None) -> None:
        reason = f" {failure.kind}" if failure else ""
        traces.log(f"ended {context.subject_id} {state}{reason}")

    def task(name: str, *steps: object) -> Task:
        return Task(name, tuple(Step(run.__name__, run) for run in steps), ended)  # type: ignore[attr-defined, arg-type]

    return (
        task("wait", prepare, work),
        task("refuse", prepare, refuse, work),
        task("stumble", prepare, stumble),
        task("die", prepare, die),
        task("lose_child", prepare, lose_child),
        task("hang", hang),
    )


async def main(url: str, folder: str, parent_fd: str | None = None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_worker(
        url,
        tasks(Traces(Path(folder))),
        stop=stop,
        limits=QUICK,
        parent_fd=int(parent_fd) if parent_fd else None,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    asyncio.run(main(*sys.argv[1:]))
