"""Stored files that are damaged, as a person sees it on every platform."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.services.jobs import JobState
from songnet import model_file
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_a_flipped_bit(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


def of_another_version(content: bytes) -> bytes:
    """As a newer release would have written it; its checksum is right."""
    stored = model_file.decode(content, "model")
    known = model_file.VERSION
    model_file.VERSION = known + 1  # type: ignore[misc]
    try:
        return model_file.encode(stored)
    finally:
        model_file.VERSION = known  # type: ignore[misc]


on_one_platform = pytest.mark.parametrize("platform", ["console"], indirect=True)
"""Where the person sees the same as in a test that runs on all, and only the damage differs."""


def stored(world: World, kind: str) -> Path:
    (path,) = (world.settings.data / "blobs" / "users").glob(f"*/{kind}/*")
    return path


async def learns_again(world: World) -> None:
    world.gate.hold()
    await world.person.command("/playlist Faded")
    await world.person.wait_for(says("damaged on the disk", "tell you when it is done"))
    await world.person.command("/playlist Faded")
    await world.person.wait_for(says("still learning"))
    world.gate.release()
    await world.person.wait_for(says("I have learned from your plays again"))
    await world.person.command("/playlist Faded")
    await world.person.wait_for(lambda seen: len(seen.urls) >= 20)


async def test_a_damaged_model_is_learned_again_and_that_is_told(
    learned: World, caplog: pytest.LogCaptureFixture
) -> None:
    model = stored(learned, "models")
    model.write_bytes(with_a_flipped_bit(model.read_bytes()))
    await learns_again(learned)
    assert "model 1 of user 1 cannot be used" in caplog.text


@on_one_platform
async def test_a_truncated_model_is_learned_again(learned: World) -> None:
    model = stored(learned, "models")
    model.write_bytes(truncated(model.read_bytes()))
    await learns_again(learned)


@on_one_platform
async def test_a_missing_model_is_learned_again_and_that_is_told(learned: World) -> None:
    stored(learned, "models").unlink()
    await learns_again(learned)


@on_one_platform
async def test_a_model_of_another_version_is_learned_again_and_that_is_told(
    learned: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = learned.bot.storage.models
    active = await models.active(1)
    assert active is not None
    newer = tmp_path / "newer"
    newer.write_bytes(of_another_version(await models.read(active)))
    saved = await models.save(1, newer, history_version=active.history_version, facts=active.facts)
    await models.activate(saved.id)
    await learns_again(learned)
    assert "UnknownModelVersion" in caplog.text


@on_one_platform
async def test_a_cancelled_training_begins_again_when_a_playlist_is_asked_for(
    learned: World,
) -> None:
    stored(learned, "models").unlink()
    learned.gate.hold()
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(says("damaged on the disk"))
    await learned.person.command("/cancel")
    await learned.person.wait_for(says("I stop it"))
    job = await learned.bot.jobs.wait("train-after-1", 10)
    assert job is not None
    assert job.state is JobState.CANCELLED
    learned.gate.release()
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(says("I have not learned from them yet"))
    await learned.person.wait_for(says("I have learned from your plays again"))


@pytest.mark.parametrize("damage", [truncated, with_a_flipped_bit])
@on_one_platform
async def test_a_damaged_history_fails_an_import_and_nothing_else(
    learned: World, damage: Callable[[bytes], bytes]
) -> None:
    history = stored(learned, "histories")
    damaged = damage(history.read_bytes())
    history.write_bytes(damaged)
    await learned.person.send_files(learned.export)
    await learned.person.wait_for(says("damaged on my disk", "Nothing else is lost"))
    assert stored(learned, "histories").read_bytes() == damaged
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)


async def test_a_damaged_history_and_a_damaged_model_get_a_clear_answer(learned: World) -> None:
    for kind in ("histories", "models"):
        stored(learned, kind).write_bytes(b"nothing")
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(says("I could not learn from your plays again"))


async def test_an_export_leaves_out_what_is_damaged_and_says_so(learned: World) -> None:
    for kind in ("histories", "models"):
        stored(learned, kind).write_bytes(b"nothing")
    await learned.person.command("/export")
    seen = await learned.person.wait_for(lambda seen: bool(seen.documents))
    content = await learned.person.read_document(seen.documents[0])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"README.txt", "data.json", "DAMAGED.txt"} <= set(archive.namelist())
        assert archive.read("DAMAGED.txt").decode().count("damaged") == 2
