from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import text

from chatbot.bootstrap import open_storage
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.monitoring import doctor, report
from chatbot.monitoring.client import NoAnswer, ask_status
from chatbot.monitoring.offline import read_snapshot
from chatbot.settings import Settings

GOOD_TOKENS = {
    "discord_token": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl." + "m" * 38,
    "telegram_token": "1234567890:" + "A" * 35,
}


def settings_for(data: Path, **changes: Any) -> Settings:
    base = Settings(_env_file=None, data=data, monitoring_port=0)  # type: ignore[call-arg]
    return base.model_copy(update=changes)


async def wrong(settings: Settings) -> dict[str, doctor.Finding]:
    return {one.name: one for one in await doctor.examine(settings) if not one.ok}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data of a bot that has run."""
    settings = settings_for(tmp_path / "data")

    async def run() -> None:
        async with open_storage(settings):
            await (await DbosJobs.open(settings.jobs)).close()

    asyncio.run(run())
    return settings.data


async def test_a_sound_installation_is_well(data: Path) -> None:
    tokens = {name: SecretStr(token) for name, token in GOOD_TOKENS.items()}
    findings = await doctor.examine(settings_for(data, **tokens))
    assert [one for one in findings if not one.ok] == []
    shown = doctor.render(findings)
    assert shown.endswith("All is well.")
    assert not [token for token in GOOD_TOKENS.values() if token in shown]


@pytest.mark.parametrize("name", GOOD_TOKENS)
async def test_a_token_of_a_wrong_shape_is_found_and_not_shown(data: Path, name: str) -> None:
    token = GOOD_TOKENS[name][:-20] + " "
    findings = await doctor.examine(settings_for(data, **{name: SecretStr(token)}))
    assert [one.name for one in findings if not one.ok] == [name.upper()]
    assert token.strip() not in doctor.render(findings)


async def test_a_discord_token_that_names_no_bot_is_found(data: Path) -> None:
    token = "a" * 24 + GOOD_TOKENS["discord_token"][24:]
    found = await wrong(settings_for(data, discord_token=SecretStr(token)))
    assert found.keys() == {"DISCORD_TOKEN"}


async def test_too_little_space_is_found(data: Path) -> None:
    found = await wrong(settings_for(data, max_upload_bytes=10**15))
    assert found.keys() == {"free space"}


async def test_files_that_others_can_read_are_found(data: Path) -> None:
    (data / "jobs.sqlite").chmod(0o644)
    found = await wrong(settings_for(data))
    assert found.keys() == {"modes"}
    assert found["modes"].found.startswith("1 files")


@pytest.mark.skipif(os.getuid() == 0, reason="root can write everywhere")
async def test_a_directory_that_cannot_be_written_is_found(data: Path) -> None:
    data.chmod(0o500)
    try:
        assert "data directory" in await wrong(settings_for(data))
    finally:
        data.chmod(0o700)


async def test_a_file_in_the_place_of_the_directory_is_found(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "data directory" in await wrong(settings_for(tmp_path / "data"))


async def test_a_newer_schema_is_found(data: Path) -> None:
    settings = settings_for(data)
    async with open_storage(settings) as storage, storage.database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    found = await wrong(settings)
    assert found.keys() == {"database"}
    assert "newer" in found["database"].found


async def test_a_damaged_queue_is_found(data: Path) -> None:
    for path in data.glob("jobs.sqlite-*"):
        path.unlink()
    (data / "jobs.sqlite").write_bytes(b"no database at all" * 300)
    assert (await wrong(settings_for(data))).keys() == {"queue"}


async def test_a_server_that_is_away_is_found(data: Path) -> None:
    away = "postgresql+asyncpg://songnet:hidden-word@127.0.0.1:1/songnet"
    findings = await doctor.examine(settings_for(data, database_url=away))
    assert [one.name for one in findings if not one.ok] == ["database", "queue"]
    assert "hidden-word" not in doctor.render(findings)


async def test_a_clock_that_went_back_is_found(data: Path) -> None:
    tomorrow = time.time() + 86400
    os.utime(data / "songnet.sqlite", (tomorrow, tomorrow))
    assert (await wrong(settings_for(data))).keys() == {"clock"}


async def test_a_port_that_answers_for_somebody_else_is_found(data: Path) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"instance": "another"})

    app = web.Application()
    app.router.add_get("/status", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        settings = settings_for(data, monitoring_port=runner.addresses[0][1])
        assert isinstance(await ask_status(settings), NoAnswer)
        assert (await wrong(settings)).keys() == {"bot"}
    finally:
        await runner.cleanup()


async def test_what_the_data_say_can_be_printed(data: Path) -> None:
    snapshot = await read_snapshot(settings_for(data))
    assert snapshot["healthy"]
    shown = report.render(snapshot)
    assert "0 people, 0 imports" in shown
