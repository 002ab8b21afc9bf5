from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chatbot.conversation.replies import stage, status_text
from chatbot.services.jobs import Job, JobProgress, JobState
from chatbot.services.status import Status

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _job(
    task: str = "import",
    state: JobState = JobState.RUNNING,
    *,
    position: int | None = None,
    progress: JobProgress | None = None,
) -> Job:
    return Job(f"{task}-7", task, 1, "7", state, NOW, position=position, progress=progress)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (_job(state=JobState.QUEUED, position=3), "Waiting: number 3 in the queue"),
        (_job(), "Reading"),
        (_job("train"), "Learning from your plays"),
        (_job(progress=JobProgress("reading", 0.5, None, {"file": "a.zip"})), "Reading a.zip"),
        (
            _job(progress=JobProgress("training", 0.5, 90, {"epoch": 2, "epochs": 9})),
            "Learning: epoch 2 of 9, about 2 min left",
        ),
        (
            _job(progress=JobProgress("training", 0.5, 8, {"epoch": 1, "epochs": 4} | {"phase": "final"})),
            "Learning on everything: epoch 1 of 4, about 8 s left",
        ),
        (_job(progress=JobProgress("saving")), "Saving what I learned"),
    ],
)  # fmt: skip
def test_a_job_stands_somewhere(job: Job, words: str) -> None:
    assert stage(job) == words


def test_status_tells_an_import_from_a_repair() -> None:
    text = status_text(Status(None, None, (_job(), _job("train")), None), None).text
    assert text == "Import: Reading.\nLearning again: Learning from your plays."


def test_status_tells_why_the_last_import_came_to_nothing() -> None:
    text = status_text(Status(None, None, (), None), "You cancelled it.").text
    assert text == "Your last import did not work: You cancelled it."
