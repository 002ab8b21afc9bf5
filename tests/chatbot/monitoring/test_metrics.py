from __future__ import annotations

import asyncio
import logging
import time

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chatbot.conversation.messages import Actor, Command, Place, Platform, Responder
from chatbot.monitoring.heartbeat import Heartbeat
from chatbot.monitoring.metrics import ErrorCounter, Metrics, samples
from chatbot.services.gathered import GatheredService
from chatbot.services.newcomers import Newcomers
from storage import Storage
from tests.chatbot.drivers.discord import connected
from tests.chatbot.drivers.telegram import QUICK, serving
from tests.chatbot.frontends.discord.scripted import COMMANDS, Script, echo
from tests.chatbot.loopback.discord_server import TOKEN, DiscordServer
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import TelegramWorld


async def test_a_blocked_loop_is_noticed() -> None:
    told: list[float] = []
    heartbeat = Heartbeat(told.append)
    assert heartbeat.lag is None
    beating = asyncio.create_task(heartbeat.run())
    while not told:
        await asyncio.sleep(0.005)
    time.sleep(0.2)  # blocking the loop is the point
    before = len(told)
    while len(told) == before:
        await asyncio.sleep(0.005)
    beating.cancel()
    assert heartbeat.recently > 0.15
    assert heartbeat.lag is not None
    assert heartbeat.lag.longest == max(told) == heartbeat.recently
    assert heartbeat.lag.median <= heartbeat.lag.p99 <= heartbeat.lag.longest


def test_answers_are_counted_by_status_and_429s_apart() -> None:
    metrics = Metrics()
    count = metrics.response_counter(Platform.DISCORD)
    for status in (200, 200, 429):
        count(status)
    assert samples(metrics.requests, "_total") == [
        ({"platform": "discord", "status": "200"}, 2.0),
        ({"platform": "discord", "status": "429"}, 1.0),
    ]
    assert samples(metrics.rate_limited, "_total") == [({"platform": "discord"}, 1.0)]


def test_errors_are_counted_by_their_class_alone(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    handler = ErrorCounter(metrics)
    logger = logging.getLogger("chatbot.here")
    logger.addHandler(handler)
    try:
        logger.warning("no error")
        logger.error("plain")
        try:
            raise KeyError("somebody's song")
        except KeyError:
            logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
    assert samples(metrics.errors, "_total") == [
        ({"kind": "logged"}, 1.0),
        ({"kind": "KeyError"}, 1.0),
    ]
    assert b"somebody" not in generate_latest(metrics.registry)


async def test_commands_are_timed_and_unknown_words_are_no_label() -> None:
    metrics = Metrics()
    script = Script(lambda _command, _responder: asyncio.sleep(0))
    handler = metrics.timed(script, Platform.CONSOLE)
    place, actor = Place(Platform.CONSOLE, "c", is_private=True), Actor(Platform.CONSOLE, "me")
    responder: Responder = None  # type: ignore[assignment]  # nothing is answered
    for name in ("playlist", "my secret word"):
        await handler.handle(Command(name, "Faded", actor, place, ()), responder)
    assert [labels["command"] for labels, _ in samples(metrics.command_seconds, "_count")] == [
        "playlist",
        "other",
    ]
    text = generate_latest(metrics.registry).decode()
    assert list(text_string_to_metric_families(text))
    assert "secret" not in text
    assert "Faded" not in text


async def test_discord_tells_its_answers_and_whether_it_is_connected() -> None:
    from chatbot.frontends.discord import DiscordFrontEnd

    statuses: list[int] = []
    async with DiscordServer().run() as server:
        front_end = DiscordFrontEnd(
            TOKEN, api_url=server.api_url, gateway_url=server.gateway_url,
            seconds_between_identifies=0.0, retry_seconds=(0.0, 0.0),
            count_response=statuses.append,
        )  # fmt: skip
        assert not front_end.is_connected
        async with connected(front_end, Script(echo).serve):
            assert front_end.is_connected
            assert 200 in statuses
        assert not front_end.is_connected


async def test_telegram_tells_its_answers_and_whether_it_is_connected(storage: Storage) -> None:
    from chatbot.frontends.telegram import TelegramFrontEnd

    statuses: list[int] = []
    async with TelegramServer(TelegramWorld()).running() as server:
        server.fail("getMe", 429, "Too Many Requests: retry after 1", retry_after=1)
        front_end = TelegramFrontEnd(
            server.token, base_url=server.url, tempo=QUICK, count_response=statuses.append
        )
        assert not front_end.is_connected
        script = Script(echo)
        script.gathered = GatheredService(storage, Newcomers(storage), hours=1)
        async with serving(front_end.run(script, COMMANDS), front_end):
            assert front_end.is_connected
            assert 200 in statuses
        assert not front_end.is_connected
    assert statuses.count(429) == 1


def test_the_page_for_operators_names_every_metric() -> None:
    from tests.docs.markdown import read

    page = read("docs/operations.md")
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Metrics().registry.collect()
        if family.name.startswith("songnet_")
    }
    assert not [name for name in names if f"| `{name}` |" not in page]
