"""The bot as a process of its own, connected to a loopback Discord and a loopback Telegram."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from songnet.demo import write_demo_export
from tests.chatbot.drivers.base import ChatDriver
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import Person, TelegramDriver
from tests.chatbot.loopback.discord_server import TOKEN, DiscordServer
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import TelegramWorld
from tests.end_to_end.bot_process import BotProcess, bot

IDENTIFY = 2
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=1500)
    return path


async def _main_job(person: ChatDriver, export: Path) -> None:
    await person.send_files(export)
    await person.wait_for(lambda seen: "Got my_spotify_data.zip" in seen.text)
    await person.wait_for(lambda seen: "Ready" in seen.text, timeout_seconds=120)
    await person.wait_for(lambda seen: "Here is what I found" in seen.text)
    await person.command(f"/playlist {SEEDS}")
    card = await person.wait_for(lambda seen: len(seen.urls) >= 20)
    assert "20. " in card.text


async def _leave(songnet: BotProcess, token: str) -> None:
    assert await asyncio.to_thread(songnet.terminate) == 0
    assert token not in songnet.errors + songnet.output
    assert "Traceback" not in songnet.errors


async def test_the_main_job_on_discord(export: Path, tmp_path: Path) -> None:
    async with DiscordServer().run() as server:
        environment = {
            "DISCORD_TOKEN": TOKEN,
            "SONGNET_DISCORD_API_URL": server.api_url,
            "SONGNET_LOG_LEVEL": "DEBUG",
        }
        with bot(tmp_path / "data", environment=environment) as songnet:
            async with asyncio.timeout(60):
                while not (server.world.commands and server.gateway.count(IDENTIFY)):
                    await asyncio.sleep(0.05)
            await _main_job(DiscordDriver(server), export)
            await _leave(songnet, TOKEN)
        assert not server.violations


async def test_the_main_job_on_telegram(export: Path, tmp_path: Path) -> None:
    async with TelegramServer(TelegramWorld()).running() as server:
        environment = {
            "TELEGRAM_TOKEN": server.token,
            "SONGNET_TELEGRAM_API_URL": server.url,
            "SONGNET_LOG_LEVEL": "DEBUG",
        }
        with bot(tmp_path / "data", environment=environment) as songnet:
            await _main_job(TelegramDriver(server, Person(1001)), export)
            await _leave(songnet, server.token)
        assert server.violations == []


async def test_a_refused_token_stops_the_start_with_one_line(tmp_path: Path) -> None:
    async with TelegramServer(TelegramWorld()).running() as server:
        environment = {
            "TELEGRAM_TOKEN": "123456:" + "x" * 35,
            "SONGNET_TELEGRAM_API_URL": server.url,
        }
        with bot(tmp_path / "data", environment=environment) as songnet:
            assert await asyncio.to_thread(songnet.wait_for_end, 60) == 1
        told = [line for line in songnet.errors.splitlines() if line.startswith("songnet: ")]
        assert len(told) == 1
        assert "x" * 35 not in songnet.errors
