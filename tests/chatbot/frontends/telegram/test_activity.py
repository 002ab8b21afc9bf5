"""'typing' while a command takes its time, and never after its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chatbot.conversation.messages import Button, Command, Reply, Responder
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import Bench, settle
from tests.chatbot.loopback.telegram_world import BOT_NAME

GROUP = -1001234


@asynccontextmanager
async def asked(
    bench: Bench, clock: ManualClock, text: str = "/playlist a", chat_id: int | None = None
) -> AsyncIterator[asyncio.Event]:
    """Somebody asks for something that is answered when the event is set."""
    may_answer = asyncio.Event()

    async def answer(_command: Command, responder: Responder) -> None:
        await may_answer.wait()
        await responder.send(Reply("here"))

    bench.script.answer = answer
    bench.world.add_group(GROUP)
    async with bench.serving(clock=clock):
        bench.world.say(bench.person, text, chat_id=chat_id)
        await bench.script.wait_for()
        yield may_answer
        may_answer.set()
        await bench.until(lambda: bench.world.messages)


def told(bench: Bench) -> list[tuple[str, str]]:
    return [
        (request.parameters["chat_id"], request.parameters["action"])
        for request in bench.server.of("sendChatAction")
    ]


async def until_told(bench: Bench, count: int) -> None:
    await bench.until(lambda: len(bench.server.of("sendChatAction")) >= count)


async def test_a_command_that_takes_longer_shows_typing_every_five_seconds(
    bench: Bench, clock: ManualClock
) -> None:
    async with asked(bench, clock):
        await clock.wait_for_sleepers(1)
        assert clock.sleeping == [0.5]
        clock.advance(0.5)
        await until_told(bench, 1)
        await clock.wait_for_sleepers(1)
        assert clock.sleeping == [5.0]
        clock.advance(5)
        await until_told(bench, 2)
    assert told(bench) == [("1001", "typing")] * 2


async def test_what_is_answered_at_once_shows_nothing(bench: Bench, clock: ManualClock) -> None:
    async with asked(bench, clock) as may_answer:
        may_answer.set()
        await bench.until(lambda: bench.world.messages)
        clock.advance(60)
    assert told(bench) == []


async def test_nothing_is_shown_after_the_answer(bench: Bench, clock: ManualClock) -> None:
    async with asked(bench, clock) as may_answer:
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await until_told(bench, 1)
        may_answer.set()
        await bench.until(lambda: bench.world.messages)
        clock.advance(60)
    methods = [request.method for request in bench.server.requests]
    assert methods.index("sendMessage") > methods.index("sendChatAction")
    assert methods.count("sendChatAction") == 1


async def test_an_answer_waits_for_a_typing_that_is_on_its_way(
    bench: Bench, clock: ManualClock
) -> None:
    arrived, go_on = bench.server.hold("sendChatAction")
    async with asked(bench, clock) as may_answer:
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await arrived.wait()
        may_answer.set()
        await clock.wait_for_sleepers(1)
        assert bench.server.of("sendMessage") == []
        go_on.set()
        await bench.until(lambda: bench.world.messages)


async def test_an_answer_waits_a_second_at_most(bench: Bench, clock: ManualClock) -> None:
    arrived, go_on = bench.server.hold("sendChatAction")
    async with asked(bench, clock) as may_answer:
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await arrived.wait()
        may_answer.set()
        await clock.wait_for_sleepers(1)
        clock.advance(1)
        await bench.until(lambda: bench.world.messages)
        go_on.set()


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_that_it_cannot_be_shown_does_no_harm(
    bench: Bench, clock: ManualClock, status: int
) -> None:
    more = {"retry_after": 3} if status == 429 else {}
    bench.server.fail("sendChatAction", status, "No", **more)
    async with asked(bench, clock):
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await until_told(bench, 1)
    assert [message.text for message in bench.world.messages] == ["here"]
    assert bench.script.errors == []


async def test_a_chat_in_which_telegram_asked_for_a_pause_is_not_told(
    bench: Bench, clock: ManualClock
) -> None:
    bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=17)
    async with bench.serving(clock=clock) as front_end:
        may_end = asyncio.Event()

        async def answer(_command: Command, _responder: Responder) -> None:
            await may_end.wait()

        bench.script.answer = answer
        bench.world.say(bench.person, "/playlist a")
        await bench.script.wait_for()
        posting = asyncio.create_task(front_end.post(str(bench.person.id), Reply("b")))
        await clock.wait_for_sleepers(2)
        clock.advance(0.5)
        await settle()
        assert (clock.sleeping, told(bench)) == ([5.0, 16.5], [])
        clock.advance(17)
        await posting
        may_end.set()
    assert [message.text for message in bench.world.messages] == ["b"]


async def test_in_a_group_a_public_answer_is_announced(bench: Bench, clock: ManualClock) -> None:
    async with asked(bench, clock, f"/playlist@{BOT_NAME} a", GROUP):
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await until_told(bench, 1)
    assert told(bench) == [(str(GROUP), "typing")]


async def test_in_a_group_a_private_answer_is_not_announced(
    bench: Bench, clock: ManualClock
) -> None:
    async with asked(bench, clock, f"/status@{BOT_NAME}", GROUP):
        assert clock.sleeping == []
    assert told(bench) == []


async def test_a_picture_is_announced_as_one(bench: Bench, clock: ManualClock) -> None:
    async with asked(bench, clock, "/stats"):
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await until_told(bench, 1)
    assert told(bench) == [("1001", "upload_photo")]


async def test_a_pressed_button_is_announced_too(bench: Bench, clock: ManualClock) -> None:
    async with bench.serving(clock=clock) as front_end:
        bench.world.started.add(bench.person.id)
        buttons = ((Button("Picture", "picture", "1"),),)
        await front_end.post(str(bench.person.id), Reply("card", buttons=buttons))
        may_end = asyncio.Event()

        async def answer(_command: Command, _responder: Responder) -> None:
            await may_end.wait()

        bench.script.answer = answer
        bench.world.press(bench.person, bench.world.messages[0], "Picture")
        await bench.script.wait_for()
        await clock.wait_for_sleepers(1)
        clock.advance(0.5)
        await until_told(bench, 1)
        may_end.set()
    assert told(bench) == [("1001", "upload_photo")]
