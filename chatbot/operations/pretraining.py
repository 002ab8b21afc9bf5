"""`songnet-bot pretrain`: a start for new models, from people who agreed; while the bot runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chatbot.bootstrap import open_storage
from chatbot.jobs.child import ChildCrashed, ChildFailed, run_in_child
from chatbot.operations.places import OperationRefused
from chatbot.services.learning import ChildRunner
from chatbot.services.pretraining import ConsentTakenBack, PretrainingService, TooFewPeople
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import Settings
from songnet.errors import SongnetError
from storage.room import is_out_of_room

PERCENT_BETWEEN_LINES = 10


async def pretrain(
    settings: Settings,
    target: Path,
    tell: Callable[[str], None],
    stop: asyncio.Event,
    *,
    run: ChildRunner | None = None,
) -> bool:
    """Makes a start.

    Args:
        settings: of a bot that may be running.
        target: the file; it is replaced where it is there.
        tell: is given a line now and then.
        stop: ends the work, of which nothing is left then.
        run: what runs the training; a child process unless it is named.

    Returns:
        Whether it was made; False where `stop` was set.

    Raises:
        OperationRefused: it cannot be done.
        StorageError: the data cannot be opened.
    """
    _check_target(target)
    if not settings.data.is_dir():
        raise OperationRefused(f"There is no songnet data in {settings.data}.")
    async with open_storage(settings) as storage:
        service = PretrainingService(
            storage,
            run or partial(run_in_child, nice=settings.worker_nice),
            temporary=TemporaryFolders(settings.temporary),
            least_people=settings.pretrain_least_people,
            threads=settings.training_threads,
        )
        making = asyncio.create_task(service.make(target, _in_steps(tell)))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({making, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not making.done():
            making.cancel()  # which kills the child
            await asyncio.wait({making})
            return False
        try:
            people = making.result()
        except (TooFewPeople, ConsentTakenBack, SongnetError) as error:
            raise OperationRefused(str(error)) from error
        except (ChildCrashed, ChildFailed, OSError) as error:
            raise OperationRefused(f"No start was made: {_why(error)}") from error
    tell(f"{target} was learned from the plays of {people} people. New models start from it")
    tell("where SONGNET_MODEL_START names it.")
    return True


def _check_target(target: Path) -> None:
    """Tells before the work, which takes hours, what would refuse the file after it."""
    if not target.parent.is_dir():
        raise OperationRefused(f"There is no directory {target.parent}.")
    if target.is_dir():
        raise OperationRefused(f"{target} is a directory. Name a file in it.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise OperationRefused(
            f"{target.parent} cannot be written to. Name a file elsewhere, or give the right to."
        )


def _why(error: ChildCrashed | ChildFailed | OSError) -> str:
    if is_out_of_room(error):
        return "the disk is full. Make room in SONGNET_DATA and for the file, and run it again."
    match error:
        case ChildCrashed():
            return f"{error}. SIGKILL mostly means that memory ran out: it takes up to 2 GB."
        case ChildFailed():
            kind = error.traceback_text.strip().splitlines()[-1].partition(":")[0]
            return (
                f"the training ended with {kind}, which is an error of songnet; please report it."
            )
    return f"{error}."


def _in_steps(tell: Callable[[str], None]) -> Callable[[float], None]:
    """Tells every tenth."""
    told = -1

    def on_done(done: float) -> None:
        nonlocal told
        step = int(100 * done) // PERCENT_BETWEEN_LINES
        if step > told:
            told = step
            tell(f"{PERCENT_BETWEEN_LINES * step:3d} %")

    return on_done
