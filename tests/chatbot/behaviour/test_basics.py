"""Finding one's way, as a person sees it on every platform."""

from __future__ import annotations

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


async def test_help_shows_the_commands_and_how_to_get_the_export(world: World) -> None:
    await world.person.command("/help")
    await world.person.wait_for(
        says("/playlist", "/import", "/forget", "Extended streaming history", "30 days")
    )


async def test_import_without_a_file_tells_how(world: World) -> None:
    await world.person.command("/import")
    told = await world.person.wait_for(says("Send me the file", "Request data"))
    limits = {
        "console": "/import PATH",
        "discord": "up to 10 MB here",
        "telegram": "up to 20 MB here",
    }
    assert limits[world.person.platform] in told.text
    assert ("unpack it" in told.text) == ("MB here" in limits[world.person.platform])
    assert ("/import PATH" in told.text) == (world.person.platform == "console")


async def test_status_of_a_stranger(world: World) -> None:
    await world.person.command("/status")
    await world.person.wait_for(says("nothing of yours yet"))


async def test_status_of_a_person_with_a_model(learned: World) -> None:
    await learned.person.command("/status")
    await learned.person.wait_for(says("I know", "plays of", "I last learned from them"))


async def test_status_during_an_import(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/status")
    await world.person.wait_for(says("Where we stand", "Reading"))


async def test_cancel_with_nothing_to_cancel(world: World) -> None:
    await world.person.command("/cancel")
    await world.person.wait_for(says("nothing running"))


async def test_an_unknown_command_gets_a_suggestion(world: World) -> None:
    await world.person.command("/playlst Faded")
    await world.person.wait_for(says("Did you mean /playlist"))


async def test_help_tells_how_to_get_the_export_of_a_service(world: World) -> None:
    await world.person.command("/help apple")
    await world.person.wait_for(says("privacy.apple.com"))


async def test_help_about_something_else_names_what_there_is(world: World) -> None:
    await world.person.command("/help netflix")
    await world.person.wait_for(says("netflix", "/help apple"))


async def test_help_has_a_button_for_each_service(world: World) -> None:
    await world.person.command("/help")
    await world.person.wait_for(lambda seen: "Apple Music" in seen.buttons)
    await world.person.press("Apple Music")
    await world.person.wait_for(says("privacy.apple.com"))


async def test_a_blend_where_nobody_else_is_says_where_to_ask(world: World) -> None:
    await world.person.command("/blend @someone Faded")
    await world.person.wait_for(says("ask for it in a group"))
    await world.person.command("/blend Faded")
    await world.person.wait_for(says("/blend @someone Faded; Animals"))
