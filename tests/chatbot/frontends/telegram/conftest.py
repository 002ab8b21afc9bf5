"""A Telegram bot with a scripted conversation, over a loopback Bot API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from chatbot.conversation.language import closest
from chatbot.conversation.messages import Actor, Command, CommandSpec, Responder
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.drivers.telegram import QUICK, serving
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import Person, TelegramWorld

COMMANDS = (
    CommandSpec("playlist", "A playlist from songs", argument="songs"),
    CommandSpec("import", "Give me your history", takes_files=True, private_only=True),
    CommandSpec("status", "Where we stand", private_only=True),
    CommandSpec("help", "How this works", private_only=True, aliases=("start",)),
)
Answer = Callable[[Command, Responder], Awaitable[Any]]


class Script:
    """A conversation that notes every command and answers as the test says."""

    def __init__(self, world: TelegramWorld) -> None:
        self.commands: list[Command] = []
        self.answer: Answer | None = None
        self.errors: list[Exception] = []
        self._world = world

    async def language(self, actor: Actor) -> str:
        return closest(actor.locale)

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

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.world = server.world
        self.script = Script(self.world)
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

    async def until(self, holds: Callable[[], Any]) -> Any:
        return await self.world.wait_until(holds)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with TelegramServer(TelegramWorld()).running() as server:
        yield Bench(server)
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
