"""The main job with PostgreSQL in place of the files: the same code, another URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.services.jobs import JobState
from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import bot
from tests.end_to_end.faults import Fault, faulty_bot
from tests.end_to_end.homes import ask_for_playlist, jobs_of, raw_files_in
from tests.postgres import PostgresServer


@pytest.mark.postgres
def test_the_main_job_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    export = tmp_path / "my_spotify_data.zip"
    write_demo_export(export, plays=1500)
    environment = {"SONGNET_DATABASE_URL": postgres_url}
    with bot(tmp_path / "data", environment=environment) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")
        songnet.type("/playlist Faded")
        songnet.wait_for(r"^ *20\. .*open\.spotify\.com")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert list((tmp_path / "data").glob("*.sqlite*")) == []


@pytest.mark.timeout(900)
@pytest.mark.postgres
def test_a_server_that_restarts_under_jobs_costs_nothing(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    data, export = tmp_path / "data", tmp_path / "my_spotify_data.zip"
    write_demo_export(export, plays=400)
    # One point: a worker that lost the server may die only when the next one is reached.
    faults = [Fault("mid-epoch", "hold")]
    environment = {"SONGNET_DATABASE_URL": postgres_url}
    with faulty_bot(data, faults, environment=environment) as (songnet, struck):
        songnet.type(f"/import {export}")
        struck.wait_until_held("mid-epoch")
        postgres_server.interrupt()
        songnet.type("/status")  # it has to bear questions meanwhile
        postgres_server.resume()
        struck.release("mid-epoch")
        songnet.wait_for("Now ask me for a playlist")
        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist")
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert [job.state for job in jobs_of(postgres_url)] == [JobState.DONE, JobState.DONE]
    assert songnet.output.count("Now ask me for a playlist") == 2
    assert not [line for line in struck.traced() if line.startswith("doubled")]
    assert not raw_files_in(data)
