"""What is not taken in because there is too much of it, as a person sees it on every platform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chatbot.behaviour.conftest import open_world
from tests.chatbot.drivers.base import Seen


def says(*words: str) -> Callable[[Seen], bool]:
    return lambda seen: all(word in seen.text for word in words)


AT_ONCE = {
    "max_stored_bytes_of_user": (1000, "more than 1 kB of yours"),
    "max_stored_bytes": (1000, "All the room that I have"),
    "min_free_disk_bytes": (10**18, "disk that I write to is nearly full"),
}


@pytest.mark.parametrize("setting", AT_ONCE)
async def test_what_there_is_no_room_for_is_refused_and_leaves_nothing(
    platform: str, tmp_path: Path, export: Path, setting: str
) -> None:
    limit, words = AT_ONCE[setting]
    async with open_world(platform, tmp_path / "data", export, **{setting: limit}) as world:
        await world.person.send_files(export)
        answer = await world.person.wait_for(says(words))
        assert "Nothing of it was kept" in answer.text
        assert world.stored_files() == []
        assert await world.bot.storage.imports.unannounced() == []
        assert await world.bot.jobs.count_unfinished() == 0
        await world.is_as_new()


AFTER_ONE = {
    "max_jobs_of_user": "You have 1 import waiting already",
    "max_jobs": "my queue is full",
    "max_imports_a_day": "in about 24 hours",
}


@pytest.mark.parametrize("setting", AFTER_ONE)
async def test_one_import_too_many_is_refused_and_the_first_goes_on(
    platform: str, tmp_path: Path, export: Path, setting: str
) -> None:
    async with open_world(platform, tmp_path / "data", export, **{setting: 1}) as world:
        world.gate.hold()
        await world.person.send_files(export)
        await world.person.wait_for(says("Got my_spotify_data.zip"))
        stored = world.stored_files()
        await world.person.send_files(export)
        answer = await world.person.wait_for(says(AFTER_ONE[setting]))
        assert "Nothing of it was kept" in answer.text
        assert world.stored_files() == stored
        assert len(await world.bot.storage.imports.unannounced()) == 1
