"""Seeing and deleting what is stored, as a person sees it on every platform."""

from __future__ import annotations

import io
import json
import zipfile

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


async def test_forget_asks_before_it_deletes(learned: World) -> None:
    await learned.person.command("/forget")
    question = await learned.person.wait_for(says("Delete everything?"))
    assert "Delete everything" in " ".join(question.buttons)
    assert learned.stored_files()


async def test_forget_deletes_everything(learned: World) -> None:
    await learned.person.command("/forget")
    await learned.person.wait_for(says("Delete everything?"))
    await learned.person.press("Delete everything")
    await learned.person.wait_for(says("I have deleted everything"))
    assert learned.stored_files() == []
    needles = [b"Alan Walker", b"Fearless", b"my_spotify_data"]
    for path in learned.settings.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content], path


async def test_the_button_that_deleted_everything_is_gone(world: World) -> None:
    await world.person.command("/settings length=10")
    await world.person.wait_for(says("Your settings"))
    await world.person.command("/forget")
    await world.person.wait_for(says("Delete everything?"))
    await world.person.press("Delete everything")
    await world.person.wait_for(says("I have deleted everything"))
    buttons = [label for seen in await world.person.history() for label in seen.buttons]
    # The console has printed it.
    assert ("Delete everything" in buttons) is (world.person.platform == "console")


async def test_after_forget_the_person_is_a_stranger(learned: World) -> None:
    await learned.person.command("/forget")
    await learned.person.wait_for(says("Delete everything?"))
    await learned.person.press("Delete everything")
    await learned.person.wait_for(says("I have deleted everything"))
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(says("Send me your history first"))


async def test_forget_in_mid_import_stops_it(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/forget")
    await world.person.wait_for(says("Delete everything?"))
    await world.person.press("Delete everything")
    await world.person.wait_for(says("I have deleted everything"))
    assert world.stored_files() == []


async def test_export_gives_everything_readable(learned: World) -> None:
    await learned.person.command("/export")
    seen = await learned.person.wait_for(lambda seen: bool(seen.documents))
    content = await learned.person.read_document(seen.documents[0])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"README.txt", "data.json", "history-1.csv", "model.safetensors"} <= set(
            archive.namelist()
        )
        plays = archive.read("history-1.csv").decode()
        rows = json.loads(archive.read("data.json"))
    assert "Alan Walker" in plays
    assert rows


async def test_a_stranger_has_nothing_to_export_or_forget(world: World) -> None:
    await world.person.command("/export")
    await world.person.wait_for(says("I store nothing about you"))
    await world.person.command("/forget")
    await world.person.wait_for(says("I store nothing about you"))
