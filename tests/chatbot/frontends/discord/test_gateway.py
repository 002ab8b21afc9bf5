"""The connection: heartbeats, cuts, resumes, new sessions."""

from __future__ import annotations

import asyncio

import pytest

from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.frontends.discord.scripted import Script, echo
from tests.chatbot.loopback.discord_gateway import HEARTBEAT, IDENTIFY, RESUME
from tests.chatbot.loopback.discord_server import DiscordServer
from tests.chatbot.loopback.discord_world import GUILD_TEXT, Channel

ON_ANOTHER_SHARD = Channel("601", GUILD_TEXT, guild_id=str(1 << 22))
"""A channel of a server whose events the second of two shards gets."""


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
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        gateway = driver.server.gateway
        gateway.refuses_resume = True
        await gateway.cut()
        await gateway.wait_for(IDENTIFY, count=2)
        await answers(driver, "after")
        assert script.front_end is not None
        assert script.front_end.is_connected


async def test_many_cuts_lose_no_command() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        for number in range(10):
            await driver.server.gateway.cut()
            await answers(driver, str(number))
    assert [each.argument for each in script.commands] == [str(number) for number in range(10)]


def in_a_large_bot() -> DiscordServer:
    """Discord asks for two connections, as it does of bots in thousands of servers."""
    server = DiscordServer(shards=2)
    server.world.channels[ON_ANOTHER_SHARD.id] = ON_ANOTHER_SHARD
    return server


async def test_every_shard_is_served() -> None:
    script = Script(echo)
    async with discord_driver(script.serve, in_a_large_bot()) as driver:
        gateway = driver.server.gateway
        assert sorted(gateway.sessions) == [0, 1]
        there = driver.elsewhere(ON_ANOTHER_SHARD.id)
        await answers(driver, "in private")
        await answers(there, "in a server")
    assert [each.argument for each in script.commands] == ["in private", "in a server"]
    assert [each.place.chat_id for each in script.commands][1] == ON_ANOTHER_SHARD.id


async def test_a_shard_that_is_cut_off_is_resumed_alone() -> None:
    script = Script(echo)
    async with discord_driver(script.serve, in_a_large_bot()) as driver:
        gateway, there = driver.server.gateway, driver.elsewhere(ON_ANOTHER_SHARD.id)
        front_end = script.front_end
        assert front_end is not None
        assert front_end.is_connected
        gateway.holds_resume.clear()
        await gateway.cut(shard=1)
        await gateway.wait_for(RESUME)
        assert not front_end.is_connected
        await answers(driver, "the other one goes on")
        before = len(gateway.sessions[1].events)
        asking = asyncio.create_task(answers(there, "while away"))
        while len(gateway.sessions[1].events) == before:
            await asyncio.sleep(0)
        gateway.holds_resume.set()
        await asking
        assert front_end.is_connected
        assert gateway.count(IDENTIFY) == 2
    assert [each.argument for each in script.commands] == ["the other one goes on", "while away"]
