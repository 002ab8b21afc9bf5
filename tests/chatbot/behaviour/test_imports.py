"""Giving a listening history, as a person sees it on every platform."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from songnet.demo import write_demo_export
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.drivers.base import Seen


def says(*words: str) -> Callable[[Seen], bool]:
    return lambda seen: all(word in seen.text for word in words)


async def test_an_import_is_acknowledged_followed_and_reported(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.person.wait_for(says("Got my_spotify_data.zip"))
    world.gate.release()
    await world.person.wait_for(says("Ready"))
    report = await world.person.wait_for(says("Here is what I found"))
    assert "plays of" in report.text
    assert "Most played:" in report.text
    assert "podcast episodes" in report.text
    assert "/playlist " in report.text


async def test_the_raw_file_is_gone_after_the_import(world: World) -> None:
    await world.learn()
    assert [name for name in world.stored_files() if "uploads" in name] == []


async def test_several_files_at_once_are_one_import(world: World, tmp_path: Path) -> None:
    with zipfile.ZipFile(world.export) as archive:
        names = [name for name in archive.namelist() if "Audio" in name][:2]
        paths = [tmp_path / Path(name).name for name in names]
        for name, path in zip(names, paths, strict=True):
            path.write_bytes(archive.read(name))
    await world.person.send_files(*paths)
    await world.person.wait_for(says(f"Got {paths[0].name}, {paths[1].name}"))
    await world.person.wait_for(says("Here is what I found"))


async def test_a_second_import_adds_and_drops_duplicates(learned: World, tmp_path: Path) -> None:
    before = await learned.bot.storage.histories.get(1)
    assert before is not None
    more = tmp_path / "more.zip"
    write_demo_export(more, plays=600, rng_seed=7)
    await learned.person.send_files(learned.export, more)
    report = await learned.person.wait_for(says("Here is what I found"))
    after = await learned.bot.storage.histories.get(1)
    assert after is not None
    assert before.plays < after.plays
    assert f"{after.plays - before.plays:,} of them are new" in report.text


async def test_the_old_model_answers_during_a_second_import(learned: World) -> None:
    learned.gate.hold()
    await learned.person.send_files(learned.export)
    await learned.person.wait_for(says("Got my_spotify_data.zip"))
    await learned.person.command("/playlist Faded")
    card = await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)
    assert card.text


async def test_a_cancelled_import_leaves_nothing(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/cancel")
    await world.person.wait_for(says("Cancelled"))
    assert world.stored_files() == []


def _spotify_row(**changes: object) -> dict[str, object]:
    row = {
        "ts": "2024-05-01T10:00:00Z",
        "ms_played": 200_000,
        "master_metadata_track_name": "Faded",
        "master_metadata_album_artist_name": "Alan Walker",
        "master_metadata_album_album_name": "Different World",
        "spotify_track_uri": None,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
    }
    return row | changes


def _zip_of(**members: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"MyData/{name}.json", json.dumps(content))
    return buffer.getvalue()


_PODCAST = _spotify_row(
    master_metadata_track_name=None,
    master_metadata_album_artist_name=None,
    master_metadata_album_album_name=None,
    episode_name="Episode 1",
    episode_show_name="A show",
    spotify_episode_uri="spotify:episode:1",
)

WRONG_FILES = {
    "holiday.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "no listening history in"),
    "notes.json": (b'{"a": 1}', "no listening history in"),
    "account.zip": (
        _zip_of(
            Userdata={"username": "x", "birthdate": "2000-01-01", "createdFromFacebook": False},
            Identity={"displayName": "x", "tasteMaker": False},
        ),
        "but no streaming history",
    ),
    "podcasts.json": (json.dumps([_PODCAST] * 30).encode(), "none of them is a song"),
    "short.json": (json.dumps([_spotify_row()]).encode(), "too little to learn from"),
    "empty.zip": (b"", "is empty"),
    "half.zip": (b"PK\x03\x04" + bytes(200), "damaged or incomplete"),
    "big.json": (b" " * 5_000_001, "too large"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
async def test_a_wrong_file_gets_an_answer_of_its_own(
    world: World, tmp_path: Path, name: str
) -> None:
    content, words = WRONG_FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    await world.person.send_files(path)
    answer = await world.person.wait_for(says(words))
    assert name in answer.text or "too little" in answer.text
    assert world.stored_files() == []
    await world.settled()
    assert await world.bot.storage.imports.of_user(1) == []


async def test_after_a_wrong_file_the_right_one_works(world: World, tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_bytes(WRONG_FILES["notes.json"][0])
    await world.person.send_files(path)
    await world.person.wait_for(says("no listening history in"))
    await world.learn()


async def test_a_file_that_is_too_large_does_not_sink_the_others(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(WRONG_FILES["big.json"][0])
    await world.person.send_files(path, world.export)
    await world.person.wait_for(says("'big.json' is too large"))
    await world.person.wait_for(says("Here is what I found"))


async def test_a_wrong_file_does_not_sink_the_right_one(world: World, tmp_path: Path) -> None:
    path = tmp_path / "holiday.pdf"
    path.write_bytes(WRONG_FILES["holiday.pdf"][0])
    await world.person.send_files(path, world.export)
    report = await world.person.wait_for(says("Here is what I found"))
    assert "holiday.pdf" in report.text
