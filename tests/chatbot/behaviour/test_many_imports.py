"""Several imports of one person after another: they are learned from once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from songnet.demo import write_demo_export
from storage.models import ModelRecord
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.drivers.base import Seen


def says(*words: str) -> Callable[[Seen], bool]:
    return lambda seen: all(word in seen.text for word in words)


def _part(directory: Path, number: int) -> Path:
    path = directory / f"part{number}.zip"
    write_demo_export(path, plays=400, rng_seed=number)
    return path


async def _quiet(world: World) -> ModelRecord:
    """The model, when everything is done and told."""
    async with asyncio.timeout(60):
        while (
            await world.bot.storage.imports.unannounced()
            or await world.bot.storage.notices.all()
            or await world.bot.jobs.count_unfinished()
        ):
            await asyncio.sleep(0.02)
    model = await world.bot.storage.models.active(1)
    history = await world.bot.storage.histories.get(1)
    assert model is not None
    assert history is not None
    assert model.history_version == history.version
    return model


async def test_three_imports_are_one_training(world: World, tmp_path: Path) -> None:
    world.gate.hold()
    for number in range(3):
        await world.person.send_files(_part(tmp_path, number))
        await world.person.wait_for(says(f"Got part{number}.zip"))
    world.gate.release()
    await world.person.wait_for(says("I learn from these plays together with"))
    await world.person.wait_for(says("I have learned from your plays"))
    model = await _quiet(world)
    assert (model.version, model.history_version) == (1, 3)


async def test_a_later_import_that_fails_leaves_the_training_to_be_done(
    world: World, tmp_path: Path
) -> None:
    right = _part(tmp_path, 1)
    wrong = tmp_path / "notes.json"
    wrong.write_bytes(b'{"a": 1}')
    world.gate.hold()
    for path in (right, wrong):
        await world.person.send_files(path)
        await world.person.wait_for(says(f"Got {path.name}"))
    world.gate.release()
    await world.person.wait_for(says("no listening history in"))
    model = await _quiet(world)
    assert (model.version, model.history_version) == (1, 1)


async def test_nobody_is_invited_before_anything_is_learned(world: World, tmp_path: Path) -> None:
    right = _part(tmp_path, 1)
    wrong = tmp_path / "notes.json"
    wrong.write_bytes(b'{"a": 1}')
    world.gate.hold()
    for path in (right, wrong):
        await world.person.send_files(path)
        await world.person.wait_for(says(f"Got {path.name}"))
    world.gate.release()
    report = await world.person.wait_for(says("Here is what I found"))
    assert "I tell you when I have learned" in report.text
    assert "Now ask me" not in report.text
    learned = await world.person.wait_for(says("Now ask me for a playlist"))
    assert "I have learned from your plays." in learned.text  # it was the first time, not again


async def test_a_later_import_that_is_cancelled_leaves_the_training_to_be_done(
    world: World, tmp_path: Path
) -> None:
    world.gate.hold()
    for number in range(2):
        await world.person.send_files(_part(tmp_path, number))
        await world.person.wait_for(says(f"Got part{number}.zip"))
    _, later = await world.bot.jobs.of_user(1)
    await world.bot.jobs.cancel(later.id)
    world.gate.release()
    model = await _quiet(world)
    assert (model.version, model.history_version) == (1, 1)
