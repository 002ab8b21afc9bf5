"""One world for every platform: the real conversation, storage and learning, and a person.

Only two parts are stood in for: the queue is the in-memory twin that passes the contract of the
real one, and the heavy work runs in a thread, at a gate that a test can hold. The real queue, the
real worker processes and their deaths have tests of their own, here beside and in `end_to_end`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatbot.bootstrap import Bot, open_storage, wire_bot
from chatbot.frontends.base import FrontEnd
from chatbot.jobs.memory import MemoryJobs
from chatbot.jobs.tasks.learning import import_task, train_task
from chatbot.services.learning import LearningService
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import Settings
from songnet.demo import write_demo_export
from storage.census import count_rows
from tests.chatbot.drivers.base import ChatDriver
from tests.chatbot.drivers.console import console_driver
from tests.chatbot.drivers.discord import discord_driver
from tests.chatbot.drivers.telegram import telegram_driver

DRIVERS = {"console": console_driver, "discord": discord_driver, "telegram": telegram_driver}
DEMO_PLAYS = 1500

LEARNING_SECONDS = 150
"""Long enough for a busy machine; a test may take half a minute more."""


class Gate:
    """Lets the heavy work through, unless a test holds it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.arrived = asyncio.Event()

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], None] | None = None,
    ) -> Any:
        """What `run_in_child` does, in a thread."""
        loop = asyncio.get_running_loop()
        self.arrived.set()
        await self._open.wait()
        send = partial(loop.call_soon_threadsafe, on_message or (lambda _message: None))
        return await asyncio.to_thread(function, send, *args)


@dataclass(frozen=True)
class World:
    """What a behaviour test can reach."""

    person: ChatDriver
    bot: Bot
    settings: Settings
    gate: Gate
    export: Path
    """An invented listener's export."""

    async def learn(self) -> None:
        """The person's history is imported and learned from."""
        await self.person.send_files(self.export)
        await self.person.wait_for(
            lambda seen: "Now ask me for a playlist" in seen.text, timeout_seconds=LEARNING_SECONDS
        )
        await self.settled()  # else a bot that starts again would tell it again

    async def settled(self) -> None:
        """The person heard of the end of every import, and that was noted."""
        async with asyncio.timeout(30):
            while await self.bot.storage.imports.unannounced():
                await asyncio.sleep(0.01)

    async def remembers(self, messages: int) -> None:
        """Returns when so many are known in which others see playlists of the first person.

        That is noted after they were sent; where the playlist is gone by then, they go as well.
        """
        async with asyncio.timeout(30):
            while len(await self.bot.storage.postings.of_user(1)) != messages:
                await asyncio.sleep(0.01)

    async def is_as_new(self) -> None:
        """Returns when nobody is known, by row or key."""
        storage = self.bot.storage
        async with asyncio.timeout(10):
            while await storage.keys.user_ids() or (await count_rows(storage.database))["people"]:
                await asyncio.sleep(0.01)

    def stored_files(self) -> list[str]:
        """The blobs of people on the disk."""
        blobs = self.settings.data / "blobs" / "users"
        return [str(path.relative_to(blobs)) for path in blobs.rglob("*") if path.is_file()]


@asynccontextmanager
async def open_world(
    platform: str, directory: Path, export: Path, **choices: Any
) -> AsyncIterator[World]:
    """`choices` are settings."""
    settings = Settings(_env_file=None, data=directory, **{"max_upload_bytes": 5_000_000} | choices)
    gate = Gate()
    async with open_storage(settings) as storage:
        learning = LearningService(
            storage,
            gate.run,
            temporary=TemporaryFolders(settings.temporary),
            training_threads=1,
        )
        async with MemoryJobs((import_task(learning), train_task(learning))) as jobs:
            bot = wire_bot(settings, storage, jobs, run_in_child=gate.run)
            following = asyncio.create_task(bot.announcements.run())

            async def serve(front_end: FrontEnd) -> None:
                await bot.serve(front_end)

            try:
                async with DRIVERS[platform](serve) as person:
                    yield World(person, bot, settings, gate, export)
            finally:
                gate.release()
                following.cancel()
                await asyncio.gather(following, bot.retracting.close(), return_exceptions=True)


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=DEMO_PLAYS)
    return path


@pytest.fixture(params=sorted(DRIVERS))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def world(platform: str, tmp_path: Path, export: Path) -> AsyncIterator[World]:
    """A person whom the bot does not know yet."""
    async with open_world(platform, tmp_path / "data", export) as opened:
        yield opened


@pytest.fixture(scope="session")
def learned_directory(
    tmp_path_factory: pytest.TempPathFactory, export: Path
) -> Callable[[str], Path]:
    """The data directory of a person with a model, made once for each platform."""
    made: dict[str, Path] = {}

    def directory(platform: str) -> Path:
        if platform not in made:
            path = tmp_path_factory.mktemp(platform) / "data"

            async def learn() -> None:
                async with open_world(platform, path, export) as opened:
                    await opened.learn()

            # A loop of its own: this runs inside a test's.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, learn()).result()
            made[platform] = path
        return made[platform]

    return directory


@pytest_asyncio.fixture
async def learned(
    platform: str, tmp_path: Path, export: Path, learned_directory: Callable[[str], Path]
) -> AsyncIterator[World]:
    """A person with a model."""
    shutil.copytree(learned_directory(platform), tmp_path / "data")
    async with open_world(platform, tmp_path / "data", export) as opened:
        yield opened
