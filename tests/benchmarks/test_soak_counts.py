"""The soak finds what it is there to find."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.soak_counts import Event, Outcome, doubled, lost
from chatbot.services.jobs import Job, JobState
from storage.histories import HistoryRecord
from storage.imports import ChatAddress, ImportRecord
from storage.models import ModelRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job("import-a", "import", 1, "a", JobState.DONE, NOW)
IMPORT = ImportRecord(
    "a", 1, NOW, ChatAddress("console", "1", is_private=True), None, ("history.zip",),
    {"history_version": 1}, None, NOW,
)  # fmt: skip
HISTORY = HistoryRecord(1, 1, "key", "", 1, 300, 40, NOW, NOW, NOW)
MODEL = ModelRecord(7, 1, 1, "key", "", 1, 1, {}, NOW)
WELL = Outcome((JOB,), (IMPORT,), HISTORY, MODEL, 1, 0)
TRACE = ("entered a", "begin train import-a", "saved 7 1", "activated 7", "told a", "noted a")


def _events(*lines: str) -> list[Event]:
    return [Event.parse(f"{line} {number}.5") for number, line in enumerate(lines)]


def test_what_went_well_is_neither_lost_nor_doubled() -> None:
    assert lost(WELL, _events(*TRACE)) == []
    assert doubled(WELL, _events(*TRACE)) == ([], 0)


@pytest.mark.parametrize(
    ("outcome", "trace", "said"),
    [
        (replace(WELL, imports=()), TRACE, "has no row"),
        (replace(WELL, jobs=()), TRACE, "the job of import a is None"),
        (replace(WELL, jobs=(replace(JOB, state=JobState.FAILED),)), TRACE, "is failed"),
        (replace(WELL, imports=(replace(IMPORT, report=None),)), TRACE, "no report"),
        (replace(WELL, imports=(replace(IMPORT, announced_at=None),)), TRACE, "not told"),
        (WELL, ("entered a",), "not told"),
        (WELL, ("entered a", "entered b", "told a"), "import b has no row"),
        (replace(WELL, history=None, active=None), TRACE, "1 imports came to 0 merges"),
        (replace(WELL, active=None), TRACE, "has seen history 0 of 1"),
    ],
)
def test_what_is_lost_is_named(outcome: Outcome, trace: tuple[str, ...], said: str) -> None:
    assert [problem for problem in lost(outcome, _events(*trace)) if said in problem]


@pytest.mark.parametrize(
    ("outcome", "more", "said"),
    [
        (WELL, ("doubled train import-a",), "train import-a"),
        (WELL, ("saved 8 1", "activated 8"), "2 trainings of history 1"),
        (WELL, ("told a",), "told twice"),
        (WELL, ("killed-bot", "told a"), "told twice"),  # it was noted
        (replace(WELL, history=replace(HISTORY, version=2)), (), "1 imports came to 2 merges"),
        (replace(WELL, imports=(IMPORT, replace(IMPORT, id="b"))), (), "2 imports are merge 1"),
        (replace(WELL, jobs=(JOB, JOB)), (), "2 jobs of import a"),
        (replace(WELL, models=2), (), "2 models are kept"),
    ],
)
def test_what_is_doubled_is_named(outcome: Outcome, more: tuple[str, ...], said: str) -> None:
    problems, _ = doubled(outcome, _events(*TRACE, *more))
    assert [problem for problem in problems if said in problem]


def test_an_end_that_the_next_bot_tells_once_more_is_counted_apart() -> None:
    trace = ("entered a", "told a", "killed-bot", "told a", "noted a")
    assert doubled(WELL, _events(*trace)) == ([], 1)
