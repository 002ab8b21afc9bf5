"""`/forget` at every named point of a job: a person on Telegram, whose id and name are sought too.

One bot for all points: whoever is forgotten is a stranger, and comes again.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from songnet.demo import write_demo_export
from storage import personal
from storage.sealing import Secret
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import Person, TelegramWorld
from tests.end_to_end.bot_process import BotProcess, processes_with
from tests.end_to_end.faults import Fault, Faults, faulty_bot
from tests.end_to_end.keyholder import forms_of_key, needles_in, readable, secrets_in
from tests.end_to_end.searching import all_of, demo_names, forms, found, neighbour, people

FILE_NAME = "my_own_listening.zip"
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"
PERSON = Person(4_503_599_627_301, "Zebulon Quartermain")
GROUP = -1_004_503_599_627_302
WORDS = {
    FILE_NAME,
    "my_own_listening",
    str(PERSON.id),
    PERSON.name,
    str(-GROUP),
    *sorted(demo_names())[::5],
}
"""Some of the names will do; `test_forget` looks for all of them."""
NEEDLES = sorted(
    {form for word in WORDS for form in forms(word)}
    | {struct.pack(order, number) for order in ("<q", ">q") for number in (PERSON.id, GROUP)}
)
WHILE_RECEIVED = ("receiving", "stored", "entered", "enqueued")
"""The answer to the file comes after the deletion."""
AT_WORK = ("parsing", "merging", "mid-epoch", "writing", "switching")
"""The deletion ends the job there; nobody has to let it go on."""
WHEN_ASKED = ("generated", "made")


@dataclass
class Scene:
    """A bot with a person, and what must be gone."""

    data: Path
    songnet: BotProcess
    struck: Faults
    person: TelegramDriver
    other_id: int

    async def forget(self) -> None:
        await self.person.command("/forget yes")
        await self.person.wait_for(lambda seen: "I have deleted everything" in seen.text)

    async def held(self, point: str) -> bytes:
        """Returns the person's key when the point that was armed is reached."""
        await asyncio.to_thread(self.struck.wait_until_held, point)
        return await asyncio.to_thread(self.key)

    def key(self) -> bytes:
        secrets = secrets_in(self.data)
        del secrets[self.other_id]
        (secret,) = secrets.values()
        return secret

    def seen_in(self) -> list[str]:
        """The chats in which others see playlists of the person, as whoever has the key reads."""
        with closing(sqlite3.connect(self.data / "songnet.sqlite")) as database:
            rows = database.execute("SELECT message FROM postings").fetchall()
        secret = Secret(self.key())
        return [personal.decode(secret, sealed)["chat_id"] for (sealed,) in rows]

    def files(self, part: str) -> list[str]:
        """What lies below a part of the data directory, empty folders too."""
        return [str(path.relative_to(self.data)) for path in (self.data / part).rglob("*")]

    async def assert_gone(self, point: str, secret: bytes) -> None:
        sought = [*NEEDLES, *forms_of_key(secret)]
        assert await asyncio.to_thread(found, self.data, sought) == set(), point
        assert people(self.data) == [str(self.other_id)], point

    async def assert_no_file(self, point: str) -> None:
        """Once nothing is under way any more."""
        theirs = f"blobs/users/{self.other_id}"
        async with asyncio.timeout(60):
            while [one for one in self.files("blobs/users") if not one.startswith(theirs)]:
                await asyncio.sleep(0.02)
        assert people(self.data) == [str(self.other_id)], point


