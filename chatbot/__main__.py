"""`python -m chatbot` (also `songnet-bot`): the bot and, by default, its worker."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from chatbot import bootstrap, logs, running
from chatbot.frontends.base import FrontEndRefused
from chatbot.jobs.only_bot import AnotherBotRuns
from chatbot.jobs.supervisor import PARENT_OPTION
from chatbot.monitoring import commands
from chatbot.monitoring.metrics import Metrics
from chatbot.operations import commands as operations
from chatbot.services.starts import UnusableStart
from chatbot.settings import Settings, WrongSetting, load_settings
from storage.errors import StorageError


@dataclass(frozen=True)
class Part:
    """Something that the command line can start."""

    name: str
    help: str
    run: Callable[[Settings, argparse.Namespace, asyncio.Event], Awaitable[int]]
    """Returns the exit code; the event is set when the process is asked to leave."""


async def _bot(settings: Settings, options: argparse.Namespace, stop: asyncio.Event) -> int:
    metrics = Metrics()
    front_ends = bootstrap.build_front_ends(settings, metrics)
    with_worker = not options.no_worker
    await running.run_bot(settings, front_ends, with_worker=with_worker, stop=stop, metrics=metrics)
    return 0


async def _worker(settings: Settings, options: argparse.Namespace, stop: asyncio.Event) -> int:
    await running.run_worker_process(settings, stop, options.parent_fd)
    return 0


async def _demo(settings: Settings, _options: argparse.Namespace, stop: asyncio.Event) -> int:
    from chatbot.demo import run_demo

    return await run_demo(settings, stop)


async def _status(settings: Settings, options: argparse.Namespace, _stop: asyncio.Event) -> int:
    return await commands.show_status(settings, as_json=options.json)


async def _health(settings: Settings, options: argparse.Namespace, _stop: asyncio.Event) -> int:
    return await commands.show_health(settings, without_bot=options.without_bot)


async def _doctor(settings: Settings, options: argparse.Namespace, _stop: asyncio.Event) -> int:
    return await commands.show_findings(settings, as_json=options.json)


async def _backup(settings: Settings, options: argparse.Namespace, stop: asyncio.Event) -> int:
    return await operations.write_backup(settings, options.path, stop)


async def _restore(settings: Settings, options: argparse.Namespace, stop: asyncio.Event) -> int:
    return await operations.read_backup(settings, options.path, stop, replace=options.replace)


async def _pretrain(settings: Settings, options: argparse.Namespace, stop: asyncio.Event) -> int:
    return await operations.make_start(settings, options.output, stop)


PARTS = {
    part.name: part
    for part in (
        Part("bot", "the bot with its workers (the default)", _bot),
        Part("worker", "one worker alone, for a bot that runs with --no-worker", _worker),
        Part("demo", "the main job on invented data, without a person", _demo),
        Part("status", "how the running bot is; without one, what its data say", _status),
        Part("health", "one line and an exit code: 0 where the bot is healthy", _health),
        Part("doctor", "looks for what keeps the bot from working, and says what to mend", _doctor),
        Part("backup", "writes everything into one file, also while the bot runs", _backup),
        Part("pretrain", "makes a start for new models from the plays of who agreed", _pretrain),
        Part("restore", "makes a backup the data directory of a bot that is stopped", _restore),
    )
}

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; returns the exit code."""
    os.umask(0o077)  # what is written is its owner's alone, whatever the shell allows
    options = _parser().parse_args(arguments)
    with _environment(options):
        return _run_part(options)


def _environment(options: argparse.Namespace) -> AbstractContextManager[None]:
    if options.part != "demo":
        return nullcontext()
    from chatbot.demo import demo_environment  # a worker does without: it brings a terminal's code

    return demo_environment()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chatbot",
        description="Starts the bot: on Discord and Telegram where their tokens are set "
        "(DISCORD_TOKEN, TELEGRAM_TOKEN), else as a chat in this terminal.",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="do not start worker processes; run them apart"
    )
    parser.set_defaults(part="bot", parent_fd=None)
    parts = parser.add_subparsers(metavar="PART", title="parts")
    for part in PARTS.values():
        subparser = parts.add_parser(part.name, help=part.help, description=part.help)
        subparser.set_defaults(part=part.name)
        if part.name == "bot":
            subparser.add_argument(
                "--no-worker", action="store_true", default=argparse.SUPPRESS,
                help="do not start worker processes; run them apart",
            )  # fmt: skip
        if part.name in {"status", "doctor"}:
            subparser.add_argument("--json", action="store_true", help="for machines")
        if part.name == "health":
            subparser.add_argument(
                "--without-bot", action="store_true",
                help="ask the database and the queue, not a bot: for a worker that runs apart",
            )  # fmt: skip
        if part.name in {"backup", "restore"}:
            subparser.add_argument(
                "path", type=_absolute_path, metavar="PATH", help="the backup's file"
            )
        if part.name == "pretrain":
            subparser.add_argument(
                "-o", "--output", type=_absolute_path, required=True, metavar="FILE",
                help="where it goes; SONGNET_MODEL_START names it then",
            )  # fmt: skip
        if part.name == "restore":
            subparser.add_argument(
                "--replace", action="store_true", help="delete the data that are there"
            )
        if part.name == "worker":
            subparser.add_argument(
                PARENT_OPTION, dest="parent_fd", type=int, help=argparse.SUPPRESS
            )
    return parser


def _absolute_path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _run_part(options: argparse.Namespace) -> int:
    try:
        settings = load_settings()
    except WrongSetting as error:
        print(f"songnet: wrong setting: {error}", file=sys.stderr)  # noqa: T201  # before logging
        return 2
    if options.part == "bot" and not settings.has_token and sys.stderr.isatty():
        settings = settings.for_terminal()
    logs.configure(settings.log_level, secrets=settings.secrets, style=settings.log_format)
    try:
        return asyncio.run(_serve(settings, options))
    except (AnotherBotRuns, FrontEndRefused, StorageError, UnusableStart) as error:
        logger.debug("the end", exc_info=True)
        print(f"songnet: {error}", file=sys.stderr)  # noqa: T201  # the one clear line
        return 1
    except KeyboardInterrupt:
        return 130


async def _serve(settings: Settings, options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await PARTS[options.part].run(settings, options, stop)


if __name__ == "__main__":
    sys.exit(main())
