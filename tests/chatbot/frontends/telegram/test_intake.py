"""What a death of the bot leaves at Telegram, and webhooks."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from telegram import Update

from chatbot import logs
from chatbot.conversation.messages import Command, Reply, Responder
from chatbot.frontends.base import FrontEndRefused
from chatbot.frontends.telegram import attempts as attempts_module
from chatbot.frontends.telegram.attempts import Attempts
from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.timing import Tempo
from chatbot.frontends.telegram.webhook import SECRET_HEADER, WebhookSettings, secret_of
from tests.chatbot.frontends.telegram.clock import ManualClock
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


@pytest.mark.parametrize("unreadable", [0, 2])
async def test_one_that_hangs_does_not_keep_many_away(bench: Bench, unreadable: int) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "help":
            await asyncio.Event().wait()
        await responder.send(Reply(command.argument))

    bench.script.answer = answer
    async with bench.serving(tempo=replace(HASTY, hanging_seconds=0.05)):
        bench.world.say(bench.person, "/help")
        for _ in range(unreadable):
            bench.world.add_update({"message": {"text": "no chat, no date"}})
        for number in range(150):  # Telegram hands out a hundred at a time
            bench.world.say(Person(2000 + number), f"/playlist {number}")
        await bench.until(lambda: len(bench.world.messages) == 150)
    assert sorted(int(message.text) for message in bench.world.messages) == list(range(150))


async def test_of_many_slow_ones_a_stop_loses_none(bench: Bench) -> None:
    async def hang(_command: Command, _responder: Responder) -> None:
        await asyncio.Event().wait()

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply(command.argument))

    bench.script.answer = hang
    for number in range(150):
        bench.world.say(Person(2000 + number), f"/playlist {number}")
    async with bench.serving(tempo=HASTY):
        await bench.script.wait_for(100)
        asked = len(bench.server.of("getUpdates"))
        await bench.until(lambda: len(bench.server.of("getUpdates")) > asked + 5)
    bench.script.answer = answer
    async with bench.serving(tempo=HASTY):
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


# ---- updates that kill the bot


async def run_that_dies(journal: Path, killer: int, numbers: tuple[int, ...]) -> list[int]:
    """A run that ends as soon as it handles one update; returns what it had begun with."""
    begun: list[int] = []
    died = asyncio.Event()

    async def handle(update: Update) -> None:
        begun.append(update.update_id)
        if update.update_id == killer:
            shutil.copy(journal, journal.with_suffix(".left"))  # as it stands at this moment
            died.set()
            await asyncio.Event().wait()

    intake = Intake(handle, Attempts(journal, most=3))
    intake.take(updates(*numbers), None)
    while not died.is_set() and not intake.is_idle:
        await settle()
    await intake.stop()
    if died.is_set():
        journal.with_suffix(".left").replace(journal)
    return begun


async def test_an_update_that_kills_the_bot_is_left_out_at_last(tmp_path: Path) -> None:
    journal = tmp_path / "updates"
    for _ in range(3):
        assert 5 in await run_that_dies(journal, 5, (5, 6))
    assert await run_that_dies(journal, 5, (5, 6)) == [6]


async def test_what_was_answered_beside_one_that_kills_is_not_answered_again(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "updates"
    assert await run_that_dies(journal, 6, (5, 6)) == [5, 6]
    assert await run_that_dies(journal, 6, (5, 6)) == [6]


async def test_what_an_orderly_stop_cut_off_is_handled_by_the_next_run(tmp_path: Path) -> None:
    journal = tmp_path / "updates"
    begun: list[int] = []

    async def hang(update: Update) -> None:
        begun.append(update.update_id)
        await asyncio.Event().wait()

    for _ in range(2):
        intake = Intake(hang, Attempts(journal, most=3))
        intake.take(updates(1), None)
        await settle()
        await intake.stop()
    assert begun == [1, 1]


async def test_several_updates_that_kill_are_left_out_one_after_the_other(tmp_path: Path) -> None:
    journal, killers, deaths = tmp_path / "updates", (5, 6, 7), 0
    while begun := await run_that_dies(journal, 0, ()) or [
        number for number in killers if Attempts(journal, most=3).of(number) < 3
    ]:
        await run_that_dies(journal, begun[0], killers)
        deaths += 1
    assert deaths == 9


async def test_what_was_only_there_is_answered(tmp_path: Path) -> None:
    journal = tmp_path / "updates"
    journal.write_text("".join(f"+{number}\n" for number in range(1, 10)))  # all at once, and death
    # Now one at a time, so that all come to their end but the one that kills.
    assert await run_that_dies(journal, 3, tuple(range(1, 10))) == [1, 2, 3]
    assert await run_that_dies(journal, 3, tuple(range(3, 10))) == [3]
    assert await run_that_dies(journal, 3, tuple(range(3, 10))) == list(range(4, 10))


async def test_an_orderly_stop_counts_for_nothing(tmp_path: Path) -> None:
    async def hang(_update: Update) -> None:
        await asyncio.Event().wait()

    for _ in range(5):
        intake = Intake(hang, Attempts(tmp_path / "updates", most=3))
        intake.take(updates(1), None)
        await settle()
        await intake.stop()
    assert Attempts(tmp_path / "updates", most=3).of(1) == 0


@pytest.mark.parametrize(
    ("content", "count"), [("", 0), ("+1\n+", 1), ("x\n-\n+a\n+1\n", 1), ("\xff\n+1\n+1\n", 2)]
)
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(
    tmp_path: Path, content: str, count: int
) -> None:
    journal = tmp_path / "updates"
    journal.write_bytes(content.encode("latin-1"))
    assert Attempts(journal, most=3).of(1) == count


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts_module, "MOST_LINES", 10)
    monkeypatch.setattr(attempts_module, "MOST_REMEMBERED", 5)
    attempts = Attempts(tmp_path / "updates", most=3)
    attempts.begin(1)
    for number in range(2, 100):
        attempts.begin(number)
        attempts.end(number, answered=True)
    assert len((tmp_path / "updates").read_text().splitlines()) <= 10
    assert Attempts(tmp_path / "updates", most=3).of(1) == 1


def test_a_disk_that_cannot_be_written_keeps_nobody_waiting(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path / "no such folder" / "updates", most=3)
    assert attempts.begin(1)
    attempts.end(1, answered=True)


async def test_an_update_that_cannot_be_read_keeps_no_other_away(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    logs.quiet_libraries()
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for()
        bench.world.add_update({"message": {"text": "to nobody else"}})  # no chat, no date
        broken = bench.world.updates[-1]["update_id"]
        bench.world.say(bench.person, "/status")
        await bench.script.wait_for(2)
        await bench.until(lambda: bench.world.updates == [])
    assert [command.name for command in bench.script.commands] == ["help", "status"]
    assert f"update {broken} is left out" in caplog.text
    assert "to nobody else" not in caplog.text


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
        "chosen_inline_result",
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


async def test_telegram_is_told_the_address_when_it_can_be_reached(
    bench: Bench, clock: ManualClock
) -> None:
    bench.server.fail("setWebhook", 502, "Bad Gateway")
    settings = WebhookSettings("https://bot.example.org/telegram", port=free_port())
    front_end = bench.front_end(webhook=settings, clock=clock)
    running = asyncio.create_task(front_end.run(bench.script, COMMANDS))
    await clock.wait_for_sleepers(1)
    assert not bench.server.webhook
    clock.advance(60)
    await bench.until(lambda: bench.server.webhook)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_cannot_be_read_telegram_does_not_send_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async with webhook(bench) as url:
        assert await deliver(url, {"update_id": 7, "message": {"text": "to nobody else"}}) == 200
    assert "update 7 is left out" in caplog.text
    assert "to nobody else" not in caplog.text


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
