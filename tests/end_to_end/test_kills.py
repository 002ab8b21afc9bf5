"""`kill -9` at named points: nothing is lost, nothing is doubled, nothing is stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.services.jobs import JobState
from tests.end_to_end.bot_process import bot
from tests.end_to_end.faults import Fault, faulty_bot
from tests.end_to_end.homes import (
    ask_for_playlist,
    data,
    export,
    jobs_of,
    queue_of,
    raw_files_in,
    trained,
)

__all__ = ["data", "export", "trained"]

POINTS_OF_A_JOB = (
    "parsing", "merging", "merged", "mid-epoch", "writing", "switching", "switched",
)  # fmt: skip
POINTS_ON_POSTGRESQL = ("parsing", "mid-epoch", "switching")
"""One of each step, and one between two writes; the others differ in nothing that the queue sees."""
PATIENT = {"SONGNET_JOB_ATTEMPTS": "20"}


def _assert_ended_once(data: Path, count: int, queue: str | None = None) -> None:
    states = [job.state for job in jobs_of(queue or queue_of(data))]
    assert states == [JobState.DONE] * count
    assert not raw_files_in(data)
    assert len(list(data.glob("blobs/users/1/histories/*"))) == 1
    assert len(list(data.glob("blobs/users/1/models/*"))) == 1


@pytest.mark.timeout(400)
def test_a_worker_killed_at_every_point_of_a_job_loses_nothing(data: Path, export: Path) -> None:
    faults = [Fault(point) for point in POINTS_OF_A_JOB]
    with faulty_bot(data, faults, environment=PATIENT) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("Got my_spotify_data.zip")
        ask_for_playlist(songnet)  # the old model, while the workers die
        songnet.wait_until_said("Now ask me for a playlist", 300)
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert [point for point in POINTS_OF_A_JOB if struck.happened(point) != 1] == []
    assert not [line for line in struck.traced() if line.startswith("doubled")]
    assert songnet.output.count("Now ask me for a playlist") == 1
    _assert_ended_once(data, 2)


@pytest.mark.timeout(400)
@pytest.mark.postgres
def test_a_killed_worker_loses_nothing_on_postgresql(
    tmp_path: Path, export: Path, postgres_url: str
) -> None:
    data = tmp_path / "data"
    faults = [Fault(point) for point in POINTS_ON_POSTGRESQL]
    environment = PATIENT | {"SONGNET_DATABASE_URL": postgres_url, "SONGNET_WORKERS": "2"}
    with faulty_bot(data, faults, environment=environment) as (songnet, struck):
        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist", 300)
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    words = [line.split()[0] for line in struck.traced()]
    # Whoever comes next begins the step that the killed one was at, and nobody else is at work.
    after_kills = [words[place + 1] for place, word in enumerate(words) if word == "killed"]
    assert after_kills == ["begin"] * len(POINTS_ON_POSTGRESQL), struck.traced()
    assert "doubled" not in words
    assert songnet.output.count("Now ask me for a playlist") == 1
    _assert_ended_once(data, 1, postgres_url)


def test_a_bot_killed_before_it_took_the_file_leaves_none_of_it(data: Path, export: Path) -> None:
    for point in ("storing", "stored"):
        with faulty_bot(data, [Fault(point)]) as (songnet, _):
            songnet.type(f"/import {export}")
            assert songnet.wait_for_end() == -9, point
        assert "Got my_spotify_data.zip" not in songnet.output, point
    with bot(data) as songnet:
        ask_for_playlist(songnet)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    _assert_ended_once(data, 1)


@pytest.mark.timeout(400)
def test_a_bot_killed_after_it_took_the_file_goes_on_and_tells_the_end(
    data: Path, export: Path
) -> None:
    """Each bot ends what the one before it left, and dies at the next point of another import."""
    with faulty_bot(data, [Fault("telling")]) as (songnet, struck):
        songnet.type(f"/import {export}")
        assert songnet.wait_for_end(90) == -9
    with faulty_bot(data, [Fault("told")]) as (songnet, _):
        assert songnet.wait_for_end(90) == -9
    assert songnet.output.count("Now ask me for a playlist") == 1
    for point in ("enqueued", "entered", "answered"):
        with faulty_bot(data, [Fault(point)]) as (songnet, _):
            # At the first point: the end that was told and not noted is told once more.
            songnet.wait_until_said("Now ask me for a playlist")
            songnet.type(f"/import {export}")
            assert songnet.wait_for_end(90) == -9, point
        assert songnet.output.count("Now ask me for a playlist") == 1, point
    with bot(data) as songnet:
        ask_for_playlist(songnet)
        songnet.wait_until_said("Ready")
        songnet.wait_until_said("Now ask me for a playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert not [line for line in struck.traced() if line.startswith("doubled")]
    _assert_ended_once(data, 5)
