"""Files that wait for a press of 'Start' outlive the bot, and nothing else does."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from chatbot.conversation.messages import Command, Responder
from chatbot.services.gathered import GatheredService
from chatbot.services.newcomers import Newcomers
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.frontends.telegram.test_files import PATIENT, imported, shown
from tests.chatbot.loopback.telegram_world import Person, Sent

ALL = ["2019.json", "2020.json"]
IMPATIENT = replace(PATIENT, start_seconds=0.05)


async def gathered(bench: Bench, *names: str) -> Sent:
    """The message about files that were sent one after another."""
    for name in names:
        bench.world.send_file(bench.person, name, name.encode())
        message = await shown(bench, name)
    await bench.until(lambda: bench.world.updates == [])  # they are confirmed
    return message


async def is_as_new(bench: Bench) -> None:
    """Returns when nothing waits, and nobody is known."""
    async with asyncio.timeout(10):
        while await bench.storage.gathered.owners() or await bench.storage.keys.user_ids():
            await asyncio.sleep(0.01)


async def hang(_command: Command, _responder: Responder) -> None:
    await asyncio.Event().wait()


async def test_a_start_after_a_kill_imports_the_files_that_were_shown(bench: Bench) -> None:
    async with bench.killed(tempo=PATIENT):
        message = await gathered(bench, *ALL)
    async with bench.serving(tempo=PATIENT):
        bench.world.press(bench.person, message, "Start")
        (command,) = await bench.script.wait_for()
        contents = [
            b"".join([piece async for piece in file.chunks()]) for file in command.attachments
        ]
        await bench.until(lambda: bench.world.messages == [])
    assert imported(bench) == [ALL]
    assert contents == [name.encode() for name in ALL]
    assert (command.actor.platform_id, command.actor.locale) == ("1001", "en")
    assert command.place.is_private


async def test_after_a_kill_one_more_file_joins_the_same_message(bench: Bench) -> None:
    async with bench.killed(tempo=PATIENT):
        message = await gathered(bench, *ALL)
    async with bench.serving(tempo=PATIENT):
        bench.world.send_file(bench.person, "2021.json", b"c")
        joined = await shown(bench, *ALL, "2021.json")
        assert joined.message_id == message.message_id
        bench.world.press(bench.person, joined, "Start")
        await bench.script.wait_for()
    assert imported(bench) == [[*ALL, "2021.json"]]


async def test_after_a_kill_the_import_begins_by_itself_too(bench: Bench) -> None:
    async with bench.killed(tempo=PATIENT):
        await gathered(bench, *ALL)
    async with bench.serving(tempo=IMPATIENT):
        await bench.script.wait_for()
        await bench.until(lambda: bench.world.messages == [])
    assert imported(bench) == [ALL]


async def test_two_peoples_files_stay_apart_over_a_kill(bench: Bench) -> None:
    other = Person(1002)
    async with bench.killed(tempo=PATIENT):
        message = await gathered(bench, "mine.json")
        bench.world.send_file(other, "yours.json", b"y")
        await shown(bench, "yours.json")
    async with bench.serving(tempo=PATIENT):
        bench.world.press(bench.person, message, "Start")
        await bench.script.wait_for()
        assert imported(bench) == [["mine.json"]]
        bench.world.press(other, await shown(bench, "yours.json"), "Drop them")
        await shown(bench, "forgotten these files")


async def test_files_that_were_kept_and_not_shown_are_shown_by_the_next_run(bench: Bench) -> None:
    bench.server.fail("sendMessage", 502, "Bad Gateway")
    async with bench.killed(tempo=PATIENT):
        for name in ALL:
            bench.world.send_file(bench.person, name, b"x")
        await bench.until(lambda: bench.server.of("sendMessage"))
        assert len(bench.world.updates) == len(ALL)
    async with bench.serving(tempo=PATIENT):
        message = await shown(bench, *ALL)
        assert message.text.startswith("2 files so far"), "Telegram hands them out again as well"
        await bench.until(lambda: bench.world.updates == [])
        bench.world.press(bench.person, message, "Start")
        await bench.script.wait_for()
    assert imported(bench) == [ALL]


async def test_an_import_that_a_kill_cut_off_begins_again_by_itself(bench: Bench) -> None:
    bench.script.answer = hang
    async with bench.killed(tempo=replace(PATIENT, stop_seconds=0.01)):
        bench.world.press(bench.person, await gathered(bench, *ALL), "Start")
        await bench.script.wait_for()
    bench.script.answer = None
    bench.script.commands.clear()
    async with bench.serving(tempo=PATIENT):
        await bench.script.wait_for()
        await is_as_new(bench)
    assert imported(bench) == [ALL]


async def test_an_import_that_a_stop_cut_off_begins_again_by_itself(bench: Bench) -> None:
    bench.script.answer = hang
    async with bench.serving(tempo=replace(PATIENT, stop_seconds=0.01)):
        bench.world.press(bench.person, await gathered(bench, *ALL), "Start")
        await bench.script.wait_for()
    bench.script.answer = None
    async with bench.serving(tempo=PATIENT):
        await bench.script.wait_for(2)
    assert imported(bench) == [ALL, ALL]


async def test_an_import_that_kills_each_time_is_left_out_and_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.script.answer = hang
    hasty: dict[str, Any] = {"tempo": replace(PATIENT, stop_seconds=0.01), "update_attempts": 2}
    async with bench.killed(**hasty):
        bench.world.press(bench.person, await gathered(bench, *ALL), "Start")
        await bench.script.wait_for()
    async with bench.killed(**hasty):
        await bench.script.wait_for(2)
    async with bench.serving(**hasty):
        await shown(bench, "at work already, or gone")
    assert len(bench.script.commands) == 2
    assert [record.levelno for record in caplog.records if "left out" in record.message] == [
        logging.ERROR
    ]
    await is_as_new(bench)


async def test_nothing_is_kept_of_who_started(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        bench.world.press(bench.person, await gathered(bench, *ALL), "Start")
        await bench.script.wait_for()
        await is_as_new(bench)


async def test_nothing_is_kept_of_who_dropped_the_files(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        message = await gathered(bench, *ALL)
        assert await bench.storage.gathered.owners() != []
        bench.world.press(bench.person, message, "Drop them")
        await shown(bench, "forgotten these files")
        await is_as_new(bench)


@pytest.mark.parametrize("has_label", ["Start", None])
async def test_files_of_who_had_everything_deleted_are_not_imported(
    bench: Bench, has_label: str | None
) -> None:
    async with bench.serving(tempo=PATIENT):
        message = await gathered(bench, *ALL)
        (user_id,) = await bench.storage.gathered.owners()
        await bench.storage.delete_user(user_id)
        if has_label is not None:
            bench.world.press(bench.person, message, has_label)
        else:
            bench.world.send_file(bench.person, "2021.json", b"c")
        await shown(bench, "at work already, or gone")
        await bench.until(lambda: bench.world.updates == [])
    assert imported(bench) == []
    await is_as_new(bench)


async def test_files_that_waited_too_long_for_the_next_run_are_gone(bench: Bench) -> None:
    bench.script.gathered = GatheredService(bench.storage, Newcomers(bench.storage), hours=1e-9)
    async with bench.killed(tempo=PATIENT):
        message = await gathered(bench, *ALL)
    async with bench.serving(tempo=PATIENT):
        bench.world.press(bench.person, message, "Start")
        await shown(bench, "at work already, or gone")
    assert imported(bench) == []


async def test_files_that_cannot_be_kept_are_imported_at_once(bench: Bench) -> None:
    async with bench.storage.database.transaction() as connection:
        await connection.execute(text("DROP TABLE gathered"))
    async with bench.serving(tempo=PATIENT):
        for name in ALL:
            bench.world.send_file(bench.person, name, b"x")
        await bench.script.wait_for()
    assert imported(bench) == [ALL]


async def test_files_that_could_not_be_dropped_are_not_said_to_be(bench: Bench) -> None:
    async with bench.serving(tempo=PATIENT):
        message = await gathered(bench, *ALL)
        async with bench.storage.database.transaction() as connection:
            await connection.execute(text("DROP TABLE gathered"))
        bench.world.press(bench.person, message, "Drop them")
        await shown(bench, "went wrong")
    assert not [m for m in bench.world.messages if "forgotten these files" in m.text]
