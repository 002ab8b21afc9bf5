"""Runs what `bootstrap` builds: the bot, from its first check to its last word, and a worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from chatbot import bootstrap
from chatbot.bootstrap import Bot
from chatbot.frontends.base import FrontEnd
from chatbot.jobs.child import ChildCrashed, ChildFailed, run_in_child
from chatbot.jobs.only_bot import only_bot_in, only_bot_on
from chatbot.jobs.statistics import JobStatistics
from chatbot.jobs.supervisor import Supervisor
from chatbot.jobs.worker import run_worker
from chatbot.monitoring.metrics import Metrics
from chatbot.monitoring.monitor import Monitor, instance_of
from chatbot.monitoring.server import serving
from chatbot.services.recommenders import compile_once, is_cold, warm
from chatbot.services.starts import check_start
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import Settings
from storage import Storage
from storage.opening import opening

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 3600


async def run_bot(
    settings: Settings,
    front_ends: Sequence[FrontEnd],
    *,
    with_worker: bool,
    stop: asyncio.Event,
    metrics: Metrics | None = None,
) -> None:
    """Serves until `stop` is set, or until a front end ends (the console's person leaves).

    Raises:
        FrontEndRefused: a platform refuses the token.
        AnotherBotRuns: one is at work with this data already.
        UnusableStart: new models could not start from what `SONGNET_MODEL_START` names.
        StorageError: a place for the data cannot be opened; the message says why.
    """
    await check_start(settings.model_start)
    async with _alone(settings, stop), bootstrap.open_bot(settings, metrics) as bot:
        await bot.storage.sweep(takes_uploads=False)  # we are the only bot, and begin below
        if with_worker:
            async with (
                bootstrap.build_supervisor(settings) as supervisor,
                _monitored(settings, bot, front_ends, supervisor),
            ):
                await _serve_all(settings, bot, front_ends, stop)
        else:
            async with _monitored(settings, bot, front_ends, None):
                await _serve_all(settings, bot, front_ends, stop)


@asynccontextmanager
async def _monitored(
    settings: Settings, bot: Bot, front_ends: Sequence[FrontEnd], supervisor: Supervisor | None
) -> AsyncIterator[None]:
    """Lets operators see what happens, where they have not switched that off."""
    if not settings.monitoring_port:
        yield
        return
    statistics = await asyncio.to_thread(JobStatistics.open, settings.jobs)
    monitor = Monitor(
        bot.metrics,
        bot.storage,
        statistics,
        front_ends,
        worker_silences=(lambda: supervisor.silences) if supervisor is not None else None,
        instance=instance_of(settings.data),
    )
    try:
        async with (
            monitor.running(),
            serving(monitor, settings.monitoring_address, settings.monitoring_port),
        ):
            yield
    finally:
        await asyncio.to_thread(statistics.close)


@asynccontextmanager
async def _alone(settings: Settings, stop: asyncio.Event) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        with opening("data directory (SONGNET_DATA)"):
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(only_bot_in(settings.data))
        with opening("job queue"):
            await stack.enter_async_context(only_bot_on(settings.jobs, stop))
        yield


async def _serve_all(
    settings: Settings, bot: Bot, front_ends: Sequence[FrontEnd], stop: asyncio.Event
) -> None:
    serving = [asyncio.create_task(bot.serve(front_end)) for front_end in front_ends]
    stopping = asyncio.create_task(stop.wait())
    warming = asyncio.create_task(_warm())
    temporary = TemporaryFolders(settings.temporary)
    sweeping = asyncio.create_task(_sweep_often(bot.storage, temporary))
    try:
        done, _ = await asyncio.wait([*serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (*serving, stopping, sweeping, warming):
            task.cancel()
        await asyncio.gather(*serving, stopping, sweeping, warming, return_exceptions=True)


async def _warm() -> None:
    """Makes the first question after a start quick.

    Compiling takes longer than a stop may, and would hold up the event loop: a child does it,
    unless nothing can be kept of what it does.
    """
    if await asyncio.to_thread(is_cold):
        try:
            await run_in_child(compile_once)
        except (ChildCrashed, ChildFailed):
            logger.warning("compiling failed; it is tried again when it is needed", exc_info=True)
            return
    await asyncio.to_thread(warm)


async def _sweep_often(storage: Storage, temporary: TemporaryFolders) -> None:
    """Takes what crashes of workers and of commands leave behind while the bot runs on."""
    sweeps: tuple[Callable[[], Awaitable[object]], ...] = (
        partial(storage.sweep, min_age=timedelta(seconds=SWEEP_SECONDS)),
        temporary.sweep,
    )
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for sweep in sweeps:
            try:
                await sweep()
            except Exception:
                logger.exception("sweeping failed; again in %d s", SWEEP_SECONDS)


async def run_worker_process(
    settings: Settings, stop: asyncio.Event, parent_fd: int | None = None
) -> None:
    """The working half, until `stop` is set or the bot at the other end of `parent_fd` is gone.

    Raises:
        UnusableStart: see `run_bot`, which has looked for the workers that it starts.
        StorageError: a place for the data cannot be opened; the message says why.
    """
    if parent_fd is None:
        await check_start(settings.model_start)
    async with bootstrap.open_storage(settings) as storage:
        await run_worker(
            settings.jobs,
            bootstrap.build_tasks(settings, storage),
            stop=stop,
            limits=bootstrap.job_limits(settings),
            parent_fd=parent_fd,
        )
