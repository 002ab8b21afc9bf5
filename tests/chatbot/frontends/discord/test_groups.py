"""What others see, and what they must not: servers, groups, closed direct messages."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    Button,
    Command,
    Message,
    MessageRef,
    MessageUndeliverable,
    Platform,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.discord import DiscordFrontEnd
from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.frontends.discord.scripted import Act, Script, echo
from tests.chatbot.loopback.discord_world import DM_CLOSED, OTHER_ID, PERSON_ID, World

GUILD_CHANNEL, GROUP_CHANNEL = "600", "700"


def sends(*messages: Message, refs: list[MessageRef | None] | None = None) -> Act:
    async def act(command: Command, responder: Responder) -> None:
        for message in messages:
            ref = await responder.send(message)
            if refs is not None:
                refs.append(ref)

    return act


@asynccontextmanager
async def in_channel(
    script: Script, channel_id: str = GUILD_CHANNEL
) -> AsyncIterator[tuple[DiscordDriver, DiscordDriver, DiscordDriver]]:
    """The person in the channel, somebody else there, and the person's direct messages."""
    async with discord_driver(script.serve) as private:
        person = private.elsewhere(channel_id)
        yield person, private.elsewhere(channel_id, person=OTHER_ID), private


def waiting(world: World) -> int:
    return sum(message.is_loading for message in world.messages.values())


async def test_a_public_answer_is_seen_by_all() -> None:
    script = Script(echo)
    async with in_channel(script) as (person, other, _):
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "playlist|a")
        assert [each.text for each in await other.history()] == ["playlist|a"]
    assert not script.last.place.is_private
    assert script.last.place.chat_id == GUILD_CHANNEL


async def test_a_private_command_is_answered_to_the_actor_alone() -> None:
    script = Script(echo)
    async with in_channel(script) as (person, other, _):
        await person.command("/status")
        await person.wait_for(lambda each: each.text == "status|")
        assert await other.history() == []
    assert script.last.place.is_private


async def test_a_private_reply_to_a_public_command_is_seen_by_the_actor_alone() -> None:
    script = Script(sends(Reply("only you", private=True), Reply("everyone")))
    async with in_channel(script) as (person, other, _):
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "everyone")
        assert {each.text for each in await person.history()} == {"only you", "everyone"}
        assert [each.text for each in await other.history()] == ["everyone"]
        assert waiting(person.world) == 0


async def test_the_progress_of_a_private_command_goes_to_direct_messages(tmp_path: Path) -> None:
    refs: list[MessageRef | None] = []
    script = Script(sends(Progress("reading"), refs=refs))
    (tmp_path / "a.zip").write_bytes(b"x")
    async with in_channel(script) as (person, other, private):
        await person.send_files(tmp_path / "a.zip")
        pointer = await person.wait_for(
            lambda each: each.text.startswith("I have written to you in our private chat: https")
        )
        assert [each.text for each in await private.history()] == ["reading"]
        assert await other.history() == []
        assert refs[0] is not None
        assert pointer.urls[0].endswith(f"/{refs[0].chat_id}/{refs[0].message_id}")
        assert waiting(person.world) == 0


async def test_the_way_to_direct_messages_is_told_in_the_persons_language(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"x")
    async with in_channel(Script(sends(Progress("reading")))) as (person, _, __):
        person.world.locale = "de"
        await person.send_files(tmp_path / "a.zip")
        await person.wait_for(lambda each: each.text.startswith("Ich habe dir in unserem"))


async def test_what_is_posted_later_for_a_private_command_goes_to_direct_messages() -> None:
    script = Script(echo)
    async with in_channel(script) as (person, other, private):
        await person.command("/status")
        await script.finished()
        assert script.front_end is not None
        await script.front_end.post(script.last.place.chat_id, Reply("ready"))
        assert [each.text for each in await private.history()] == ["ready"]
        assert await other.history() == []


async def test_nothing_said_leaves_nothing_waiting() -> None:
    async with in_channel(Script(sends())) as (person, _, __):
        await person.command("/playlist a")
        async with person.world.changed:
            await person.world.changed.wait_for(lambda: not person.world.messages)


