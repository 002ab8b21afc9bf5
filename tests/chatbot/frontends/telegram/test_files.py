"""Several files become one import, when the person says so."""

from __future__ import annotations

from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_world import Person, Sent

PATIENT = Tempo(gather_seconds=0.05, again_seconds=0.02, edit_seconds_private=0.02)
GERMAN = Person(1003, language="de")


async def shown(bench: Bench, *names: str) -> Sent:
    """The message about the gathered files, as soon as it names these."""

    def find() -> Sent | None:
        return next(
            (m for m in bench.world.messages if all(name in m.text for name in names)), None
        )

    found = await bench.until(find)
    assert isinstance(found, Sent)
    return found


def imported(bench: Bench) -> list[list[str]]:
    return [[file.name for file in command.attachments] for command in bench.script.commands]


async def test_files_sent_one_after_another_are_one_import(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "2019.json", b"a")
        await shown(bench, "2019.json")
        bench.world.send_file(bench.person, "2020.json", b"b")
        message = await shown(bench, "2019.json", "2020.json")
        assert message.text.startswith("2 files so far")
        assert imported(bench) == []
        bench.world.press(bench.person, message, "Start")
        await bench.script.wait_for()
        await bench.until(lambda: bench.world.messages == [])
    assert imported(bench) == [["2019.json", "2020.json"]]


async def test_one_zip_file_begins_at_once(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "my_spotify_data.zip", b"a")
        await bench.script.wait_for()
    assert imported(bench) == [["my_spotify_data.zip"]]
    assert bench.world.messages == []


async def test_without_a_press_the_import_begins_by_itself(bench: Bench) -> None:
    tempo = Tempo(gather_seconds=0.02, start_seconds=0.02)
    async with bench.serving(tempo=tempo):
        for name in ("a.zip", "b.zip"):
            bench.world.send_file(bench.person, name, b"x", album="1")
        await bench.script.wait_for()
    assert imported(bench) == [["a.zip", "b.zip"]]


async def test_dropped_files_are_not_imported(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "a.json", b"a")
        bench.world.press(bench.person, await shown(bench, "a.json"), "Drop them")
        message = await shown(bench, "forgotten these files")
        assert message.buttons == []
    assert imported(bench) == []


async def test_a_start_after_a_restart_says_that_the_files_are_not_there(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "a.json", b"a")
        message = await shown(bench, "a.json")
        bench.world.updates.clear()
    bench.script.commands.clear()
    bench.world.messages.append(message)
    async with bench.serving(tempo=PATIENT):
        bench.world.press(bench.person, message, "Start")
        await shown(bench, "at work already, or gone")
    assert imported(bench) == []


async def test_a_stop_of_the_bot_imports_what_was_gathered(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "a.json", b"a")
        await shown(bench, "a.json")
    assert imported(bench) == [["a.json"]]
