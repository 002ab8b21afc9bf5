"""Suggestions while one types, options, forms for files, files of a message posted earlier."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    Actor,
    Command,
    CommandSpec,
    OptionSpec,
    PartSpec,
    Reply,
    Responder,
)
from chatbot.frontends.base import FrontEnd
from chatbot.services.completion import Suggestion
from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.frontends.discord.scripted import Script
from tests.chatbot.loopback.discord_world import EPHEMERAL, OTHER_ID, PERSON_ID

OPTIONS = (
    OptionSpec("length", "How many", least=5, most=50),
    OptionSpec("adventure", "How far", values=("familiar", "adventurous")),
)
PLAYLIST = CommandSpec(
    "playlist", "Makes one", argument="songs", options=OPTIONS, argument_is_suggested=True
)
SETTINGS = CommandSpec(
    "settings",
    "What holds",
    argument="choices",
    options=(
        *OPTIONS,
        OptionSpec("language", "Which", values=("en", "de"), shown=("English", "Deutsch")),
        OptionSpec("timezone", "Where"),
    ),
    takes_options_only=True,
)
BLEND = CommandSpec(
    "blend",
    "Makes one together",
    argument="request",
    parts=(PartSpec("people", "Who"), PartSpec("songs", "Songs", is_suggested=True)),
)
IMPORT = CommandSpec("import", "Takes files", takes_files=True, private_only=True)
MENU = "Import this file"


class Suggesting(Script):
    """A conversation that suggests so much of the alphabet."""

    def __init__(self, count: int = 3, label: str = "") -> None:
        super().__init__(read_and_echo)
        self.count = count
        self.label = label

    async def serve(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        await front_end.run(self, (PLAYLIST, SETTINGS, BLEND, IMPORT))

    async def suggest(
        self, actor: Actor, text: str, *, most: int, characters: int
    ) -> list[Suggestion]:
        assert (actor.platform_id, most, characters) == (PERSON_ID, 25, 100)
        return [Suggestion(self.label or f"{text}{n}", f"{text}{n}") for n in range(self.count)]


async def read_and_echo(command: Command, responder: Responder) -> None:
    sizes = [sum([len(c) async for c in file.chunks()]) for file in command.attachments]
    await responder.send(Reply(f"{command.name}|{command.argument}|{sizes}"))


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number}.json" for number in range(10)]
    for number, path in enumerate(made):
        path.write_bytes(b"x" * (number + 1))
    return made


async def test_what_is_typed_is_completed() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        assert await driver.type("/playlist Fad") == [(f"Fad{n}", f"Fad{n}") for n in range(3)]


async def test_typing_a_command_of_an_older_menu_sends_nothing() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        driver.expects_acknowledgement = False
        typed = {"name": "songs", "type": 3, "value": "Fad", "focused": True}
        await driver._interact(4, {"id": "1", "name": "mixtape", "type": 1, "options": [typed]})
        driver.expects_acknowledgement = True
        await driver.command("/playlist Faded")
        await driver.wait_for(lambda seen: seen.text.startswith("playlist|Faded"))
        assert len(await driver.history()) == 1
    assert [command.name for command in script.commands] == ["playlist"]


async def test_no_more_choices_than_discord_takes() -> None:
    async with discord_driver(Suggesting(count=40).serve) as driver:
        assert len(await driver.type("/playlist F")) == 25


async def test_of_a_long_choice_the_end_is_shown() -> None:
    label = "a" * 150 + "; Faded - Alan Walker"
    async with discord_driver(Suggesting(count=1, label=label).serve) as driver:
        ((name, _),) = await driver.type("/playlist F")
    assert name.startswith("…a")
    assert name.endswith("; Faded - Alan Walker")


async def test_a_choice_that_is_too_long_to_be_sent_is_left_out() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        assert await driver.type("/playlist " + "𝔐" * 60) == []


async def test_options_are_words_after_the_argument() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        await driver.slash("playlist", songs="Faded; Alone", length=30, adventure="familiar")
        await driver.wait_for(lambda each: "length=30" in each.text)
    assert script.last.argument == "Faded; Alone length=30 adventure=familiar"


@pytest.mark.parametrize(
    ("name", "given", "argument"),
    [
        ("settings", {}, ""),
        (
            "settings",
            {"length": 30, "language": "de", "timezone": "America/New York"},
            "length=30 language=de timezone=America/New_York",
        ),
        ("blend", {"people": "<@7> @kim", "songs": "Faded; Alone"}, "<@7> @kim Faded; Alone"),
        ("blend", {"songs": "Faded"}, "Faded"),
    ],
)
async def test_fields_of_their_own_become_the_same_argument(
    name: str, given: dict[str, object], argument: str
) -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        await driver.slash(name, **given)
        await driver.wait_for(lambda each: each.text.startswith(name))
    assert script.last.argument == argument


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [("settings", "choices", "length=30"), ("blend", "request", "<@7> Faded; Alone")],
)
async def test_an_older_menus_one_text_is_still_read(name: str, field: str, text: str) -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        written = {"name": field, "type": 3, "value": text}
        data = {"id": "1", "name": name, "type": 1, "options": [written]}
        await driver._interact(2, data)
        await driver.wait_for(lambda each: each.text.startswith(name))
    assert script.last.argument == text


async def test_the_songs_of_several_people_are_completed() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        assert await driver.type("/blend Fad") == [(f"Fad{n}", f"Fad{n}") for n in range(3)]


async def test_a_choice_shows_what_stands_for_it() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        (command,) = (each for each in driver.world.commands if each["name"] == "settings")
    (language,) = (each for each in command["options"] if each["name"] == "language")
    shown = [(choice["name"], choice["value"]) for choice in language["choices"]]
    assert shown == [("English", "en"), ("Deutsch", "de")]


async def test_what_only_one_person_shall_see_stays_with_them() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        public = driver.elsewhere("600")
        await public.slash("playlist", songs="Faded", private=True)
        await public.wait_for(lambda each: "Faded" in each.text)
        (message,) = [each for each in driver.world.messages.values() if not each.is_loading]
        assert message.viewer == PERSON_ID
    assert script.last.place.is_private


async def test_import_without_a_file_opens_a_form_that_takes_ten(paths: list[Path]) -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        await driver.fill_form("/import", *paths)
        await driver.wait_for(lambda each: "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]" in each.text)
        (form,) = [
            call.body["data"]
            for call in driver.server.calls_to("POST", "/interactions/.*")
            if call.body["type"] == 9
        ]
    assert form["components"][0]["component"]["max_values"] == 10
    assert "Extended streaming history" in form["components"][1]["content"]
    # What is larger Discord refuses by itself, before the bot could say what to do.
    assert "up to 10 MB" in form["components"][1]["content"]
    assert [file.name for file in script.last.attachments] == [path.name for path in paths]


async def test_a_form_in_a_server_is_answered_privately(paths: list[Path]) -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        public = driver.elsewhere("600")
        await public.fill_form("/import", *paths[:1])
        await public.wait_for(lambda each: "[1]" in each.text)
        assert {each.viewer for each in driver.world.messages.values()} == {PERSON_ID}
    assert script.last.place.is_private


async def test_a_form_of_an_earlier_run_still_works(paths: list[Path]) -> None:
    server, form = None, None
    async with discord_driver(Suggesting().serve) as driver:
        server = driver.server
        command = next(each for each in driver.world.commands if each["name"] == "import")
        form = await driver._interact(2, driver._slash_data(command, []))
    assert form is not None
    script = Suggesting()
    async with discord_driver(script.serve, server) as driver:
        await driver._send_form(form["data"], [("a.zip", b"abc")])
        await driver.wait_for(lambda each: "[3]" in each.text)


async def test_a_form_that_cannot_be_opened_gives_way_to_an_answer() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        driver.server.fail_next("POST", "/interactions/.*", 400, code=50035)
        driver.expects_acknowledgement = False
        await driver.slash("import")
        await driver.wait_for(lambda each: each.text == "import||[]")


async def post(driver: DiscordDriver, person: str, *files: tuple[str, bytes]) -> DiscordDriver:
    await driver.world.add_message(driver.channel, {}, author=person, files=list(files))
    return driver


def newest(driver: DiscordDriver):
    return max(driver.world.messages.values(), key=lambda each: int(each.payload["id"]))


async def test_a_file_posted_in_public_is_taken_with_a_warning_that_only_its_owner_sees() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        public = await post(driver.elsewhere("600"), PERSON_ID, ("a.zip", b"abc"))
        await public.use_on_message(MENU, newest(driver))
        await public.wait_for(lambda each: "Your file is public" in each.text)
        await public.wait_for(lambda each: "[3]" in each.text)
        answers = [each for each in driver.world.messages.values() if each.payload["author"]["bot"]]
        assert [each.viewer for each in answers] == [PERSON_ID] * 2
        assert all(each.payload["flags"] & EPHEMERAL for each in answers)


async def test_a_file_in_the_direct_messages_is_taken_without_a_warning() -> None:
    async with discord_driver(Suggesting().serve) as driver:
        await post(driver, PERSON_ID, ("a.zip", b"abc"))
        await driver.use_on_message(MENU, newest(driver))
        await driver.wait_for(lambda each: "[3]" in each.text)
        assert len(await driver.history()) == 1


async def test_another_persons_file_is_not_taken() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        public = await post(driver.elsewhere("600"), OTHER_ID, ("a.zip", b"abc"))
        await public.use_on_message(MENU, newest(driver))
        await public.wait_for(lambda each: "another person's" in each.text)
    assert script.commands == []
    assert driver.server.cdn.downloads == []


async def test_a_message_without_a_file() -> None:
    script = Suggesting()
    async with discord_driver(script.serve) as driver:
        await post(driver, PERSON_ID)
        await driver.use_on_message(MENU, newest(driver))
        await driver.wait_for(lambda each: "no file in that message" in each.text)
    assert script.commands == []


async def test_suggestions_that_hang_hold_up_no_command() -> None:
    class Hanging(Suggesting):
        async def suggest(self, *_: object, **__: object) -> list[Suggestion]:
            return await asyncio.Future()

    async with discord_driver(Hanging().serve) as driver:
        typing = asyncio.create_task(driver.type("/playlist x"))
        await asyncio.sleep(0)
        await driver.slash("playlist", songs="x")
        await driver.wait_for(lambda each: "playlist|x" in each.text)
        typing.cancel()
