"""Messages of a playlist that goes while things go wrong, with a messenger that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatbot.bootstrap import Bot, wire_bot
from chatbot.conversation.messages import (
    Actor,
    Command,
    Message,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    PlaylistCard,
    Reply,
)
from chatbot.conversation.retracting import AT_ONCE
from chatbot.jobs.memory import MemoryJobs
from chatbot.settings import Settings
from storage import Storage

OWNER, OTHER = Actor(Platform.CONSOLE, "me", "en"), Actor(Platform.CONSOLE, "other", "de")
SONG = {"track_id": "a", "artist": "Alan Walker", "title": "Faded"}


async def at_once() -> None:
    """Nothing comes in between."""


@dataclass
class Chat:
    """Everybody's messages; the way there, and the way to change them."""

    shown: dict[str, Message] = field(default_factory=dict)
    meanwhile: Callable[[], Awaitable[None]] = at_once
    """Happens as soon as a card stands in the chat, before the bot goes on."""
    failing: dict[str, Exception] = field(default_factory=dict)
    held: asyncio.Event | None = None
    heard: list[Message] = field(default_factory=list)
    pressed: MessageRef | None = None

    async def send(self, message: Message) -> MessageRef | None:
        self.heard.append(message)
        return None

    async def publish(self, message: Message) -> MessageRef | None:
        ref = MessageRef(Platform.CONSOLE, "-100", str(len(self.shown) + 1))
        self.shown[ref.message_id] = message
        await self.meanwhile()
        return ref

    async def replace(self, message: Message) -> None:
        if self.pressed is None:
            await self.send(message)
            return
        self.shown[self.pressed.message_id] = message
        await self.meanwhile()

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        raise AssertionError(
            "what is taken away is not edited: that posts it anew where it is gone"
        )

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        raise AssertionError("nothing new is posted")

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        if self.held is not None:
            await self.held.wait()
        if ref.message_id in self.failing:
            raise self.failing.pop(ref.message_id)
        self.shown[ref.message_id] = message

    def titles(self) -> list[str]:
        return [card.title for card in self.shown.values() if isinstance(card, PlaylistCard)]

    async def until(self, *titles: str) -> None:
        async with asyncio.timeout(10):
            while self.titles() != [*titles]:
                await asyncio.sleep(0.01)


@dataclass
class Scene:
    """A person with a playlist, in a chat with others."""

    bot: Bot
    chat: Chat

    async def say(self, name: str, argument: str, actor: Actor = OWNER, pressed: str = "") -> None:
        self.chat.pressed = MessageRef(Platform.CONSOLE, "-100", pressed) if pressed else None
        place = Place(Platform.CONSOLE, "-100", is_private=False)
        command = Command(name, argument, actor, place, pressed=self.chat.pressed)
        await self.bot.conversation.handle(command, self.chat)

    async def vote(self) -> None:
        (share,) = await self.bot.storage.shares.of_user(1)
        await self.say("vote", f"{share.id} up 0 en", OTHER, pressed="1")

    async def forget(self) -> None:
        """By another command, while one is being answered."""
        place = Place(Platform.CONSOLE, "me", is_private=True)
        pressed, self.chat.pressed = self.chat.pressed, None
        await self.bot.conversation.handle(Command("forget", "yes", OWNER, place), self.chat)
        self.chat.pressed = pressed

    def said(self) -> list[str]:
        return [message.text for message in self.chat.heard if isinstance(message, Reply)]


@pytest.fixture
async def scene(storage: Storage, user_id: int, tmp_path: Path) -> AsyncIterator[Scene]:
    await storage.playlists.add(
        "p", user_id, model_id=None, seeds=[SONG], tracks=[SONG], options={}
    )
    settings = Settings(_env_file=None, data=tmp_path, retract_seconds=0.2)  # type: ignore[call-arg]  # pydantic's own
    bot = wire_bot(settings, storage, MemoryJobs(()))
    chat = Chat()
    bot.retracting.serve(Platform.CONSOLE, chat)
    yield Scene(bot, chat)
    await bot.retracting.close()


async def share(scene: Scene, times: int = 1) -> None:
    for _ in range(times):
        await scene.say("share", "1")


async def test_what_is_published_while_its_owner_leaves_is_taken_away(scene: Scene) -> None:
    scene.chat.meanwhile = scene.forget
    await share(scene)
    await scene.chat.until("This playlist is gone")


async def test_a_vote_that_is_counted_while_its_owner_leaves_brings_nothing_back(
    scene: Scene,
) -> None:
    await share(scene)

    async def forget_and_change() -> None:
        scene.chat.meanwhile = at_once
        shown = scene.chat.shown["1"]
        await scene.forget()
        await scene.chat.until("This playlist is gone")
        scene.chat.shown["1"] = shown  # the platform comes to the older change last

    scene.chat.meanwhile = forget_and_change
    await scene.vote()
    await scene.chat.until("This playlist is gone")


async def test_a_platform_that_hangs_holds_no_deletion_up(scene: Scene) -> None:
    await share(scene)
    scene.chat.held = asyncio.Event()
    await scene.forget()
    assert "deleted everything" in scene.said()[-1]
    assert await scene.bot.storage.keys.user_ids() == set()
    assert scene.chat.titles() == ["From Faded"]


@pytest.mark.parametrize("error", [MessageUndeliverable(), ConnectionError(), ValueError("bug")])
async def test_those_that_fail_leave_the_others_to_go(scene: Scene, error: Exception) -> None:
    await share(scene, AT_ONCE + 2)
    newest = [*scene.chat.shown][-AT_ONCE:]
    scene.chat.failing |= dict.fromkeys(newest, error)
    await scene.forget()
    await scene.chat.until(*["This playlist is gone"] * 2, *["From Faded"] * AT_ONCE)


async def test_no_log_tells_where_it_stood(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await share(scene)
    scene.chat.failing["1"] = ValueError("Group migrated to supergroup. New chat id: -100777")
    with caplog.at_level("DEBUG"):
        await scene.forget()
        async with asyncio.timeout(10):
            while "stays in a chat (ValueError)" not in caplog.text:
                await asyncio.sleep(0.01)
    assert "-100" not in caplog.text


async def test_it_is_given_up_after_a_while(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await share(scene, AT_ONCE + 2)
    scene.chat.held = asyncio.Event()
    with caplog.at_level("INFO"):
        await scene.forget()
        async with asyncio.timeout(10):
            while "2 messages are left" not in caplog.text:
                await asyncio.sleep(0.01)
    scene.chat.held.set()


async def test_it_goes_in_the_language_in_which_it_stands(scene: Scene) -> None:
    await scene.say("settings", "language=de")
    await share(scene)
    await scene.say("settings", "language=en")
    await scene.forget()
    await scene.chat.until("Diese Playlist gibt es nicht mehr")


async def test_a_bot_that_stops_leaves_the_rest(scene: Scene) -> None:
    await share(scene)
    scene.chat.held = asyncio.Event()
    await scene.forget()
    await scene.bot.retracting.close()
    scene.chat.held.set()
    assert scene.chat.titles() == ["From Faded"]
