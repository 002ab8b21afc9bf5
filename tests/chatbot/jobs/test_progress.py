"""Reports are thinned out, and the last one always arrives."""

from __future__ import annotations

import asyncio
import contextvars

from chatbot.jobs.progress import ProgressWriter
from chatbot.services.jobs import JobProgress

_STEP: contextvars.ContextVar[str] = contextvars.ContextVar("step", default="none")


class Page:
    """Where reports are written."""

    def __init__(self, failures: int = 0) -> None:
        self.written: list[JobProgress] = []
        self.failures = failures

    async def write(self, progress: JobProgress) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.written.append(progress)


def progress(number: int) -> JobProgress:
    return JobProgress("training", number / 1000)


async def test_the_first_and_the_last_are_written() -> None:
    page = Page()
    writer = ProgressWriter(page.write, interval_seconds=600)
    for number in range(1000):
        await writer.report(progress(number))
        await asyncio.sleep(0)
    await writer.close()
    assert page.written == [page.written[0], progress(999)]


async def test_the_newest_is_written_once_an_interval() -> None:
    page = Page()
    writer = ProgressWriter(page.write, interval_seconds=0.01)
    await writer.report(progress(1))
    while not page.written:
        await asyncio.sleep(0)
    await writer.report(progress(2))
    await writer.report(progress(3))
    while len(page.written) < 2:
        await asyncio.sleep(0.001)
    assert page.written == [progress(1), progress(3)]
    await writer.close()


async def test_closing_without_a_report_writes_nothing() -> None:
    page = Page()
    await ProgressWriter(page.write, interval_seconds=600).close()
    assert page.written == []


async def test_a_report_that_cannot_be_written_is_let_go() -> None:
    page = Page(failures=1)
    writer = ProgressWriter(page.write, interval_seconds=600)
    await writer.report(progress(1))
    await asyncio.sleep(0)
    await writer.report(progress(2))
    await writer.close()
    assert page.written == [progress(2)]


async def test_a_report_after_the_end_is_dropped() -> None:
    page = Page()
    writer = ProgressWriter(page.write, interval_seconds=0)
    await writer.close()
    await writer.report(progress(1))
    await writer.close()
    assert page.written == []


async def test_a_report_from_elsewhere_is_written_in_the_steps_own_context() -> None:
    steps: list[str] = []

    async def write(_progress: JobProgress) -> None:
        steps.append(_STEP.get())

    _STEP.set("train")
    writer = ProgressWriter(write, interval_seconds=0)
    report = writer.report(JobProgress("training"))
    await asyncio.create_task(report, context=contextvars.Context())
    await writer.close()
    assert steps == ["train"]
