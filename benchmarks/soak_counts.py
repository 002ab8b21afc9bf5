"""What a soak counts, from what the storage and the queue hold and what the processes left word of.

A word of the trace is left right after the deed. A process that is killed between the two leaves
none, so the trace alone proves that something happened, never that it did not; and what is asked of
every import that was entered is asked of the storage and the queue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from chatbot.services.jobs import IMPORT_TASK, Job, JobState
from storage.histories import HistoryRecord
from storage.imports import ImportRecord
from storage.models import ModelRecord


@dataclass(frozen=True)
class Event:
    """A line of the trace."""

    word: str
    about: tuple[str, ...]
    at: float

    @classmethod
    def parse(cls, line: str) -> Self:
        word, *about, at = line.split()
        return cls(word, tuple(about), float(at))


@dataclass(frozen=True)
class Outcome:
    """What the storage and the queue hold at the end."""

    jobs: Sequence[Job]
    imports: Sequence[ImportRecord]
    history: HistoryRecord | None
    active: ModelRecord | None
    models: int
    playlists: int


def about(events: Iterable[Event], word: str) -> set[str]:
    """Of what a word was left."""
    return {event.about[0] for event in events if event.word == word}


def lost(outcome: Outcome, events: Sequence[Event]) -> list[str]:
    """Every import that was entered, and did not come to all that it should."""
    jobs = {job.id: job for job in outcome.jobs}
    records = {record.id: record for record in outcome.imports}
    problems = []
    for import_id in sorted(about(events, "entered") | records.keys()):
        job, record = jobs.get(f"{IMPORT_TASK}-{import_id}"), records.get(import_id)
        if record is None:
            problems.append(f"import {import_id} has no row")
            continue
        if job is None or job.state is not JobState.DONE:
            problems.append(f"the job of import {import_id} is {job and job.state}")
        if record.report is None:
            problems.append(f"import {import_id} has no report")
        if record.announced_at is None or import_id not in about(events, "told"):
            problems.append(f"the end of import {import_id} was not told")
    version = outcome.history.version if outcome.history else 0
    if version < len(records):
        problems.append(f"{len(records)} imports came to {version} merges")
    learned = outcome.active.history_version if outcome.active else 0
    if learned != version:
        problems.append(f"the model that answers has seen history {learned} of {version}")
    return problems


def doubled(outcome: Outcome, events: Sequence[Event]) -> tuple[list[str], int]:
    """What took effect twice; and how many ends the next bot told once more, as it may."""
    problems = [" ".join(event.about) for event in events if event.word == "doubled"]
    reports = [record.report for record in outcome.imports if record.report is not None]
    merges = Counter(report["history_version"] for report in reports)
    problems += [f"{count} imports are merge {n}" for n, count in merges.items() if count > 1]
    version = outcome.history.version if outcome.history else 0
    if version > len(outcome.imports):
        problems.append(f"{len(outcome.imports)} imports came to {version} merges")
    learned = {event.about[0]: event.about[1] for event in events if event.word == "saved"}
    trainings = Counter(
        learned.get(event.about[0]) for event in events if event.word == "activated"
    )
    problems += [f"{count} trainings of history {n}" for n, count in trainings.items() if count > 1]
    if outcome.models > 1:
        problems.append(f"{outcome.models} models are kept")
    jobs = Counter(job.subject_id for job in outcome.jobs)
    problems += [f"{count} jobs of import {n}" for n, count in jobs.items() if count > 1]
    twice, again = _tellings(events)
    return problems + twice, again


def _tellings(events: Sequence[Event]) -> tuple[list[str], int]:
    noted: set[str] = set()
    told: set[str] = set()
    told_by_this_bot: set[str] = set()
    problems, again = [], 0
    for event in events:
        if event.word == "killed-bot":
            told_by_this_bot.clear()
        elif event.word == "noted":
            noted.add(event.about[0])
        elif event.word == "told":
            import_id = event.about[0]
            if import_id in noted | told_by_this_bot:
                problems.append(f"the end of import {import_id} was told twice")
            again += import_id in told
            told.add(import_id)
            told_by_this_bot.add(import_id)
    return problems, again
