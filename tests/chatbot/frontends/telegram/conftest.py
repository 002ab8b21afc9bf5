"""A Telegram bot with a scripted conversation, over a loopback Bot API server."""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatbot.conversation.language import closest
from chatbot.conversation.messages import Actor, Command, CommandSpec, Offer, Responder
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.frontends.telegram.timing import Tempo
from chatbot.services.gathered import GatheredService
from chatbot.services.newcomers import Newcomers
from storage import Storage
from storage.blobs import open_store
from storage.database import Database
from storage.keys import Keys
from tests.chatbot.drivers.telegram import QUICK, serving
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import Person, TelegramWorld

COMMANDS = (
    CommandSpec("playlist", "A playlist from songs", argument="songs"),
    CommandSpec("import", "Give me your history", takes_files=True, private_only=True),
    CommandSpec("status", "Where we stand", private_only=True),
    CommandSpec("share", "Show one of yours", private_only=True, among_others=True),
    CommandSpec("help", "How this works", private_only=True, aliases=("start",)),
)
Answer = Callable[[Command, Responder], Awaitable[Any]]


class Script:
    """A conversation that notes every command and answers as the test says."""

    def __init__(self, world: TelegramWorld, storage: Storage) -> None:
        self.gathered = GatheredService(storage, Newcomers(storage), hours=24)
        self.commands: list[Command] = []
        self.answer: Answer | None = None
        self.errors: list[Exception] = []
        self._world = world

    async def language(self, actor: Actor) -> str:
        return closest(actor.locale)

    async def offer(self, _actor: Actor, _text: str) -> list[Offer]:
        return []

    async def handle(self, command: Command, responder: Responder) -> None:
        self.commands.append(command)
        self._world.change()
        if self.answer is not None:
            try:
                await self.answer(command, responder)
            except Exception as error:  # noqa: BLE001 - a test looks at it
                self.errors.append(error)
                self._world.change()

    async def wait_for(self, count: int = 1) -> list[Command]:
        """The commands, as soon as there are so many."""
        await self._world.wait_until(lambda: len(self.commands) >= count)
        return self.commands


class Bench:
    """A server, its world, and front ends that come and go."""

    def __init__(self, server: TelegramServer, storage: Storage, data: Path) -> None:
        self.server = server
        self.data = data
        self.storage = storage
        self.world = server.world
        self.script = Script(self.world, storage)
        self.person = Person(1001)

    def front_end(self, **options: Any) -> TelegramFrontEnd:
        options.setdefault("tempo", QUICK)
        options.setdefault("base_url", self.server.url)
        return TelegramFrontEnd(self.server.token, **options)

    @asynccontextmanager
    async def serving(self, **options: Any) -> AsyncIterator[TelegramFrontEnd]:
        """One run of the bot."""
        front_end = self.front_end(**options)
        async with serving(front_end.run(self.script, COMMANDS), front_end):
            yield front_end

    @asynccontextmanager
    async def killed(self, **options: Any) -> AsyncIterator[TelegramFrontEnd]:
        """One run of the bot that is killed when the block ends.

        What stood in the database and at Telegram then is put back after the run, which in a test
        has to come to an end of its own.
        """
        data = self.data
        kept = data.with_name("killed")
        async with self.serving(**options) as front_end:
            yield front_end
            shutil.copytree(data, kept)
            world = [copy.deepcopy(part) for part in (self.world.updates, self.world.messages)]
            commands = len(self.script.commands)
        await self.storage.close()
        shutil.rmtree(data)
        kept.rename(data)
        self.world.updates[:], self.world.messages[:] = world
        del self.script.commands[commands:]

    async def until(self, holds: Callable[[], Any]) -> Any:
        return await self.world.wait_until(holds)


def _storage_in(data: Path) -> Storage:
    """What stands in a data directory; nothing is opened before it is needed."""
    database = Database.open(f"sqlite+aiosqlite:///{data}/songnet.db")
    keys = Keys.open((data / "keys").as_uri())
    return Storage.over(database, open_store((data / "blobs").as_uri()), keys)


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory without people, to be copied."""
    data = tmp_path_factory.mktemp("template") / "data"

    async def make() -> None:
        url = f"sqlite+aiosqlite:///{data}/songnet.db"
        await (await Storage.open(url, (data / "blobs").as_uri())).close()

    asyncio.run(make())
    return data


@pytest_asyncio.fixture
async def storage(tmp_path: Path, empty_data: Path) -> AsyncIterator[Storage]:
    shutil.copytree(empty_data, tmp_path / "data")
    opened = _storage_in(tmp_path / "data")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def bench(storage: Storage, tmp_path: Path) -> AsyncIterator[Bench]:
    async with TelegramServer(TelegramWorld()).running() as server:
        yield Bench(server, storage, tmp_path / "data")
        assert server.violations == []


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def real_tempo() -> Tempo:
    """The pace that ships."""
    return Tempo()


async def settle() -> None:
    """Lets everything that can go on without time or network do so."""
    for _ in range(20):
        await asyncio.sleep(0)
