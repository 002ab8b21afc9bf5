"""A scripted conversation for front-end tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from chatbot.conversation.language import closest
from chatbot.conversation.messages import Actor, Command, CommandSpec, Reply, Responder
from chatbot.frontends.base import FrontEnd

Act = Callable[[Command, Responder], Awaitable[None]]

COMMANDS = (
    CommandSpec("help", "What I can do"),
    CommandSpec("playlist", "Makes a playlist", argument="songs", argument_description="Songs"),
    CommandSpec("import", "Takes your history", takes_files=True, private_only=True),
    CommandSpec("status", "How far it is", private_only=True),
)


async def echo(command: Command, responder: Responder) -> None:
    await responder.send(Reply(f"{command.name}|{command.argument}"))


class Script:
    """Plays `act` for each command and keeps what came."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._ended = asyncio.Event()
        self.commands: list[Command] = []
        self.front_end: FrontEnd | None = None

    async def language(self, actor: Actor) -> str:
        return closest(actor.locale)

    async def handle(self, command: Command, responder: Responder) -> None:
        self.commands.append(command)
        try:
            await self._act(command, responder)
        finally:
            self._ended.set()

    async def serve(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        await front_end.run(self, COMMANDS)

    async def finished(self) -> None:
        """Returns once a command has been handled."""
        async with asyncio.timeout(10):
            await self._ended.wait()

    @property
    def last(self) -> Command:
        return self.commands[-1]
