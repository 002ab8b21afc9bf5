"""`python -m chatbot`: the bot and, by default, its worker."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from chatbot import bootstrap, demo, logs
from chatbot.frontends.base import FrontEndRefused
from chatbot.jobs.supervisor import PARENT_OPTION
from chatbot.settings import Settings, WrongSetting, load_settings
from storage.errors import StorageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m chatbot",
        description="Starts the bot: on Discord and Telegram where their tokens are set "
        "(DISCORD_TOKEN, TELEGRAM_TOKEN), else as a chat in this terminal.",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="do not start worker processes; run them apart"
    )
    parser.add_argument(
        "part",
        nargs="?",
        choices=("bot", "worker", "demo"),
        default="bot",
        help="the bot with its workers (default), one worker alone, or a demonstration",
    )
    parser.add_argument(PARENT_OPTION, dest="parent_fd", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with demo.demo_environment() if options.part == "demo" else nullcontext():
        return _run_part(options)


def _run_part(options: argparse.Namespace) -> int:
    try:
        settings = load_settings()
    except WrongSetting as error:
        print(f"songnet: wrong setting: {error}", file=sys.stderr)  # noqa: T201  # before logging
        return 2
    logs.configure(settings.log_level, secrets=settings.secrets)
    try:
        return asyncio.run(_serve(settings, options))
    except (FrontEndRefused, StorageError) as error:
        print(f"songnet: {error}", file=sys.stderr)  # noqa: T201  # the one clear line
        return 1
    except KeyboardInterrupt:
        return 130


async def _serve(settings: Settings, options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.part == "worker":
        await bootstrap.run_worker_process(settings, stop, options.parent_fd)
        return 0
    if options.part == "demo":
        return await demo.run_demo(settings, stop)
    front_ends = bootstrap.build_front_ends(settings)
    await bootstrap.run_bot(settings, front_ends, with_worker=not options.no_worker, stop=stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