async def test_closed_direct_messages_are_replaced_while_the_token_lives() -> None:
    refs: list[MessageRef | None] = []
    script = Script(sends(Progress("one"), refs=refs))
    async with in_channel(script) as (person, other, private):
        private.channel.refusal = DM_CLOSED
        await person.command("/status")
        await script.finished()
        (ref,) = refs
        assert script.front_end is not None
        assert ref is not None
        assert await script.front_end.edit(ref, Progress("two")) == ref
        assert [each.text for each in await person.history()] == ["two"]
        await script.front_end.post(ref.chat_id, Reply("the end"))
        assert [each.text for each in await person.history()] == ["two", "the end"]
        assert await other.history() == []


async def test_after_the_token_nothing_private_goes_public() -> None:
    refs: list[MessageRef | None] = []
    script = Script(sends(Progress("one"), refs=refs))
    async with in_channel(script) as (person, other, private):
        private.channel.refusal = DM_CLOSED
        await person.command("/status")
        await script.finished()
        for interaction in person.world.interactions.values():
            interaction.is_open = False
        assert script.front_end is not None
        assert refs[0] is not None
        with pytest.raises(MessageUndeliverable):
            await script.front_end.edit(refs[0], Progress("two"))
        assert await other.history() == []


async def test_an_answer_after_the_token_is_an_ordinary_message() -> None:
    async def late(command: Command, responder: Responder) -> None:
        await responder.send(Reply("soon"))
        for interaction in script_world.interactions.values():
            interaction.is_open = False
        await responder.send(Reply("late"))
        await responder.send(Reply("late and private", private=True))

    script = Script(late)
    async with in_channel(script) as (person, other, private):
        script_world = person.world
        await person.command("/playlist a")
        await script.finished()
        assert [each.text for each in await other.history()] == ["soon", "late"]
        assert [each.text for each in await private.history()] == ["late and private"]


async def test_a_token_that_must_be_dead_is_not_tried() -> None:
    async def late(command: Command, responder: Responder) -> None:
        assert isinstance(script.front_end, DiscordFrontEnd)
        assert script.front_end._outbox is not None
        script.front_end._outbox._clock = lambda: time.monotonic() + 15 * 60
        await responder.send(Reply("late"))

    script = Script(late)
    async with in_channel(script) as (person, other, _):
        await person.command("/playlist a")
        await other.wait_for(lambda each: each.text == "late")
        for method in ("POST", "PATCH"):
            assert not person.server.calls_to(method, "/webhooks/.*")


async def test_too_many_follow_ups_go_on_as_ordinary_messages() -> None:
    script = Script(sends(Reply("one"), Reply("two")))
    async with in_channel(script) as (person, other, _):
        person.server.fail_next("POST", "/webhooks/.*", 400, code=40094)
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "two")
        assert [each.text for each in await other.history()] == ["one", "two"]


async def test_in_a_group_without_the_bot_answers_are_follow_ups() -> None:
    refs: list[MessageRef | None] = []
    script = Script(sends(Progress("one"), Reply("two"), refs=refs))
    async with in_channel(script, GROUP_CHANNEL) as (person, other, _):
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "two")
        assert script.front_end is not None
        assert refs[0] is not None
        await script.front_end.edit(refs[0], Progress("three"))
        assert [each.text for each in await other.history()] == ["three", "two"]


async def test_a_press_under_a_private_message_stays_private() -> None:
    async def act(command: Command, responder: Responder) -> None:
        buttons = ((Button("More", "help", "more"),),)
        await responder.send(Reply(command.argument or "first", buttons=buttons))

    script = Script(act)
    async with in_channel(script) as (person, other, _):
        await person.command("/status")
        await person.wait_for(lambda each: each.text == "first")
        await person.press("More")
        await person.wait_for(lambda each: each.text == "more")
        assert await other.history() == []
    assert script.last.place.is_private


async def test_a_press_by_somebody_else_is_theirs() -> None:
    async def act(command: Command, responder: Responder) -> None:
        buttons = ((Button("My own", "playlist", "x"), Button("Mine", "status")),)
        await responder.send(Reply(f"for {command.actor.platform_id}", buttons=buttons))

    script = Script(act)
    async with in_channel(script) as (person, other, _):
        await person.command("/playlist a")
        await other.wait_for(lambda each: each.text == f"for {PERSON_ID}")
        await other.press("My own")
        await person.wait_for(lambda each: each.text == f"for {OTHER_ID}")
        await other.press("Mine")
        await other.wait_for(lambda each: each.text == f"for {OTHER_ID}")
        assert len(await other.history()) == 3
        assert len(await person.history()) == 2


