"""`kill -9` while files wait for 'Start' on Telegram: the next bot imports those that were shown."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.chatbot.drivers.telegram import Person, TelegramDriver
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import TelegramWorld
from tests.end_to_end.bot_process import bot

YEARS = (2019, 2020, 2021)
PLAYS = 40
"""Too little to learn from, so that the answer comes at once and says how many there were."""


def _file(year: int) -> tuple[str, bytes]:
    plays = [
        {
            "ts": f"{year}-03-01T{hour // 2:02}:{30 * (hour % 2):02}:00Z",
            "ms_played": 200_000,
            "master_metadata_track_name": f"Song {hour % 7}",
            "master_metadata_album_artist_name": "Somebody",
            "master_metadata_album_album_name": None,
            "spotify_track_uri": f"spotify:track:{hour % 7:022}",
        }
        for hour in range(PLAYS)
    ]
    return f"Streaming_History_Audio_{year}.json", json.dumps(plays).encode()


@asynccontextmanager
async def _two_bots() -> AsyncIterator[tuple[TelegramDriver, dict[str, str]]]:
    async with TelegramServer(TelegramWorld()).running() as server:
        yield (
            TelegramDriver(server, Person(1001)),
            {"TELEGRAM_TOKEN": server.token, "SONGNET_TELEGRAM_API_URL": server.url},
        )
        assert server.violations == []


async def _gather(person: TelegramDriver, *years: int) -> None:
    for year in years:
        person.server.world.send_file(person.person, *_file(year))
        await person.wait_for(lambda seen, year=year: str(year) in seen.text)
    # Telegram has forgotten them: they are the bot's to keep.
    await person.server.world.wait_until(lambda: person.server.world.updates == [])


async def test_files_that_were_shown_are_imported_after_a_kill(tmp_path: Path) -> None:
    async with _two_bots() as (person, environment):
        with bot(tmp_path / "data", environment=environment) as songnet:
            await _gather(person, *YEARS[:2])
            songnet.kill()
        with bot(tmp_path / "data", environment=environment):
            await _gather(person, YEARS[2])
            shown = await person.wait_for(lambda seen: "3 files so far" in seen.text)
            assert len(await person.history()) == 1, shown.text
            await person.press("Start")
            report = await person.wait_for(lambda seen: "too little to learn from" in seen.text)
    assert f"{PLAYS * len(YEARS)} plays" in report.text


async def test_files_that_telegram_no_longer_has_are_named(tmp_path: Path) -> None:
    async with _two_bots() as (person, environment):
        with bot(tmp_path / "data", environment=environment) as songnet:
            await _gather(person, *YEARS[:2])
            songnet.kill()
        person.server.world.files.clear()
        with bot(tmp_path / "data", environment=environment):
            await person.press("Start")
            refusal = await person.wait_for(lambda seen: "Streaming_History" in seen.text)
    assert all(str(year) in refusal.text for year in YEARS[:2])
    assert "could not be fetched. Send it once more." in refusal.text


async def test_files_of_an_earlier_bot_count_among_those_that_do_not_wait(tmp_path: Path) -> None:
    async with _two_bots() as (person, environment):
        environment["SONGNET_TELEGRAM_GATHERED_FILES"] = str(len(YEARS))
        with bot(tmp_path / "data", environment=environment) as songnet:
            await _gather(person, *YEARS[:2])
            songnet.kill()
        with bot(tmp_path / "data", environment=environment):
            person.server.world.send_file(person.person, *_file(YEARS[2]))
            report = await person.wait_for(lambda seen: "too little to learn from" in seen.text)
    assert f"{PLAYS * len(YEARS)} plays" in report.text
