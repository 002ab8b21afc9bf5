"""A chat platform without a chat: a measurement speaks for any number of people."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from chatbot.conversation.messages import (
    Actor,
    Command,
    CommandHandler,
    CommandSpec,
    Message,
    MessageRef,
    Place,
    Platform,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.frontends.base import Limits

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class LocalFile:
    """A file of this machine, sent as an attachment."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    async def chunks(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self.path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk


@dataclass
class Person:
    """Somebody who talks to the bot, and what they were shown."""

    name: str
    front_end: MeasuringFrontEnd

    async def say(self, name: str, argument: str = "", *files: Path) -> list[Message]:
        """Gives a command; returns the answers when it is answered."""
        actor, place = Actor(Platform.CONSOLE, self.name), Place(Platform.CONSOLE, self.name, True)
        before = len(self.front_end.shown_to(self.name))
        attachments = tuple(LocalFile(path) for path in files)
        assert self.front_end.handler is not None
        await self.front_end.handler.handle(
            Command(name, argument, actor, place, attachments), self
        )
        return self.front_end.shown_to(self.name)[before:]

    async def send(self, message: Message) -> MessageRef:
        """The bot's answer (`Responder`)."""
        return await self.front_end.post(self.name, message)

    async def replace(self, message: Message) -> None:
        """The same: nothing is looked at but the last message."""
        await self.send(message)

    async def publish(self, message: Message) -> MessageRef:
        """The same: nobody else is here."""
        return await self.send(message)

    async def import_and_wait(self, path: Path) -> None:
        """Sends an export and returns when its model answers."""
        await self.say("import", "", path)
        while True:
            last = self.front_end.progress.get(self.name)
            if last is not None and last.is_final:
                break
            await asyncio.sleep(0.2)
        if "Ready" not in last.text:
            raise RuntimeError(last.text)

    async def playlist(self, songs: str) -> PlaylistCard:
        """Asks for a playlist."""
        (answer,) = await self.say("playlist", songs)
        if not isinstance(answer, PlaylistCard) or not answer.tracks:
            raise RuntimeError(answer.text if isinstance(answer, Reply) else "no tracks")
        return answer


class MeasuringFrontEnd:
    """A `FrontEnd` that runs a script in place of people."""

    platform = Platform.CONSOLE
    limits = Limits(4000, 60, None, None, 1.0)
    is_connected = True

    def __init__(self, script: Callable[[MeasuringFrontEnd], Awaitable[None]]) -> None:
        self._script = script
        self._numbers = itertools.count(1)
        self._shown: dict[str, list[Message]] = {}
        self.progress: dict[str, Progress] = {}
        """The progress message of each person, as it is now."""
        self.handler: CommandHandler | None = None

    def person(self, name: str) -> Person:
        return Person(name, self)

    def shown_to(self, name: str) -> list[Message]:
        return self._shown.setdefault(name, [])

    async def run(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        """Runs the script, then leaves as a person at a console does."""
        del commands
        self.handler = handler
        await self._script(self)

    async def wait_until_ready(self) -> None:
        """There is nothing to connect to."""

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        """Takes a message of the bot."""
        self.shown_to(chat_id).append(message)
        if isinstance(message, Progress):
            self.progress[chat_id] = message
        return MessageRef(self.platform, chat_id, str(next(self._numbers)))

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Takes what a message of the bot was changed to."""
        if isinstance(message, Progress):
            self.progress[ref.chat_id] = message
        return ref

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """The same."""
        await self.edit(ref, message)