async def test_a_pressed_message_is_replaced_where_it_stands() -> None:
    async def act(command: Command, responder: Responder) -> None:
        votes = ((Button(f"+{command.argument.count('!')}", "playlist", f"{command.argument}!"),),)
        if command.argument == "a":
            await responder.send(Reply("vote", buttons=votes))
        else:
            await responder.replace(Reply("voted", buttons=votes))

    async with in_channel(Script(act)) as (person, other, _):
        await person.command("/playlist a")
        await other.wait_for(lambda each: each.text == "vote")
        await other.press("+0")
        await other.wait_for(lambda each: each.buttons == ("+1",))
        assert [each.text for each in await person.history()] == ["voted"]


async def test_what_cannot_be_replaced_is_sent() -> None:
    async def act(command: Command, responder: Responder) -> None:
        await responder.replace(Reply("here", buttons=((Button("Again", "playlist", "b"),),)))

    async with in_channel(Script(act)) as (person, _, __):
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "here")
        person.server.fail_next("PATCH", "/webhooks/.*", 404, code=10008)
        await person.press("Again")
        async with person.world.changed:
            await person.world.changed.wait_for(lambda: len(person.world.messages) == 2)


@pytest.mark.parametrize("command", ["/playlist a", "/status"])
async def test_what_is_published_is_seen_by_all_and_the_rest_stays_private(command: str) -> None:
    async def act(command: Command, responder: Responder) -> None:
        await responder.send(Reply("for you", private=True))
        await responder.publish(Reply("for all"))

    async with in_channel(Script(act)) as (person, other, _):
        await person.command(command)
        await other.wait_for(lambda each: each.text == "for all")
        assert [each.text for each in await other.history()] == ["for all"]
        assert {each.text for each in await person.history()} == {"for you", "for all"}
        assert waiting(person.world) == 0


async def test_a_private_command_that_publishes_first_is_seen_by_all() -> None:
    async def act(command: Command, responder: Responder) -> None:
        await responder.publish(Reply("for all"))

    async with in_channel(Script(act)) as (person, other, _):
        await person.command("/status")
        await other.wait_for(lambda each: each.text == "for all")
        assert waiting(person.world) == 0


@pytest.mark.parametrize("command", ["/playlist a", "/status"])
async def test_what_is_published_is_found_again_in_its_channel(command: str) -> None:
    refs: list[MessageRef | None] = []

    async def act(command: Command, responder: Responder) -> None:
        refs.append(await responder.publish(Reply("for all")))

    script = Script(act)
    async with in_channel(script) as (person, other, _):
        await person.command(command)
        seen = await other.wait_for(lambda each: each.text == "for all")
        await script.finished()
    assert refs == [MessageRef(Platform.DISCORD, GUILD_CHANNEL, seen.message_id)]


async def test_a_press_tells_where_the_message_is_that_others_see() -> None:
    async def act(command: Command, responder: Responder) -> None:
        row = (Button("Press", "playlist", "b"),)
        await responder.send(Reply(command.argument, buttons=(row,), private=not command.argument))

    script = Script(act)
    async with in_channel(script) as (person, other, _):
        await person.command("/playlist a")
        seen = await other.wait_for(lambda each: each.text == "a")
        await other.press("Press")
        await other.wait_for(lambda each: each.text == "b")
        assert script.last.pressed == MessageRef(Platform.DISCORD, GUILD_CHANNEL, seen.message_id)
        await person.command("/playlist")
        await person.wait_for(lambda each: each.buttons == ("Press",))
        await person.press("Press")
        await person.wait_for(lambda each: each.text == "b")
        assert script.last.pressed is None


async def test_in_direct_messages_there_is_nobody_to_publish_to() -> None:
    async def act(command: Command, responder: Responder) -> None:
        with pytest.raises(MessageUndeliverable):
            await responder.publish(Reply("for all"))
        await responder.send(Reply("no"))

    async with discord_driver(Script(act).serve) as person:
        await person.command("/playlist a")
        await person.wait_for(lambda each: each.text == "no")
        await person.say("words")
        await person.wait_for(lambda each: each.text == "no")
