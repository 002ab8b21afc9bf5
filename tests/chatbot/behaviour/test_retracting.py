"""What its owner deletes goes from the chats in which others see it, without anybody's press."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chatbot.behaviour.test_cards import card_of, tracks
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.behaviour.test_inline import Chat, ask, chat
from tests.chatbot.behaviour.test_sharing import (
    DISCORD_CHANNEL,
    TELEGRAM_GROUP,
    Group,
    group,
    labelled,
    platform,
)
from tests.chatbot.drivers.base import Seen
from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.discord_world import PERSON_ID
from tests.chatbot.loopback.telegram_world import Sent

__all__ = ["chat", "group", "platform"]  # fixtures
on_discord = pytest.mark.parametrize("platform", ["discord"])
on_telegram = pytest.mark.parametrize("platform", ["telegram"])


async def forget(group: Group) -> None:
    await group.owner_aside.command("/forget")
    await group.owner_aside.wait_for(says("Delete everything?"))
    await group.owner_aside.press("Delete everything")
    await group.owner_aside.wait_for(says("I have deleted everything"))


async def gone(group: Group, message: Seen) -> Seen:
    """A message, as soon as the chat says that its playlist is gone."""
    return await group.other.wait_for(
        lambda seen: seen.message_id == message.message_id and "is gone" in seen.text
    )


def nothing_of_it(seen: Seen | Sent) -> bool:
    return not seen.buttons and "Faded" not in seen.text and not seen.urls


async def test_a_shared_playlist_goes_when_it_is_deleted(group: Group) -> None:
    shared = await group.share()
    await group.owner.press("Delete")
    assert nothing_of_it(await gone(group, shared))
    told = await group.owner.wait_for(says("This playlist is deleted"))
    assert told.message_id != shared.message_id
    assert not any(tracks(seen) for seen in await group.other.history())


async def test_everything_that_others_see_goes_with_forget(group: Group) -> None:
    shared = await group.share()
    answered = (await group.other.history())[0]
    assert len(tracks(answered)) == 20
    await forget(group)
    for message in (shared, answered):
        assert nothing_of_it(await gone(group, message))


async def test_a_message_that_was_voted_on_goes_where_it_stands(group: Group) -> None:
    shared = await group.share()
    await group.other.press("👍 0")
    await group.other.wait_for(labelled("👍 1"))
    before = len(await group.other.history())
    await forget(group)
    await gone(group, shared)
    assert len(await group.other.history()) == before


async def test_every_message_goes_that_was_made_of_one_share(group: Group) -> None:
    first = await group.share()
    await group.owner.press("Share")
    second = await group.owner.wait_for(labelled("With my taste"))
    assert second.message_id != first.message_id
    await forget(group)
    for message in (first, second):
        await gone(group, message)


async def test_another_persons_playlist_stays(group: Group, tmp_path: Path) -> None:
    await group.learn(tmp_path)
    shared = await group.share()
    await group.other.command("/playlist Faded")
    theirs = await group.other.wait_for(card_of(20))
    await forget(group)
    await gone(group, shared)
    (left,) = [seen for seen in await group.owner.history() if tracks(seen)]
    assert left == theirs


@on_discord
async def test_a_channel_that_refuses_holds_no_deletion_up(group: Group) -> None:
    shared = await group.share()
    answered = (await group.other.history())[0]
    await group.world.remembers(2)
    assert isinstance(group.owner, DiscordDriver)
    faults = [
        group.owner.server.fail_next("PATCH", f".*/messages/{message.message_id}", status)
        for message, status in ((shared, 403), (answered, 404))
    ]
    await forget(group)
    assert await group.world.bot.storage.keys.user_ids() == set()
    async with asyncio.timeout(10):
        await asyncio.gather(*(fault.hit.wait() for fault in faults))
    assert await group.other.history() == [answered, shared]


@on_telegram
async def test_a_group_without_the_bot_holds_no_deletion_up(group: Group) -> None:
    shared = await group.share()
    answered = (await group.other.history())[0]
    await group.world.remembers(2)
    assert isinstance(group.owner, TelegramDriver)
    server = group.owner.server
    server.world.closed_chats.add(TELEGRAM_GROUP)
    await forget(group)
    assert await group.world.bot.storage.keys.user_ids() == set()
    await server.world.wait_until(lambda: len(server.of("editMessageText")) >= 2)
    assert await group.other.history() == [answered, shared]


async def test_what_its_owner_alone_reads_is_not_remembered(group: Group) -> None:
    await group.owner.command("/playlist Faded private=yes")
    await group.owner_aside.wait_for(card_of(20))
    await group.owner_aside.press("Remove a song")
    await group.owner_aside.wait_for(labelled("Back"))
    await group.world.person.command("/playlist Faded")
    await group.world.person.wait_for(card_of(20))
    await group.world.person.press("Longer")
    await group.world.person.wait_for(card_of(30))
    assert await group.world.bot.storage.postings.of_user(1) == []


@on_telegram
@pytest.mark.parametrize("feedback", [True, False])
async def test_what_was_sent_through_inline_mode_goes_once_it_was_heard_of(
    chat: Chat, *, feedback: bool
) -> None:
    await ask(chat, "Faded")
    message_id = await chat.send("", feedback=feedback)
    if not feedback:
        await chat.press(message_id, "👍 0")
        await chat.until(message_id, "👍 1")
    await chat.world.remembers(1)
    message = chat.telegram.inline[message_id]
    await chat.person.press("Delete")
    await chat.telegram.wait_until(lambda: "This playlist is gone" in message.text)
    assert nothing_of_it(message)


@on_telegram
async def test_each_platform_takes_its_own_away(group: Group) -> None:
    """One person on both, who shared the same playlist in a chat of each."""
    bot = group.world.bot
    here = await group.share()
    async with discord_driver(bot.serve) as private:
        await bot.storage.join_codes.put(1, "CODE", timedelta(minutes=1))
        await bot.storage.joining.enter("CODE", "discord", PERSON_ID)
        channel = private.elsewhere(DISCORD_CHANNEL)
        await channel.command("/share 1")
        there = await channel.wait_for(labelled("With my taste"))
        await group.owner.press("Delete")
        assert nothing_of_it(await gone(group, here))
        seen = await channel.wait_for(says("This playlist is gone"))
        assert seen.message_id == there.message_id
        assert nothing_of_it(seen)
