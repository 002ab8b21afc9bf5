"""Short private words to whoever pressed a button are theirs alone, wherever it was pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatbot.conversation import playlist_refusals
from chatbot.conversation.language import languages, speaking
from chatbot.conversation.messages import (
    Button,
    Command,
    Document,
    Message,
    PlaylistCard,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.telegram.presses import ALERT_UNITS, alert_text
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_server import Request
from tests.chatbot.loopback.telegram_world import BOT_NAME, Person, Sent

GROUP = -1001234
STRANGER = Person(1002)
"""Who never started a chat with the bot."""
REFUSAL = Reply("That is <not> yours.", private=True)
LONG = Reply("yours " * 40, private=True)


@asynccontextmanager
async def pressed(
    bench: Bench, *answers: Message, clock: ManualClock | None = None
) -> AsyncIterator[None]:
    """A stranger has pressed another person's button in a group, and hears `answers`."""

    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "playlist":
            await responder.send(Reply("for all", buttons=((Button("Delete", "card"),),)))
            return
        for each in answers:
            await responder.send(each)

    bench.script.answer = bench.script.answer or answer
    bench.world.add_group(GROUP)
    async with bench.serving(**({} if clock is None else {"clock": clock})):
        bench.world.say(bench.person, f"/playlist@{BOT_NAME} a", chat_id=GROUP)
        await bench.until(lambda: bench.world.messages)
        bench.world.press(STRANGER, bench.world.messages[0], "Delete")
        await bench.script.wait_for(2)
        yield


async def ended(bench: Bench) -> list[Request]:
    """The answers to presses, when everything is handled."""
    await bench.until(lambda: bench.world.updates == [])
    return bench.server.of("answerCallbackQuery")


def alerts(bench: Bench) -> list[tuple[int, str]]:
    return [(alert.chat_id, alert.text) for alert in bench.world.alerts]


def texts(bench: Bench, chat_id: int) -> list[str]:
    return [message.text for message in bench.world.in_chat(chat_id)]


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_refusal_is_for_whoever_pressed_and_leaves_nothing_in_the_group(
    bench: Bench, is_known: bool
) -> None:
    if is_known:
        bench.world.started.add(STRANGER.id)
    async with pressed(bench, REFUSAL):
        (answered,) = await ended(bench)
    assert answered.parameters["show_alert"] == "true"
    assert alerts(bench) == [(STRANGER.id, "That is <not> yours.")]
    assert texts(bench, GROUP) == ["for all"]
    assert texts(bench, STRANGER.id) == []


async def test_what_is_for_everybody_is_no_alert(bench: Bench) -> None:
    async with pressed(bench, Reply("short")):
        assert len(await ended(bench)) == 1
    assert alerts(bench) == []
    assert texts(bench, GROUP) == ["for all", "short"]


async def test_what_does_not_fit_goes_to_the_private_chat(bench: Bench) -> None:
    bench.world.started.add(STRANGER.id)
    async with pressed(bench, LONG):
        assert len(await ended(bench)) == 1
    assert alerts(bench) == []
    assert texts(bench, STRANGER.id) == [LONG.text.strip()]


async def test_who_never_started_gets_the_way_to_what_does_not_fit(bench: Bench) -> None:
    async with pressed(bench, LONG):
        await ended(bench)
    assert alerts(bench) == []
    assert "private chat" in texts(bench, GROUP)[-1]


async def test_telegram_takes_one_answer_and_more_words_go_to_the_private_chat(
    bench: Bench,
) -> None:
    bench.world.started.add(STRANGER.id)
    async with pressed(bench, REFUSAL, Reply("and more", private=True)):
        assert len(await ended(bench)) == 1
    assert alerts(bench) == [(STRANGER.id, "That is <not> yours.")]
    assert texts(bench, STRANGER.id) == ["and more"]


async def test_words_of_which_the_alert_failed_go_another_way(bench: Bench) -> None:
    bench.world.started.add(STRANGER.id)
    bench.server.fail("answerCallbackQuery", 400, "Bad Request: query is too old")
    async with pressed(bench, REFUSAL):
        await ended(bench)
    assert alerts(bench) == []
    assert texts(bench, STRANGER.id) == ["That is <not> yours."]


async def test_a_press_is_acknowledged_when_its_command_takes_long(
    bench: Bench, clock: ManualClock
) -> None:
    release = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "playlist":
            await responder.send(Reply("for all", buttons=((Button("Delete", "card"),),)))
            return
        await release.wait()
        await responder.send(REFUSAL)

    bench.script.answer = answer
    bench.world.started.add(STRANGER.id)
    async with pressed(bench, clock=clock):
        await clock.wait_for_sleepers(1)
        assert bench.server.of("answerCallbackQuery") == []
        clock.advance(3)
        await bench.until(lambda: bench.server.of("answerCallbackQuery"))
        release.set()
        await bench.until(lambda: texts(bench, STRANGER.id))
        assert len(await ended(bench)) == 1
    assert alerts(bench) == []
    assert texts(bench, GROUP) == ["for all"]


async def test_a_press_is_acknowledged_although_its_command_says_nothing(bench: Bench) -> None:
    async with pressed(bench):
        (answered,) = await ended(bench)
    assert "text" not in answered.parameters


async def test_words_below_a_message_of_inline_mode_are_for_whoever_pressed(bench: Bench) -> None:
    async def answer(_command: Command, responder: Responder) -> None:
        await responder.send(REFUSAL)

    bench.script.answer = answer
    keyboard = [[{"text": "Delete", "callback_data": "card"}]]
    bench.world.inline["inline-1"] = Sent(0, 0, "for all", "for all", [], keyboard)
    async with bench.serving():
        bench.world.press_inline(STRANGER, "inline-1", "Delete")
        await bench.until(lambda: bench.server.of("answerCallbackQuery"))
    assert alerts(bench) == [(STRANGER.id, "That is <not> yours.")]
    assert bench.world.messages == []


def test_the_refusal_fits_in_every_language() -> None:
    for language in languages():
        with speaking(language):
            assert alert_text(playlist_refusals.not_yours()) is not None, language


def test_title_and_text_stand_apart() -> None:
    assert alert_text(Reply("text", title="Title", private=True)) == "Title\n\ntext"


@pytest.mark.parametrize(
    "message",
    [
        Reply("for all"),
        Reply("", private=True),
        Reply("https://example.org", private=True),
        Reply("choose", buttons=((Button("A", "a"),),), private=True),
        Reply("a file", document=Document("a.txt", Path("a.txt")), private=True),
        Reply("for her", addressed=("@ada",), private=True),
        Reply("🎵" * (ALERT_UNITS // 2 + 1), private=True),
        Progress("Reading"),
        PlaylistCard("Yours", (), private=True),
    ],
)
def test_what_an_alert_cannot_show_whole_is_none(message: Message) -> None:
    assert alert_text(message) is None


def test_what_just_fits_is_an_alert() -> None:
    assert alert_text(Reply("x" * ALERT_UNITS, private=True)) == "x" * ALERT_UNITS