@asynccontextmanager
async def _scene(tmp_path: Path, *points: str) -> AsyncIterator[Scene]:
    data = tmp_path / "data"
    other_id = await asyncio.to_thread(asyncio.run, neighbour(data))
    before = await asyncio.to_thread(asyncio.run, all_of(data, other_id))
    async with TelegramServer(TelegramWorld()).running() as server:
        environment = {
            "TELEGRAM_TOKEN": server.token,
            "SONGNET_TELEGRAM_API_URL": server.url,
            "SONGNET_LOG_LEVEL": "DEBUG",
        }
        held = [Fault(point, "hold", is_armed=False) for point in points]
        with faulty_bot(data, held, environment=environment) as (songnet, struck):
            yield Scene(data, songnet, struck, TelegramDriver(server, PERSON), other_id)
            assert await asyncio.to_thread(songnet.terminate) == 0
        assert server.violations == []
    assert await asyncio.to_thread(found, data, NEEDLES) == set()
    assert await asyncio.to_thread(asyncio.run, all_of(data, other_id)) == before
    assert needles_in((songnet.errors + songnet.output).encode(), NEEDLES) == []
    assert "Traceback" not in songnet.errors
    assert not processes_with(data)


pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / FILE_NAME
    write_demo_export(path, plays=200)
    return path


async def test_nothing_remains_of_who_leaves_while_their_file_comes(
    export: Path, tmp_path: Path
) -> None:
    async with _scene(tmp_path, *WHILE_RECEIVED) as scene:
        for point in WHILE_RECEIVED:
            scene.struck.arm(point)
            await scene.person.send_files(export)
            secret = await scene.held(point)
            await scene.forget()
            await scene.assert_gone(point, secret)
            scene.struck.release(point)
            await scene.person.wait_for(
                lambda seen: "was deleted while" in seen.text or "Got " in seen.text
            )
            await scene.assert_no_file(point)


async def test_nothing_remains_of_who_leaves_while_a_worker_is_at_it(
    export: Path, tmp_path: Path
) -> None:
    async with _scene(tmp_path, *AT_WORK) as scene:
        for point in AT_WORK:
            scene.struck.arm(point)
            await scene.person.send_files(export)
            secret = await scene.held(point)
            await scene.forget()
            await scene.assert_gone(point, secret)
            await scene.assert_no_file(point)


async def test_nothing_remains_of_who_leaves_while_they_are_answered(
    export: Path, tmp_path: Path
) -> None:
    async with _scene(tmp_path, "posting", *WHEN_ASKED) as scene:
        scene.struck.arm("posting")
        await scene.person.send_files(export)
        secret = await scene.held("posting")
        copy = tmp_path / "copy"
        for point in WHEN_ASKED:
            scene.struck.arm(point)
            await scene.person.command(f"/playlist {SEEDS}")
            await scene.held(point)
        await asyncio.to_thread(shutil.copytree, scene.data, copy)
        await scene.forget()
        await scene.assert_gone("posting", secret)
        for point in ("posting", *WHEN_ASKED):
            scene.struck.release(point)
        await scene.assert_no_file("posting")
    # Sealed bytes hide what they hold from a search; these do hold it, for whoever has the key.
    opened = await asyncio.to_thread(lambda: dict(readable(copy, [secret])))
    assert {name.split("/")[2] for name in opened} == {"histories", "models"}
    assert all(needles_in(content, NEEDLES) for content in opened.values())
    # The key is gone; what is left of others opens nothing of it.
    left = secrets_in(scene.data).values()
    kept = await asyncio.to_thread(lambda: dict(readable(copy, left)))
    assert set(kept) == {f"users/{scene.other_id}/uploads/theirs-0"}


async def test_nothing_remains_of_where_others_saw_playlists_of_who_leaves(
    export: Path, tmp_path: Path
) -> None:
    async with _scene(tmp_path) as scene:
        await scene.person.send_files(export)
        await scene.person.wait_for(lambda seen: "Now ask me" in seen.text, timeout_seconds=200)
        group = scene.person.elsewhere(GROUP)
        await group.command(f"/playlist {SEEDS}")
        await group.wait_for(lambda seen: "Share" in seen.buttons)
        await group.press("Share")
        await group.wait_for(lambda seen: "👍 0" in seen.buttons)
        async with asyncio.timeout(30):
            while await asyncio.to_thread(scene.seen_in) != [str(GROUP)] * 2:
                await asyncio.sleep(0.02)
        secret = await asyncio.to_thread(scene.key)
        await scene.forget()
        await scene.assert_gone("shared", secret)
        await group.wait_for(lambda seen: "This playlist is gone" in seen.text)
