"""Another language, as a person reads it on every platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.chatbot.behaviour.conftest import World, open_world
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import TelegramDriver


@pytest_asyncio.fixture
async def discord_world(tmp_path: Path, export: Path) -> AsyncIterator[World]:
    async with open_world("discord", tmp_path / "data", export) as opened:
        yield opened


async def test_a_language_is_chosen_and_spoken_from_then_on(world: World) -> None:
    await world.person.command("/settings")
    await world.person.wait_for(says("Your settings"))
    await world.person.press("Deutsch")
    await world.person.wait_for(says("Deine Einstellungen", "Sprache: Deutsch"))
    await world.person.command("/help")
    help_text = await world.person.wait_for(
        says(
            "Ich lerne aus dem, was du hörst", "/status - Was ich", "So bekommst du deinen Verlauf"
        )
    )
    assert "/playlist Lied 1; Lied 2; Lied 3" in help_text.text
    await world.person.command("/playlist Faded")
    await world.person.wait_for(says("Schick mir zuerst deinen Verlauf"))
    await world.person.command("/forget")
    await world.person.wait_for(says("Alles löschen?"))
    await world.person.press("Alles löschen")
    await world.person.wait_for(says("Ich habe alles gelöscht"))


async def test_words_in_direct_messages_are_answered_as_discord_said_last(
    discord_world: World,
) -> None:
    person = discord_world.person
    assert isinstance(person, DiscordDriver)
    await discord_world.bot.storage.users.resolve(person.platform, person.person)
    person.world.locale = "de"
    await person.command("/help")
    await person.wait_for(says("So bekommst du deinen Verlauf"))
    await person.say("was kannst du?")
    await person.wait_for(says("Für eine Playlist"))


async def test_what_is_told_later_is_told_in_it(world: World) -> None:
    await world.person.command("/settings language=de")
    await world.person.wait_for(says("Deine Einstellungen"))
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/cancel")
    await world.person.wait_for(says("Abgebrochen. Die Datei ist gelöscht"))


async def test_what_a_platform_says_by_itself_is_said_in_it(world: World) -> None:
    await world.person.command("/settings language=de")
    await world.person.wait_for(says("Deine Einstellungen"))
    person = world.person
    if isinstance(person, DiscordDriver):
        posted = await person.world.add_message(person.channel, {"content": "x"}, author="1001")
        await person.use_on_message("Import this file", posted)
        await person.wait_for(says("In dieser Nachricht ist keine Datei"))
    elif isinstance(person, TelegramDriver):
        person.server.world.send_file(person.person, "a.json", b"[]")
        await person.wait_for(lambda seen: "Los" in seen.buttons)
    else:
        await person.command("/import no such file")
        await person.wait_for(says("Eine Datei 'no' gibt es nicht"))
