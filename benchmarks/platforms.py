"""`/playlist` from a person's key to the card on the screen, through loopback chat platforms.

`python -m benchmarks.platforms [--people N] [--tracks N] [--rounds N] [--cache-bytes N]`: the real
clients of Discord and Telegram, each against its loopback server, in one process with the bot;
first one person alone, one request after another, then so many people at once while two trainings
run. In how many of the answers a model had to be loaded is told: that depends on
`SONGNET_MODEL_CACHE_BYTES`. The trainings are `songnet train`; the queue is the one in memory.

The loopback servers and the people run in the same event loop as the bot, so that the times are too
long rather than too short; the servers' check of each request is left out, and so is Telegram's own
pace (30 messages a second to all chats together), for it would be all that one sees.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.invented import write_export
from chatbot.bootstrap import Bot, open_storage, wire_bot
from chatbot.demo import demo_environment
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.jobs.memory import MemoryJobs
from chatbot.settings import Settings, load_settings
from storage import Storage
from storage.models import ModelRecord
from tests.chatbot.drivers.base import ChatDriver, Seen
from tests.chatbot.drivers.discord import DiscordDriver, connected, front_end_on
from tests.chatbot.drivers.telegram import QUICK, TelegramDriver, serving
from tests.chatbot.loopback import discord_spec, telegram_spec
from tests.chatbot.loopback.discord_server import DiscordServer
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import Person, TelegramWorld

SONGS = "/playlist Invented song number 1; Invented song number 2; Invented song number 3"
FIRST_PERSON = 5000
PATIENCE_SECONDS = 120.0
TRAININGS = 2


def make_model(export: str, model: str, tracks: int) -> None:
    """In a process of its own, so that it leaves nothing in the bot's memory."""
    from songnet import Recommender, read_history
    from songnet.training import TrainingConfig

    write_export(Path(export), rows=max(3000, 10 * tracks), tracks=tracks)
    history, _ = read_history(export)
    config = TrainingConfig(model_config={"training": {"epochs": 1, "learning_rate": 2e-3}})
    Recommender.train(history, threads=1, config=config).save(model)


@asynccontextmanager
async def trainings(export: Path) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """So many trainings at the same time, at a worker's rank; they need not end."""
    command = ["nice", "-n", "10", sys.executable, "-m", "songnet", "train", str(export), "-o"]
    quiet = asyncio.subprocess.DEVNULL
    running = [
        await asyncio.create_subprocess_exec(
            *command, str(export.with_name(f"trained-{number}")), stdout=quiet, stderr=quiet
        )
        for number in range(TRAININGS)
    ]
    try:
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def enter(storage: Storage, platform: str, model: Path, people: int) -> None:
    """People with a model each, whom the platform knows by a number."""
    for number in range(people):
        user_id = await storage.users.resolve(platform, str(FIRST_PERSON + number))
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)


@asynccontextmanager
async def on_discord(bot: Bot, people: int) -> AsyncIterator[list[ChatDriver]]:
    async with (
        DiscordServer().run() as server,
        connected(front_end_on(server), bot.serve),
    ):
        drivers = [DiscordDriver(server, person=str(FIRST_PERSON + n)) for n in range(people)]
        for driver in drivers:
            driver.expects_acknowledgement = False
        yield list(drivers)


@asynccontextmanager
async def on_telegram(bot: Bot, people: int) -> AsyncIterator[list[ChatDriver]]:
    async with TelegramServer(TelegramWorld()).running() as server:
        tempo = replace(QUICK, messages_a_second=10_000)
        front_end = TelegramFrontEnd(server.token, base_url=server.url, tempo=tempo)
        async with serving(bot.serve(front_end), front_end):
            yield [TelegramDriver(server, Person(FIRST_PERSON + n)) for n in range(people)]


async def ask(driver: ChatDriver) -> float:
    """Seconds from the command to the whole card."""

    def is_card(seen: Seen) -> bool:
        return len(seen.urls) >= 20

    began = time.perf_counter()
    await driver.command(SONGS)
    await driver.wait_for(is_card, PATIENCE_SECONDS)
    taken = time.perf_counter() - began
    clear_screen(driver)
    return taken


def clear_screen(driver: ChatDriver) -> None:
    """Else every person would look through ever more messages, and that would be measured."""
    if isinstance(driver, DiscordDriver):
        messages = driver.world.messages
        for message_id in list(messages):
            if messages[message_id].payload["channel_id"] == driver.channel.id:
                del messages[message_id]
    else:
        assert isinstance(driver, TelegramDriver)
        world = driver.server.world
        world.messages = [each for each in world.messages if each.chat_id != driver.person.id]


def nothing_wrong(*_request: object) -> list[str]:
    """Takes the place of the servers' checks, which the tests make."""
    return []


async def rounds_of(driver: ChatDriver, rounds: int) -> list[float]:
    return [await ask(driver) for _ in range(rounds)]


class Loads:
    """Counts how often a model is loaded."""

    def __init__(self, storage: Storage) -> None:
        self.count = 0
        self._read = storage.models.read
        vars(storage.models)["read"] = self._counted

    async def _counted(self, record: ModelRecord) -> bytes:
        self.count += 1
        return await self._read(record)


def row(name: str, seconds: Sequence[float], loads: int) -> str:
    p50, p99 = np.percentile(seconds, [50, 99]) * 1000
    longest = max(seconds) * 1000
    share = loads / len(seconds)
    return f"| {name} | {len(seconds)} | {p50:.0f} | {p99:.0f} | {longest:.0f} | {share:.0%} |"


async def measure(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    model, export = folder / "model", folder / "export.zip"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        making = pool.submit(make_model, str(export), str(model), options.tracks)
        await asyncio.wrap_future(making)
    async with open_storage(settings) as storage, MemoryJobs(()) as jobs:
        bot = wire_bot(settings, storage, jobs)
        loads = Loads(storage)
        for platform, opened in (("discord", on_discord), ("telegram", on_telegram)):
            await enter(storage, platform, model, options.people)
            async with opened(bot, options.people) as people:
                await ask(people[0])  # loads the model, and torch the first time
                before = loads.count
                alone = await rounds_of(people[0], options.rounds)
                print(row(f"{platform}, alone", alone, loads.count - before))
                async with trainings(export) as running:
                    await asyncio.gather(*map(ask, people))  # loads everybody's
                    before = loads.count
                    asked = await asyncio.gather(*(rounds_of(each, 5) for each in people))
                    ended = [each for each in running if each.returncode is not None]
                name = f"{platform}, {options.people} at once and {TRAININGS} trainings"
                together = [seconds for each in asked for seconds in each]
                print(row(name, together, loads.count - before), flush=True)
                if ended:
                    print("(a training had ended before that)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--tracks", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--cache-bytes", type=int)
    options = parser.parse_args()
    for spec in (discord_spec, telegram_spec):
        vars(spec)["problems"] = nothing_wrong
    with tempfile.TemporaryDirectory(prefix="songnet-platforms-") as folder, demo_environment():
        settings = load_settings(None)
        if options.cache_bytes is not None:
            settings = settings.model_copy(update={"model_cache_bytes": options.cache_bytes})
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; milliseconds\n")
        print("| | playlists | p50 | p99 | max | loaded |\n|---|---|---|---|---|---|")
        asyncio.run(measure(settings, Path(folder), options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
