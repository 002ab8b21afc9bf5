"""The connection: heartbeats, cuts, resumes, new sessions."""

from __future__ import annotations

import pytest

from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.frontends.discord.scripted import Script, echo
from tests.chatbot.loopback.discord_gateway import HEARTBEAT, IDENTIFY, RESUME
from tests.chatbot.loopback.discord_server import DiscordServer


async def answers(driver: DiscordDriver, argument: str) -> None:
    await driver.command(f"/playlist {argument}")
    await driver.wait_for(lambda each: each.text == f"playlist|{argument}")


async def test_the_heart_beats() -> None:
    async with discord_driver(Script(echo).serve, DiscordServer(heartbeat_seconds=0.05)) as driver:
        await driver.server.gateway.wait_for(HEARTBEAT, count=4)


@pytest.mark.parametrize("code", [4000, 1000, 1006])
async def test_a_cut_connection_is_resumed_and_nothing_is_missed(code: int) -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        gateway = driver.server.gateway
        await answers(driver, "before")
        await gateway.cut(code if code != 1006 else 1001)
        await answers(driver, "while away")
        await gateway.wait_for(RESUME)
        assert gateway.count(IDENTIFY) == 1
    assert [each.argument for each in script.commands] == ["before", "while away"]


async def test_a_request_to_reconnect_is_followed() -> None:
    async with discord_driver(Script(echo).serve) as driver:
        await driver.server.gateway.ask_to_reconnect()
        await driver.server.gateway.wait_for(RESUME)
        await answers(driver, "after")


async def test_a_session_that_cannot_be_resumed_is_begun_anew() -> None:
    async with discord_driver(Script(echo).serve) as driver:
        gateway = driver.server.gateway
        gateway.refuses_resume = True
        await gateway.cut()
        await gateway.wait_for(IDENTIFY, count=2)
        await answers(driver, "after")


async def test_many_cuts_lose_no_command() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        for number in range(10):
            await driver.server.gateway.cut()
            await answers(driver, str(number))
    assert [each.argument for each in script.commands] == [str(number) for number in range(10)]
