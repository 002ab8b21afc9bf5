from __future__ import annotations

import asyncio
import contextvars

from chatbot.jobs.progress import ProgressWriter
from chatbot.services.jobs import JobProgress

_STEP: contextvars.ContextVar[str] = contextvars.ContextVar("step", default="none")


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
