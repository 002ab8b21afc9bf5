"""One bot at a time, on a data directory and on a queue in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psycopg
import pytest

from chatbot.jobs import only_bot
from chatbot.jobs.only_bot import AnotherBotRuns, only_bot_in, only_bot_on


def test_a_second_bot_is_told_who_is_there(tmp_path: Path) -> None:
    with (
        only_bot_in(tmp_path),
        pytest.raises(AnotherBotRuns, match=f"process {os.getpid()}\\) runs on .*{tmp_path}"),
        only_bot_in(tmp_path),
    ):
        pass


def test_the_place_is_free_again_and_its_file_private(tmp_path: Path) -> None:
    for _ in range(2):
        with only_bot_in(tmp_path):
            assert (tmp_path / "bot.lock").stat().st_mode & 0o777 == 0o600


async def test_a_queue_in_a_file_has_no_lock_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    async with only_bot_on(url, asyncio.Event()), only_bot_on(url, asyncio.Event()):
        assert not list(tmp_path.iterdir())


@pytest.mark.postgres
async def test_a_second_bot_on_one_postgresql_is_refused(postgres_url: str) -> None:
    async with only_bot_on(postgres_url, asyncio.Event()):
        with pytest.raises(AnotherBotRuns, match="same job queue"):
            async with only_bot_on(postgres_url, asyncio.Event()):
                pass
    async with only_bot_on(postgres_url, asyncio.Event()):
        pass


@pytest.mark.postgres
async def test_a_cut_connection_is_mended_and_the_place_kept(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(only_bot, "CHECK_SECONDS", 0.05)
    stop = asyncio.Event()
    async with only_bot_on(postgres_url, stop):
        _cut(postgres_url)
        await asyncio.to_thread(_wait_for_lock, postgres_url)
        with pytest.raises(AnotherBotRuns):
            async with only_bot_on(postgres_url, asyncio.Event()):
                pass
    assert not stop.is_set()


@pytest.mark.postgres
async def test_a_bot_whose_place_was_taken_meanwhile_leaves(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(only_bot, "CHECK_SECONDS", 0.5)
    stop = asyncio.Event()
    async with only_bot_on(postgres_url, stop):
        _cut(postgres_url)
        async with only_bot_on(postgres_url, asyncio.Event()), asyncio.timeout(30):
            await stop.wait()


def _administer(url: str) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(url.replace("+asyncpg", ""), autocommit=True)


def _cut(url: str) -> None:
    with _administer(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )


def _wait_for_lock(url: str) -> None:
    with _administer(url) as connection:
        for _ in range(600):
            found = connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            ).fetchone()
            if found and found[0]:
                return
            connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError
