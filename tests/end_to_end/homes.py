"""Data directories to start from: a person with a model, and the file that they send next."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.services.jobs import Job
from chatbot.services.temporary import TemporaryFolders
from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import BotProcess, bot

PLAYS = 400
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"
USER_ID = 1


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=PLAYS)
    return path


@pytest.fixture(scope="session")
def trained(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose person has a model already."""
    data = tmp_path_factory.mktemp("trained") / "data"
    with bot(data) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    return data


@pytest.fixture
def data(trained: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(trained, tmp_path / "data"))


def ask_for_playlist(songnet: BotProcess) -> None:
    """The model answers, whatever else goes on."""
    songnet.type(f"/playlist {SEEDS}")
    songnet.wait_for(r"20\. .*https://open\.spotify\.com", 400)


def jobs_of(url: str) -> list[Job]:
    """Every job of the person, ended or not."""

    async def look() -> list[Job]:
        jobs = await DbosJobs.open(url)
        try:
            return await jobs.of_user(USER_ID, unfinished_only=False)
        finally:
            await jobs.close()

    return asyncio.run(look())


def queue_of(data: Path) -> str:
    return f"sqlite:///{data / 'jobs.sqlite'}"


def raw_files_in(data: Path) -> list[Path]:
    """Uploads, spools and temporary files: nothing of them may outlast the work on them."""
    asyncio.run(TemporaryFolders(data / "tmp").sweep())
    blobs = data / "blobs"
    return [
        path
        for path in [*blobs.glob("users/*/uploads/*"), *blobs.glob(".temporary/*")]
        if path.is_file()
    ]
