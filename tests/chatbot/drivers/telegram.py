"""A person on Telegram: the real python-telegram-bot over a Bot API server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from chatbot.frontends.base import FrontEnd
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.frontends.telegram.timing import Tempo
from chatbot.frontends.telegram.tray import PARTS_OF_AN_EXPORT
from tests.chatbot.drivers.base import Seen
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import BOT_NAME, Person, Sent, TelegramWorld

QUICK = Tempo(
    edit_seconds_private=0.05,
    edit_seconds_group=0.1,
    gather_seconds=0.1,
    again_seconds=0.02,
    messages_a_second=1000,
)
"""Telegram's manners at a test's speed; their real pace is tested with a clock of their own."""
_ISOLATES = dict.fromkeys((0x2068, 0x2069))


class TelegramDriver:
    """One person in the private chat; sees what the bot sent there, and what it told them alone."""

    platform = "telegram"

    def __init__(self, server: TelegramServer, person: Person, chat_id: int | None = None) -> None:
        """`chat_id` is a group's; None for the private chat."""
        self.server = server
        self._world = server.world
        self.person = person
        self.chat_id = chat_id
        self._acted_at = 0

    def elsewhere(self, chat_id: int | None, person: Person | None = None) -> TelegramDriver:
        """The same Telegram, in a group or as another person; None for the private chat."""
        if chat_id is not None and chat_id not in self._world.groups:
            self._world.add_group(chat_id)
        person = person or self.person
        if chat_id is None:
            self._world.started.add(person.id)
        return TelegramDriver(self.server, person, chat_id)

    async def command(self, text: str) -> None:
        self._act()
        name, *argument = text.removeprefix("/").split(maxsplit=1)
        addressed = f"/{name}" if self.chat_id is None else f"/{name}@{BOT_NAME}"
        self._world.say(self.person, " ".join([addressed, *argument]), chat_id=self.chat_id)

    async def say(self, text: str) -> None:
        self._act()
        self._world.say(self.person, text, chat_id=self.chat_id)

    async def send_files(self, *paths: Path) -> None:
        """Several files go as an album, as Telegram's apps send them; then 'Start' is pressed."""
        contents = [(path.name, await asyncio.to_thread(path.read_bytes)) for path in paths]
        self._act()
        album = str(self._world.next_number()) if len(paths) > 1 else None
        # Without a pause in between, so that a busy machine does not part what was sent together.
        for name, content in contents:
            self._world.send_file(self.person, name, content, album=album)
        if len(paths) > 1 or paths[0].suffix in PARTS_OF_AN_EXPORT:
            await self.wait_for(lambda seen: "Start" in seen.buttons)
            await self.press("Start")

    async def press(self, label: str) -> None:
        for message in reversed(self._messages()):
            if any(button["text"] == label for button in message.buttons):
                self._act()
                self._world.press(self.person, message, label)
                return
        raise AssertionError(f"no button '{label}' in {[m.buttons for m in self._messages()]}")

    async def wait_for(self, matches: Callable[[Seen], bool], timeout_seconds: float = 60) -> Seen:
        def newest() -> Seen | None:
            recent = [m for m in self._messages() if m.changed_at > self._acted_at]
            recent.sort(key=lambda message: message.changed_at, reverse=True)
            return next((seen for seen in map(_seen, recent) if matches(seen)), None)

        try:
            found = await self._world.wait_until(newest, timeout_seconds)
        except TimeoutError:
            screen = "\n---\n".join(seen.text for seen in await self.history())
            raise AssertionError(f"nothing matched on the screen:\n{screen}") from None
        assert isinstance(found, Seen)
        return found

    async def read_document(self, name: str) -> bytes:
        for message in reversed(self._messages()):
            if message.document is not None and message.document[0] == name:
                return message.document[1]
        raise AssertionError(f"no document '{name}' was received")

    async def history(self) -> list[Seen]:
        """What the bot sent, oldest first, as it stands now."""
        return [_seen(message) for message in self._messages()]

    def _messages(self) -> list[Sent]:
        if self.chat_id is not None:
            return self._world.in_chat(self.chat_id)
        alerts = [alert for alert in self._world.alerts if alert.chat_id == self.person.id]
        seen = [*self._world.in_chat(self.person.id), *alerts]
        return sorted(seen, key=lambda message: message.message_id)

    def _act(self) -> None:
        self._acted_at = self._world.changes


def _seen(message: Sent) -> Seen:
    return Seen(
        str(message.message_id),
        message.text.translate(_ISOLATES),
        message.urls,
        tuple(button["text"] for button in message.buttons),
        (message.document[0],) if message.document is not None else (),
    )


@asynccontextmanager
async def telegram_driver(
    serve: Callable[[FrontEnd], Awaitable[None]],
) -> AsyncIterator[TelegramDriver]:
    """Runs `serve` with a front end that is connected to a loopback server, until the end.

    Raises:
        AssertionError: the bot sent something that Telegram would not take.
    """
    async with TelegramServer(TelegramWorld()).running() as server:
        front_end = TelegramFrontEnd(server.token, base_url=server.url, tempo=QUICK)
        async with serving(serve(front_end), front_end):
            yield TelegramDriver(server, Person(1001))
        assert server.violations == []


@asynccontextmanager
async def serving(work: Awaitable[None], front_end: FrontEnd) -> AsyncIterator[None]:
    """Runs the front end's work until the block ends; its failure is the test's."""
    task = asyncio.ensure_future(work)
    ready = asyncio.ensure_future(front_end.wait_until_ready())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            await task
        await ready
        yield
    finally:
        for running in (ready, task):
            running.cancel()
        await asyncio.gather(ready, task, return_exceptions=True)
    if not task.cancelled():
        task.result()
