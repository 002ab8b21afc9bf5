"""One bot at a time: two with the same token would answer everything twice.

The bot, not its workers, holds a lock on its data directory (the kernel releases it with the
process) and, where the queue stands in PostgreSQL, an advisory lock there (the server releases it
with the connection), because several machines may share that.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from chatbot.jobs.database import open_engine
from chatbot.jobs.ownership import Claim, ClaimLost, PostgresOwnership

logger = logging.getLogger(__name__)

LOCK_FILE = "bot.lock"
CHECK_SECONDS = 5.0
"""How often the bot looks whether it still holds the lock in the database."""
_NAME = "the bot"
_LEAVE_SECONDS = 2.0
"""How long leaving waits for a database that does not answer."""
_FIRST_TRIES = 4
_FIRST_PAUSE_SECONDS = 0.5


class AnotherBotRuns(Exception):
    """The place is taken; the message says by whom and what to do."""


@contextmanager
def only_bot_in(data: Path) -> Iterator[None]:
    """Keeps every other bot away from a data directory while the context lasts.

    Raises:
        AnotherBotRuns: one is there already.
        OSError: the directory cannot be written.
    """
    # The file stays: removing it would let two processes lock two files of the same name.
    descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise AnotherBotRuns(
                f"another bot (process {process}) runs on the data directory {data}. Stop it "
                "first, or give this one a directory of its own (SONGNET_DATA)."
            ) from None
        with suppress(OSError):  # a full disk: only the words about us are missing then
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def only_bot_on(queue_url: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Keeps the bots of other machines away from a queue in PostgreSQL while the context lasts.

    Args:
        queue_url: as of `DbosJobs.open`; a queue in a file is not shared between machines.
        stop: set where another bot took the place while the database was away.

    Raises:
        AnotherBotRuns: one is there already.
        SQLAlchemyError: the database does not answer.
    """
    if sa.make_url(queue_url).get_backend_name() != "postgresql":
        yield
        return
    engine = await asyncio.to_thread(open_engine, queue_url)
    ownership = PostgresOwnership(engine)
    try:
        claim = await _claim_patiently(ownership)
        leaving = asyncio.Event()
        keeping = asyncio.create_task(_keep(ownership, claim, stop, leaving))
        try:
            yield
        finally:
            leaving.set()  # not cancelled: a thread of it may be using the connection
            await asyncio.wait({keeping}, timeout=_LEAVE_SECONDS)
    finally:
        await asyncio.to_thread(engine.dispose)


async def _claim_patiently(ownership: PostgresOwnership) -> Claim:
    """The server may take a moment to see that the bot before us was killed."""
    for _ in range(_FIRST_TRIES):
        with suppress(AnotherBotRuns):
            return await asyncio.to_thread(_claim, ownership)
        await asyncio.sleep(_FIRST_PAUSE_SECONDS)
    return await asyncio.to_thread(_claim, ownership)


def _claim(ownership: PostgresOwnership) -> Claim:
    try:
        return ownership.claim(_NAME)
    except ClaimLost:
        raise AnotherBotRuns(
            "another bot runs on the same job queue in PostgreSQL. Stop it first, or give this one "
            "a database of its own (SONGNET_DATABASE_URL)."
        ) from None


async def _keep(
    ownership: PostgresOwnership, claim: Claim, stop: asyncio.Event, leaving: asyncio.Event
) -> None:
    """Takes the lock again after the connection was cut, and leaves where another was faster."""
    held: Claim | None = claim
    while not await _is_set_within(leaving, CHECK_SECONDS):
        try:
            if held is None:
                held = await asyncio.to_thread(_claim, ownership)
            else:
                await asyncio.to_thread(held.check)
        except AnotherBotRuns as error:
            logger.critical("leaving: %s", error)
            stop.set()
            return
        except ClaimLost:
            logger.warning("the database is gone, and the lock with it; taking it again")
            if held is not None:
                held.release()
            held = None
        except sa.exc.SQLAlchemyError:
            logger.warning("the database does not answer; the lock is taken again later")
    if held is not None:
        held.release()


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
