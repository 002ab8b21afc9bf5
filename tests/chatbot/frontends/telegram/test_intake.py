"""What a death of the bot leaves at Telegram, and webhooks."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from telegram import Update

from chatbot.conversation.messages import Command, Reply, Responder
from chatbot.frontends.base import FrontEndRefused
from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.timing import Tempo
from chatbot.frontends.telegram.webhook import SECRET_HEADER, WebhookSettings, secret_of
from tests.chatbot.frontends.telegram.conftest import COMMANDS, Bench, settle
from tests.chatbot.loopback.telegram_server import TOKEN
from tests.chatbot.loopback.telegram_world import Person

SECRET = secret_of(TOKEN)
HASTY = Tempo(stop_seconds=0.05, again_seconds=0.02, messages_a_second=1000)


# ---- polling


async def test_a_command_is_confirmed_only_when_it_is_answered(bench: Bench) -> None:
    release = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        await release.wait()
        await responder.send(Reply("done"))

    bench.script.answer = answer
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for()
        asked = len(bench.server.of("getUpdates"))
        await bench.until(lambda: len(bench.server.of("getUpdates")) > asked + 2)
        assert len(bench.world.updates) == 1, "a bot that is killed now gets it once more"
        release.set()
        await bench.until(lambda: bench.world.updates == [])
    assert len(bench.script.commands) == 1
    assert [message.text for message in bench.world.messages] == ["done"]


async def test_a_command_that_was_cut_off_is_answered_by_the_next_run(bench: Bench) -> None:
    async def hang(_command: Command, _responder: Responder) -> None:
        await asyncio.Event().wait()

    async def answer(_command: Command, responder: Responder) -> None:
        await responder.send(Reply("done"))

    bench.script.answer = hang
    async with bench.serving(tempo=HASTY):
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for()
    bench.script.answer = answer
    async with bench.serving(tempo=HASTY):
        await bench.until(lambda: [message.text for message in bench.world.messages] == ["done"])
        await bench.until(lambda: bench.world.updates == [])


async def test_a_file_that_was_being_gathered_is_there_for_the_next_run(bench: Bench) -> None:
    async with bench.serving():
        bench.world.send_file(bench.person, "a.zip", b"a")
        await bench.until(lambda: len(bench.server.of("getUpdates")) > 1)
        assert len(bench.world.updates) == 1
        await bench.script.wait_for()


async def test_one_that_hangs_does_not_keep_many_away(bench: Bench) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "help":
            await asyncio.Event().wait()
        await responder.send(Reply(command.argument))

    bench.script.answer = answer
    async with bench.serving(tempo=HASTY):
        bench.world.say(bench.person, "/help")
        for number in range(150):  # Telegram hands out a hundred at a time
            bench.world.say(Person(2000 + number), f"/playlist {number}")
        await bench.until(lambda: len(bench.world.messages) == 150)
    assert sorted(int(message.text) for message in bench.world.messages) == list(range(150))


def updates(*numbers: int) -> list[Update]:
    return [Update(number) for number in numbers]


async def test_an_update_that_comes_again_is_handled_once() -> None:
    handled: list[int] = []
    gate = asyncio.Event()

    async def handle(update: Update) -> None:
        handled.append(update.update_id)
        if update.update_id == 1:
            await gate.wait()

    intake = Intake(handle)
    assert intake.offset is None
    assert intake.take(updates(1, 2, 3), None) == 3
    await settle()
    assert intake.take(updates(1, 2, 3, 4), 1) == 1
    await settle()
    assert (handled, intake.offset) == ([1, 2, 3, 4], 1)
    gate.set()
    await settle()
    assert intake.is_idle
    assert intake.offset == 5
    assert intake.take(updates(1, 4), 1) == 0, "an answer to a question from before the end"


# ---- webhooks


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def webhook(bench: Bench) -> AsyncIterator[str]:
    """A bot behind a proxy that has ended TLS; yields where the proxy hands on to."""
    port = free_port()
    settings = WebhookSettings("https://bot.example.org/telegram", port=port)
    async with bench.serving(webhook=settings, tempo=HASTY):
        await bench.until(lambda: bench.server.webhook)
        yield f"http://127.0.0.1:{port}/telegram"


async def deliver(url: str, update: Any, secret: str = SECRET) -> int:
    headers = {SECRET_HEADER: secret} if secret else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=json.dumps(update), headers=headers) as response,
    ):
        return response.status


def said(bench: Bench, text: str) -> dict[str, Any]:
    bench.world.say(bench.person, text)
    return bench.world.updates.pop()


async def test_what_telegram_sends_is_answered(bench: Bench) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply(command.argument))

    bench.script.answer = answer
    async with webhook(bench) as url:
        update = said(bench, "/playlist Faded")
        assert await deliver(url, update) == 200
        assert [message.text for message in bench.world.messages] == ["Faded"]
    assert bench.server.of("getUpdates") == []
    registered = bench.server.webhook
    assert registered["url"] == "https://bot.example.org/telegram"
    assert registered["secret_token"] == SECRET
    assert json.loads(registered["allowed_updates"]) == [
        "message",
        "callback_query",
        "inline_query",
    ]


@pytest.mark.parametrize("secret", ["", "wrong", f"{SECRET}x"])
async def test_what_others_send_is_refused(bench: Bench, secret: str) -> None:
    async with webhook(bench) as url:
        assert await deliver(url, said(bench, "/help"), secret) == 403
    assert bench.script.commands == []


@pytest.mark.parametrize("body", [[], "x", {"no": "update"}])
async def test_what_is_no_update_is_refused(bench: Bench, body: Any) -> None:
    async with webhook(bench) as url:
        assert await deliver(url, body) == 400


async def test_a_command_that_was_cut_off_is_left_to_telegram(bench: Bench) -> None:
    async def hang(_command: Command, _responder: Responder) -> None:
        await asyncio.Event().wait()

    bench.script.answer = hang
    async with webhook(bench) as url:
        delivering = asyncio.create_task(deliver(url, said(bench, "/help")))
        await bench.script.wait_for()
    assert await delivering == 503


async def test_an_address_that_telegram_does_not_take_is_told(bench: Bench) -> None:
    bench.server.fail("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided")
    settings = WebhookSettings("http://bot.example.org/", port=free_port())
    front_end = bench.front_end(webhook=settings)
    with pytest.raises(FrontEndRefused, match=r"WEBHOOK_URL.*https url must be provided"):
        await front_end.run(bench.script, COMMANDS)


async def test_a_port_that_is_taken_is_told(bench: Bench) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = WebhookSettings("https://x.org/", port=taken.getsockname()[1])
        with pytest.raises(FrontEndRefused, match="WEBHOOK_PORT"):
            await bench.front_end(webhook=settings).run(bench.script, COMMANDS)


async def test_polling_takes_an_earlier_webhook_away(bench: Bench) -> None:
    async with webhook(bench):
        pass
    async with bench.serving():
        assert bench.server.webhook == {}
