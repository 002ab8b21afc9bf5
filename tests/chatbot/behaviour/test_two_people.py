"""`/export` of two people of one bot: each gets all that is theirs, and nothing of the other."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from benchmarks.invented import write_export
from songnet.demo import write_demo_export
from storage import Storage, tables
from tests.chatbot.behaviour.conftest import World, open_world
from tests.chatbot.drivers.base import ChatDriver
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import Person, TelegramDriver
from tests.end_to_end.searching import demo_names, forms

OTHER_FILE = "an_entirely_other_life.zip"
OTHER_ID = "880055535351"
OTHER_WORDS = (OTHER_FILE, OTHER_ID, "Invented song", "Invented artist")
PATIENCE_SECONDS = 300
PARTS = {"histories": "history", "join_codes": "join_code", "blend_members": "blends"}
"""Where a table's rows stand in data.json, unless under its own name."""


pytestmark = pytest.mark.timeout(600)


@pytest.fixture(params=["discord", "telegram"])
def platform(request: pytest.FixtureRequest) -> str:
    """The platforms that more than one person uses."""
    return str(request.param)


def _somebody_else(person: ChatDriver) -> ChatDriver:
    if isinstance(person, DiscordDriver):
        return DiscordDriver(person.server, person=OTHER_ID)
    assert isinstance(person, TelegramDriver)
    return TelegramDriver(person.server, Person(int(OTHER_ID), "Bob"))


async def _export(person: ChatDriver) -> dict[str, bytes]:
    await person.command("/export")
    seen = await person.wait_for(lambda seen: bool(seen.documents))
    with zipfile.ZipFile(io.BytesIO(await person.read_document(seen.documents[0]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def _rows(storage: Storage, user_id: int) -> dict[str, int]:
    """How many rows of a person stand in each table, whatever tables there are."""
    counts = {}
    async with storage.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column is tables.users.c.id:
                    statement = select(func.count()).where(key.parent == user_id)
                    counts[table.name] = int(await connection.scalar(statement) or 0)
    return counts


def _counted(stored: dict[str, Any], table: str) -> int:
    part = stored[PARTS.get(table, table)]
    return len(part) if isinstance(part, list) else int(part is not None)


async def test_each_export_holds_its_owner_and_nobody_else(platform: str, tmp_path: Path) -> None:
    export, other_export = tmp_path / "my_spotify_data.zip", tmp_path / OTHER_FILE
    write_demo_export(export, plays=200)
    write_export(other_export, rows=200, tracks=40)
    async with open_world(platform, tmp_path / "data", export) as world:
        other = _somebody_else(world.person)
        await _use(world, world.person, export, "Faded; Fearless Pt. II")
        await _use(world, other, other_export, "Invented song number 1; Invented song number 2")
        owner_id, other_id = [
            await world.bot.storage.users.find(platform, platform_id)
            for platform_id in ("1001", OTHER_ID)
        ]
        assert owner_id is not None
        assert other_id is not None
        packs = {owner_id: await _export(world.person), other_id: await _export(other)}
        for user_id, pack in packs.items():
            await _assert_complete(world.bot.storage, user_id, pack)
    everything = {user_id: b"\n".join(pack.values()) for user_id, pack in packs.items()}
    theirs = [form for word in OTHER_WORDS for form in forms(word)]
    ours = [form for word in (*demo_names(), "my_spotify_data") for form in forms(word)]
    assert not [needle for needle in theirs if needle in everything[owner_id]]
    assert not [needle for needle in ours if needle in everything[other_id]]
    assert [needle for needle in theirs if needle in everything[other_id]]
    assert [needle for needle in ours if needle in everything[owner_id]]


async def _use(world: World, person: ChatDriver, export: Path, songs: str) -> None:
    await person.send_files(export)
    await person.wait_for(lambda seen: "Now ask me for a playlist" in seen.text, PATIENCE_SECONDS)
    await world.settled()
    await person.command(f"/playlist {songs}")
    await person.wait_for(lambda seen: len(seen.urls) >= 5)


async def _assert_complete(storage: Storage, user_id: int, pack: dict[str, bytes]) -> None:
    stored, schema = json.loads(pack["data.json"]), json.loads(pack["schema.json"])
    assert stored["user"]["id"] == user_id
    counts = await _rows(storage, user_id)
    assert counts["imports"] == counts["models"] == counts["playlists"] == 1
    assert {PARTS.get(table, table) for table in counts} <= set(stored)
    filled = {table: count for table, count in counts.items() if count}
    assert {table: _counted(stored, table) for table in filled} == filled
    for part, content in stored.items():
        rows = content if isinstance(content, list) else [content]
        assert all(set(row) <= set(schema[part]) for row in rows if row is not None), part
    history = await storage.histories.get(user_id)
    assert history is not None
    assert pack["history-1.csv"].count(b"\n") - 1 == history.plays
    active = await storage.models.active(user_id)
    assert active is not None
    assert pack["model.safetensors"] == await storage.models.read(active)
