"""The commands of the package, as the command line calls them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from chatbot.jobs.only_bot import AnotherBotRuns
from chatbot.operations.backup import Stopped, back_up
from chatbot.operations.places import OperationRefused, places
from chatbot.operations.pretraining import pretrain
from chatbot.operations.restore import restore
from chatbot.settings import Settings

STOPPED = 130


async def write_backup(settings: Settings, target: Path, stop: asyncio.Event) -> int:
    """`songnet-bot backup`; returns the exit code."""
    try:
        await back_up(places(settings), target, _tell, stop)
    except OperationRefused as error:
        return _refuse(error)
    except Stopped:
        return STOPPED
    return 0


async def read_backup(
    settings: Settings, source: Path, stop: asyncio.Event, *, replace: bool
) -> int:
    """`songnet-bot restore`; returns the exit code."""
    try:
        await restore(settings, places(settings), source, _tell, stop, replace=replace)
    except (AnotherBotRuns, OperationRefused) as error:
        return _refuse(error)
    except Stopped:
        return STOPPED
    return 0


async def make_start(settings: Settings, target: Path, stop: asyncio.Event) -> int:
    """`songnet-bot pretrain`; returns the exit code."""
    try:
        return 0 if await pretrain(settings, target, _tell, stop) else STOPPED
    except OperationRefused as error:
        return _refuse(error)


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a command's output


def _refuse(error: Exception) -> int:
    print(f"songnet: {error}", file=sys.stderr)  # noqa: T201  # the one clear line
    return 1
