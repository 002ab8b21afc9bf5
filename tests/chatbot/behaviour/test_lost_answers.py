"""Answers that reach nobody: a platform that fails, a chat that is closed, a bot that was removed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from storage.undelivered import MOST_OF_USER
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_cards import card_of
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.behaviour.test_sharing import (
    DISCORD_CHANNEL,
    TELEGRAM_GROUP,
    Group,
    group,
    platform,
)
from tests.chatbot.drivers.base import ChatDriver
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.discord_world import DM_CLOSED, MISSING_ACCESS

__all__ = ["group", "platform"]  # fixtures
FIRST_ANSWER = "/webhooks/[^/]+/[^/]+/messages/@original"
UNKNOWN_WEBHOOK, TOO_LONG_TO_WAIT = 10015, 1000
Repair = Callable[[], None]


def close_private_chat(person: ChatDriver) -> Repair:
    """Direct messages are closed, and the interaction's token is gone; or the bot is blocked."""
    if isinstance(person, DiscordDriver):
        person.server.fail_next("PATCH", FIRST_ANSWER, 404, code=UNKNOWN_WEBHOOK)
        channel = person.world.dm_with(person.person)
        channel.refusal = DM_CLOSED
        return lambda: setattr(channel, "refusal", None)
    assert isinstance(person, TelegramDriver)
    closed = person.server.world.closed_chats
    closed.add(person.person.id)
    return lambda: closed.discard(person.person.id)


def fail_for_long(person: ChatDriver) -> Repair:
    """The platform answers with errors until it is given up."""
    if isinstance(person, DiscordDriver):
        person.server.fail_next("PATCH", FIRST_ANSWER, 404, code=UNKNOWN_WEBHOOK)
        for _ in range(3):
            person.server.fail_next("POST", "/channels/[^/]+/messages", 503)
    else:
        assert isinstance(person, TelegramDriver)
        person.server.fail("sendMessage", 429, "Too Many", retry_after=TOO_LONG_TO_WAIT)
    return lambda: None


async def lost(world: World, count: int = 1) -> None:
    """Returns when so many lost answers are noted."""
    async with asyncio.timeout(30):
        while len(await world.bot.storage.undelivered.of_user(1)) < count:
            await asyncio.sleep(0.01)


async def told(world: World) -> None:
    """Returns when no lost answer is noted any more: that follows the answer that told of it."""
    async with asyncio.timeout(30):
        while await world.bot.storage.undelivered.of_user(1):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("cut", [close_private_chat, fail_for_long])
async def test_a_playlist_that_did_not_arrive_stands_in_status(
    learned: World, cut: Callable[[ChatDriver], Repair]
) -> None:
    repair = cut(learned.person)
    await learned.person.command("/playlist Faded")
    await lost(learned)
    repair()
    await learned.person.command("/status")
    status = await learned.person.wait_for(says("This did not reach you", "From Faded"))
    (title,) = status.buttons
    await learned.person.press(title)
    await learned.person.wait_for(card_of(20))
    async with asyncio.timeout(30):  # the person may have pressed before it was noted
        while await learned.bot.storage.undelivered.of_user(1):
            await asyncio.sleep(0.01)


async def test_where_the_bot_was_removed_status_tells_in_private(group: Group) -> None:
    person = group.world.person
    if isinstance(person, DiscordDriver):
        repair = close_private_chat(person)
        person.world.channels[DISCORD_CHANNEL].refusal = MISSING_ACCESS
    else:
        assert isinstance(person, TelegramDriver)
        person.server.world.closed_chats.add(TELEGRAM_GROUP)
    await group.owner.command("/playlist Faded")
    await lost(group.world)
    if isinstance(person, DiscordDriver):
        repair()
    await person.command("/status")
    await person.wait_for(says("This did not reach you", "From Faded"))


async def test_another_answer_is_named_and_told_once(learned: World) -> None:
    repair = close_private_chat(learned.person)
    await learned.person.command("/settings")
    await lost(learned)
    repair()
    await learned.person.command("/status")
    await learned.person.wait_for(says("the answer to /settings on", "Ask for it once more"))
    await told(learned)
    await learned.person.command("/status")
    again = await learned.person.wait_for(says("Where we stand"))
    assert "did not reach you" not in again.text


async def test_what_status_could_not_tell_is_kept(group: Group) -> None:
    person = group.world.person
    if not isinstance(person, TelegramDriver):
        pytest.skip("only on Telegram a group is shown the way to another chat")
    repair = close_private_chat(person)
    await person.command("/playlist Faded")
    await lost(group.world)
    await group.owner.command("/status")
    await group.owner.wait_for(says("private chat"))
    assert len(await group.world.bot.storage.undelivered.of_user(1)) == 1
    repair()
    await person.command("/status")
    await person.wait_for(says("This did not reach you", "From Faded"))


async def test_of_many_the_newest_are_kept(learned: World) -> None:
    for number in range(MOST_OF_USER + 2):
        await learned.bot.storage.undelivered.add(1, {"command": f"c{number}"})
    kept = await learned.bot.storage.undelivered.of_user(1)
    assert [each.answer["command"] for each in kept][-1] == f"c{MOST_OF_USER + 1}"
    assert len(kept) == MOST_OF_USER


async def test_of_a_stranger_nothing_is_noted(world: World) -> None:
    repair = close_private_chat(world.person)
    await world.person.command("/settings")
    repair()
    await world.person.command("/help")
    await world.person.wait_for(says("/playlist"))
    await world.is_as_new()
