"""Playlists that people put into chats of theirs, and what can be done with them there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from chatbot.conversation.messages import (
    Actor,
    Button,
    CardTrack,
    Command,
    Offer,
    PlaylistCard,
    Reply,
    Responder,
    Turning,
)
from tests.chatbot.frontends.telegram.conftest import Bench, Script
from tests.chatbot.loopback.telegram_world import BOT_NAME, Person

FRIEND = Person(1002)
LONG = "yours " * 40
"""Too long for an alert."""


def card(votes: int = 0, tracks: int = 2) -> PlaylistCard:
    songs = tuple(
        CardTrack(n, f"Song <{n}> " + "x" * 180, "Artist & Co", f"https://example.org/{n}")
        for n in range(1, tracks + 1)
    )
    buttons = ((Button(f"👍 {votes}", "vote", "s1 up"),),)
    return PlaylistCard("For you", songs, buttons=buttons, turning=Turning("turn", "s1"))


class Offering(Script):
    """Offers three playlists to the person whom it knows."""

    tracks = 2

    async def offer(self, actor: Actor, text: str) -> list[Offer]:
        if actor.platform_id != "1001":
            return []
        return [Offer(f"o{n}", card(tracks=self.tracks), f"{text} {n}") for n in range(3)]


def offering(bench: Bench) -> Offering:
    bench.script = Offering(bench.world, bench.storage)
    return bench.script


async def offered(bench: Bench, person: Person, text: str) -> list[dict[str, Any]]:
    query_id = bench.world.type_inline(person, text)
    await bench.until(lambda: query_id in bench.world.offered)
    return bench.world.offered[query_id]


async def test_playlists_are_offered_to_whom_they_belong_and_to_nobody_else(bench: Bench) -> None:
    offering(bench)
    async with bench.serving():
        results = await offered(bench, bench.person, "Faded")
    assert [result["title"] for result in results] == ["For you"] * 3
    assert results[0]["description"] == "Faded 0"
    (request,) = bench.server.of("answerInlineQuery")
    assert (request.parameters["cache_time"], request.parameters["is_personal"]) == ("0", "true")
    assert "button" not in request.parameters


async def test_whom_nothing_can_be_offered_gets_the_way_to_the_private_chat(bench: Bench) -> None:
    offering(bench)
    async with bench.serving():
        assert await offered(bench, FRIEND, "") == []
    button = json.loads(bench.server.of("answerInlineQuery")[0].parameters["button"])
    assert button == {"text": "Open the private chat", "start_parameter": "private"}


async def test_a_long_playlist_is_one_message_that_is_turned_in_the_chat(bench: Bench) -> None:
    async def turn(command: Command, responder: Responder) -> None:
        assert (command.name, command.argument) == ("turn", "s1 1")
        await responder.replace(replace(card(tracks=50), turning=Turning("turn", "s1", 1)))

    script = offering(bench)
    script.tracks, script.answer = 50, turn
    async with bench.serving():
        query_id = bench.world.type_inline(bench.person, "")
        await bench.until(lambda: query_id in bench.world.offered)
        inline_id = bench.world.choose(query_id)
        sent = bench.world.inline[inline_id]
        assert "Song <1>" in sent.text
        bench.world.press_inline(FRIEND, inline_id, sent.buttons[0]["text"])
        await bench.until(lambda: "Song <1>" not in bench.world.inline[inline_id].text)
    assert bench.world.inline[inline_id].buttons[0]["text"].startswith("◀ 1/")
    assert bench.script.errors == []


async def test_that_an_offer_was_sent_is_a_command_of_whoever_sent_it(bench: Bench) -> None:
    offering(bench)
    async with bench.serving():
        query_id = bench.world.type_inline(bench.person, "")
        await bench.until(lambda: query_id in bench.world.offered)
        bench.world.choose(query_id, 1, told_by=bench.person)
        (command,) = await bench.script.wait_for(1)
    assert (command.name, command.argument) == ("chosen", "o1")
    assert command.actor.platform_id == str(bench.person.id)
    assert bench.world.messages == []


async def test_a_press_changes_the_message_in_the_chat(bench: Bench) -> None:
    async def vote(command: Command, responder: Responder) -> None:
        assert (command.name, command.argument) == ("vote", "s1 up")
        await responder.replace(card(votes=1))

    offering(bench).answer = vote
    async with bench.serving():
        query_id = bench.world.type_inline(bench.person, "")
        await bench.until(lambda: query_id in bench.world.offered)
        inline_id = bench.world.choose(query_id)
        bench.world.press_inline(FRIEND, inline_id, "👍 0")
        await bench.until(lambda: bench.world.inline[inline_id].buttons[0]["text"] == "👍 1")
        await bench.until(lambda: bench.server.of("answerCallbackQuery"))
        # The same once more: 'message is not modified' is no failure.
        bench.world.press_inline(FRIEND, inline_id, "👍 1")
        await bench.until(lambda: len(bench.server.of("answerCallbackQuery")) == 2)
    assert bench.script.errors == []
    assert bench.world.messages == []
    assert bench.script.commands[0].actor.platform_id == "1002"


async def test_an_own_version_is_for_whoever_pressed(bench: Bench) -> None:
    async def taste(_command: Command, responder: Responder) -> None:
        await responder.send(Reply(LONG, private=True))

    offering(bench).answer = taste
    bench.world.started.add(FRIEND.id)
    async with bench.serving():
        query_id = bench.world.type_inline(bench.person, "")
        await bench.until(lambda: query_id in bench.world.offered)
        bench.world.press_inline(FRIEND, bench.world.choose(query_id), "👍 0")
        await bench.until(lambda: bench.world.messages)
    assert [(m.chat_id, m.text) for m in bench.world.messages] == [(FRIEND.id, LONG.strip())]


async def test_whom_the_bot_may_not_write_to_is_led_to_the_private_chat(bench: Bench) -> None:
    async def taste(_command: Command, responder: Responder) -> None:
        await responder.send(Reply(LONG, private=True))

    offering(bench).answer = taste
    async with bench.serving():
        query_id = bench.world.type_inline(bench.person, "")
        await bench.until(lambda: query_id in bench.world.offered)
        bench.world.press_inline(FRIEND, bench.world.choose(query_id), "👍 0")
        await bench.until(lambda: bench.server.of("answerCallbackQuery"))
    (answered,) = bench.server.of("answerCallbackQuery")
    assert answered.parameters["url"] == f"https://t.me/{BOT_NAME}?start=private"


async def test_a_button_passes_on_to_a_chat_of_the_persons_choice(bench: Bench) -> None:
    async def answer(_command: Command, responder: Responder) -> None:
        share = Button("Share", "share", "p1", passed_on="share p1")
        await responder.send(Reply("Here", buttons=((share,),)))

    bench.script.answer = answer
    async with bench.serving():
        bench.world.say(bench.person, "/playlist")
        await bench.until(lambda: bench.world.messages)
    (button,) = bench.world.messages[0].buttons
    assert button["switch_inline_query_chosen_chat"]["query"] == "share p1"
    assert "callback_data" not in button
