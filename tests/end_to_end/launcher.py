"""`python -m tests.end_to_end.launcher FAULTS [ARGUMENT ...]`: `python -m chatbot` with faults.

FAULTS is the JSON of `tests.end_to_end.faults.Faults`. The workers that this bot starts are started
through this program too.
"""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from chatbot import __main__ as command_line
from chatbot import bootstrap
from chatbot.conversation.announcements import Announcements
from chatbot.conversation.telling import ImportTelling
from chatbot.frontends.console import ConsoleFrontEnd
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.jobs.child import run_in_child
from chatbot.jobs.supervisor import Supervisor, SupervisorLimits
from chatbot.jobs.tasks.base import Step, StepContext, Task
from chatbot.services import playlists
from chatbot.services.imports import ImportService
from chatbot.services.limits import Admission
from chatbot.services.playlists import PlaylistService
from chatbot.settings import Settings
from storage.blob_stores import Spool
from storage.histories import Histories
from storage.imports import Imports
from storage.models import Models
from tests.end_to_end.faults import AtPoint, Deed, Faults, die, fill_disk, paused

BOT_POINTS: dict[str, tuple[object, str, str]] = {
    "receiving": (Admission, "_take", "before"),
    "storing": (Spool, "write", "after"),
    "stored": (Imports, "create", "before"),
    "entered": (Imports, "create", "after"),
    "enqueued": (ImportService, "enqueue", "after"),
    "answered": (Announcements, "follow", "before"),
    "telling": (ConsoleFrontEnd, "post", "before"),
    "told": (Imports, "mark_announced", "before"),
    "posting": (TelegramFrontEnd, "post", "before"),
    "generated": (playlists, "_generate", "after"),
    "made": (PlaylistService, "make", "after"),
}
WORKER_POINTS: dict[str, tuple[type, str, str]] = {
    "merging": (Histories, "replace", "before"),
    "merged": (Histories, "replace", "after"),
    "writing": (Models, "save", "before"),
    "switching": (Models, "activate", "before"),
    "switched": (Models, "activate", "after"),
}
"""By name: whose method, and whether the point lies before or after its work."""

CHILD_POINTS = {"read_exports": "parsing", "train_model": "mid-epoch"}
"""Which function of a child is at work there. The child waits at the point until the deed is done,
so that no machine is too fast for it."""

BOT_TRACES: tuple[tuple[type, str, Callable[..., str]], ...] = (
    (Imports, "create", lambda _result, import_id, *_: f"entered {import_id}"),
    (ImportTelling, "_say_end", lambda _result, record, _job: f"told {record.id}"),
    (Imports, "mark_announced", lambda _result, import_id: f"noted {import_id}"),
)
WORKER_TRACES: tuple[tuple[type, str, Callable[..., str]], ...] = (
    (Histories, "replace", lambda result, *_, **__: f"merged {result.version}"),
    (Models, "save", lambda result, *_, **__: f"saved {result.id} {result.history_version}"),
    (Models, "activate", lambda _result, model_id: f"activated {model_id}"),
)
"""Whose method, once it has done its work, leaves which word of it (of its result and arguments)."""


def main() -> int:
    faults = Faults.from_json(sys.argv[1])
    arguments = sys.argv[2:]
    is_worker = "worker" in arguments
    for owner, method, words in WORKER_TRACES if is_worker else BOT_TRACES:
        setattr(owner, method, _traced(getattr(owner, method), words, faults))
    for point, (owner, method, when) in (WORKER_POINTS if is_worker else BOT_POINTS).items():
        setattr(owner, method, _wrapped(getattr(owner, method), point, when, faults))
    if is_worker:
        build_tasks = bootstrap.build_tasks
        bootstrap.build_tasks = lambda settings, storage: _watched(
            build_tasks(settings, storage), faults
        )
        bootstrap.run_in_child = cast("Any", partial(_run_in_child, faults))
    else:
        bootstrap.build_supervisor = partial(_build_supervisor, faults)
    return command_line.main(arguments)


async def _strike(point: str, faults: Faults) -> None:
    deed = faults.take(point)
    _do(deed, point, faults)
    if deed == "hang":
        await asyncio.Event().wait()
    if deed == "hold":
        await faults.hold(point)


def _do(deed: Deed | None, point: str, faults: Faults) -> None:
    if deed == "kill":
        faults.trace(f"killed {point}")
        os.kill(os.getpid(), signal.SIGKILL)
    if deed == "fill_disk":
        fill_disk(Path(os.environ["SONGNET_DATA"]).parent)


def _wrapped(function: Callable[..., Any], point: str, when: str, faults: Faults) -> Any:
    if inspect.iscoroutinefunction(function):

        async def waiting(*args: Any, **keywords: Any) -> Any:
            if when == "before":
                await _strike(point, faults)
            result = await function(*args, **keywords)
            if when == "after":
                await _strike(point, faults)
            return result

        return waiting

    def blocking(*args: Any, **keywords: Any) -> Any:
        result = function(*args, **keywords)
        deed = faults.take(point)
        _do(deed, point, faults)
        if deed == "hold":
            faults.pause(point)
        return result

    return blocking


def _traced(
    function: Callable[..., Awaitable[Any]], words: Callable[..., str], faults: Faults
) -> Any:
    async def traced(owner: object, *args: Any, **keywords: Any) -> Any:
        result = await function(owner, *args, **keywords)
        faults.trace(words(result, *args, **keywords))
        return result

    return traced


def _watched(tasks: tuple[Task, ...], faults: Faults) -> tuple[Task, ...]:
    return tuple(
        replace(task, steps=tuple(_watched_step(step, faults) for step in task.steps))
        for task in tasks
    )


def _watched_step(step: Step, faults: Faults) -> Step:
    async def run(context: StepContext) -> None:
        # Held for as long as this process lives and works: a second one at work for the same
        # person would be seen.
        lock = os.open(faults.folder / f"user-{context.user_id}", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            faults.trace(f"doubled {step.name} {context.job_id}")
        faults.trace(f"begin {step.name} {context.job_id}")
        try:
            await step.run(context)
            faults.trace(f"finish {step.name} {context.job_id}")
        finally:
            os.close(lock)

    return replace(step, run=run)


async def _run_in_child(
    faults: Faults,
    function: Callable[..., Any],
    *args: Any,
    on_message: Callable[[Any], None] | None = None,
    nice: int,
) -> Any:
    if faults.take("child") == "kill_child":
        function = die
    point = CHILD_POINTS.get(function.__name__, "")
    deed = faults.take(point)
    if deed is None:
        return await run_in_child(function, *args, on_message=on_message, nice=nice)

    def hear(message: Any) -> None:
        if isinstance(message, AtPoint):
            _do(deed, point, faults)
            if deed == "fill_disk":
                faults.release(point)
        elif on_message is not None:
            on_message(message)

    work = (paused, faults, point, function)
    return await run_in_child(*work, *args, on_message=hear, nice=nice)


def _build_supervisor(faults: Faults, settings: Settings) -> Supervisor:
    program = [sys.executable, "-m", "tests.end_to_end.launcher", faults.to_json(), "worker"]
    limits = SupervisorLimits(stop_seconds=settings.stop_seconds)
    return Supervisor(program, settings.workers, limits=limits)


if __name__ == "__main__":
    sys.exit(main())
