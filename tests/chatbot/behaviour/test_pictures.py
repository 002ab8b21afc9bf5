"""Pictures, as a person gets them on every platform."""

from __future__ import annotations

import pytest

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.telegram import TelegramDriver


async def test_stats_are_one_picture(learned: World) -> None:
    await learned.person.command("/stats")
    seen = await learned.person.wait_for(lambda seen: bool(seen.documents))
    assert "Times are those of UTC" in seen.text
    assert (await learned.person.read_document(seen.documents[0])).startswith(b"\x89PNG")


async def test_on_telegram_stats_are_a_photo_in_the_chat(learned: World) -> None:
    if not isinstance(learned.person, TelegramDriver):
        pytest.skip("others know no photos")
    await learned.person.command("/stats")
    await learned.person.wait_for(lambda seen: bool(seen.documents))
    assert learned.person.server.world.messages[-1].is_photo


async def test_a_stranger_is_told_how_to_begin(world: World) -> None:
    await world.person.command("/stats")
    await world.person.wait_for(says("Send me your history first"))


async def test_whose_first_import_is_being_read_is_not_asked_for_it_again(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/stats")
    await world.person.wait_for(says("I am still learning from your history"))
