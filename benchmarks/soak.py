"""Kills the bot and its workers at random instants, and counts what is lost, doubled or stuck.

    python -m benchmarks.soak --kills 100 --seed 1
    python -m benchmarks.soak --kills 100 --seed 1 --database postgres --seconds 600 --json

A person at the console sends histories and asks for playlists, while `kill -9` strikes the bot or
its worker. The seed draws who and when, within the time that a job takes where nobody disturbs it,
so that the kills strike a slow machine at work too; what the machine does meanwhile is its own.
Then everything is let come to its end, and counted: from the storage, the queue, and the trace that
the processes leave of what they did (`tests.end_to_end.launcher`). What stands on the screen counts
for nothing.

lost: an import that was entered and has no row, no finished job, no report, no merge or no model
after it, or whose end was not told. unanswered: a question for a playlist that a bot which lived on
did not answer with 20 tracks: whatever else is being killed, the old model answers. doubled: two
steps at work for one person at once, a merge or a training that took effect twice, an end told
twice by one bot or after it was noted. stuck: any wait that reached its limit. left: processes,
uploads and temporary files after the end. An end that the next bot tells once more is counted
apart, for it is told at least once (`told_again`). How each is found: `benchmarks.soak_counts`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.soak_counts import Event, Outcome, about, doubled, lost
from benchmarks.soak_report import Report
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.services.jobs import Job, JobState
from songnet.demo import write_demo_export
from storage import Storage
from tests.end_to_end.bot_process import BotProcess, processes_with, workers_of
from tests.end_to_end.faults import Faults, faulty_bot
from tests.end_to_end.homes import raw_files_in
from tests.postgres import PostgresServer

USER_ID = 1
PLAYS = 300
SEEDS = "Faded; Animals; Alone"
MOST_UNFINISHED = (1, 1, 1, 2)
"""One of these at a time: of two imports, only the second is followed by a training."""
START_SECONDS = 180
TAKE_UP_SECONDS = 180
END_SECONDS = 600
ANSWER_SECONDS = 180
"""A wait that is longer counts as stuck."""
ANSWER = re.compile(r"^ *20\. .*open\.spotify\.com", re.MULTILINE)
MOST_STUCK = 3
"""After so many it ends: each has waited long."""
PATIENT = {"SONGNET_JOB_ATTEMPTS": "20", "SONGNET_MAX_IMPORTS_A_DAY": "1000"}
"""A job that we hit again and again is no job that kills its worker."""


def _answers(bot: BotProcess) -> int:
    """How many playlists it has shown so far."""
    bot.output += "".join(bot.unread())
    return len(ANSWER.findall(bot.output))


@dataclass(frozen=True)
class Kill:
    """One that struck while a job ran."""

    of_bot: bool
    at: float
    jobs: frozenset[str]


class Soak:
    """One run: bots, one after the other, on one data directory."""

    def __init__(self, folder: Path, report: Report, url: str | None, plays: int) -> None:
        self._data = folder / "data"
        self._export = folder / "history.zip"
        self._url = url
        self._rng = random.Random(report.seed)
        self._report = report
        self._loop = asyncio.Runner()
        self._jobs: DbosJobs | None = None
        (folder / "faults").mkdir()
        self._trace = Faults(folder / "faults", [])
        self._orphans: Kill | None = None
        self._kills_until = math.inf
        self._job_seconds = 0.0
        """What an import and its training take here where nobody disturbs them."""
        write_demo_export(self._export, plays=plays)
        # Else the job that sets the pace is the one in which the walks are compiled.
        subprocess.run([sys.executable, "-m", "songnet.evidence"], check=True)

    def run(self, kills: int, seconds: float) -> None:
        """Kills so often or for so long, lets everything come to its end, and counts."""
        began = time.monotonic()
        with self._loop:
            self._learn_undisturbed()
            self._kills_until = time.monotonic() + seconds
            while self._goes_on(kills):
                self._one_bot(kills)
            self._settle()
            self._count()
        self._report.seconds = round(time.monotonic() - began, 1)

    def _goes_on(self, kills: int) -> bool:
        is_time = time.monotonic() < self._kills_until
        return self._report.kills < kills and is_time and len(self._report.stuck) < MOST_STUCK

    @contextmanager
    def _bot(self) -> Iterator[BotProcess]:
        settings = PATIENT | ({"SONGNET_DATABASE_URL": self._url} if self._url else {})
        with faulty_bot(self._data, [], environment=settings) as (bot, _):
            try:
                bot.wait_for("/help tells", START_SECONDS)
            except AssertionError as error:
                self._report.stuck.append(f"a bot that did not start: {error}")
            yield bot

    def _learn_undisturbed(self) -> None:
        """Makes the old model, and measures between which bounds a kill strikes a job at work."""
        with self._bot() as bot:
            began = time.monotonic()
            bot.type(f"/import {self._export}")
            bot.wait_for("Now ask me for a playlist", END_SECONDS)
            self._job_seconds = time.monotonic() - began
            self._within(END_SECONDS, self._is_everything_told)
            bot.type("/quit")
            bot.wait_for_end(START_SECONDS)
        self._report.job_seconds = round(self._job_seconds, 1)

    def _one_bot(self, kills: int) -> None:
        """Until it is killed, or there were kills enough."""
        with self._bot() as bot:
            self._await_take_up()
            asked = 0
            while self._goes_on(kills) and bot.process.poll() is None:
                if len(self._unfinished()) < self._rng.choice(MOST_UNFINISHED):
                    bot.type(f"/import {self._export}")
                bot.type(f"/playlist {SEEDS}")
                asked += 1
                time.sleep(self._rng.uniform(0, self._job_seconds))
                self._kill(bot, is_bot=self._rng.random() < 0.4)
                if bot.process.poll() is None:
                    self._await_take_up()
                    self._await_answers(bot, asked)
            self._report.answered += _answers(bot)

    def _await_answers(self, bot: BotProcess, asked: int) -> None:
        if not self._within(ANSWER_SECONDS, lambda: _answers(bot) >= asked):
            missing = f"{asked - _answers(bot)} of {asked} questions: {bot.output[-500:]}"
            self._report.unanswered.append(missing)

    def _kill(self, bot: BotProcess, *, is_bot: bool) -> None:
        workers = [] if is_bot else workers_of(bot.process.pid, self._data)
        if not is_bot and not workers:  # the last one is not replaced yet
            return
        running = frozenset(job.id for job in self._unfinished() if job.state is JobState.RUNNING)
        at = time.monotonic()
        if is_bot:
            bot.kill()
            self._trace.trace("killed-bot")
            self._report.kills_of_bots += 1
        else:
            os.kill(workers[0], signal.SIGKILL)
            self._report.kills_of_workers += 1
        self._orphans = Kill(is_bot, at, running)

    def _await_take_up(self) -> None:
        """Until a step of every job that ran begins again, or it had ended just before."""
        kill, self._orphans = self._orphans, None
        if kill is None:
            return
        waits = self._report.after_bots if kill.of_bot else self._report.after_workers
        for job_id in kill.jobs:
            if self._within(TAKE_UP_SECONDS, partial(self._is_over, job_id, kill)):
                waits += [event.at - kill.at for event in self._begun(job_id, kill.at)][:1]
            else:
                self._report.stuck.append(f"{job_id} was not taken up in {TAKE_UP_SECONDS} s")

    def _is_over(self, job_id: str, kill: Kill) -> bool:
        still = {job.id for job in self._unfinished()}
        return bool(self._begun(job_id, kill.at)) or job_id not in still

    def _begun(self, job_id: str, since: float) -> list[Event]:
        return [
            event
            for event in self._events()
            if event.word == "begin" and event.about[-1] == job_id and event.at > since
        ]

    def _settle(self) -> None:
        """Lets everything come to its end under a bot that nobody kills."""
        with self._bot() as bot:
            self._await_take_up()
            if not self._within(END_SECONDS, lambda: not self._unfinished()):
                self._report.stuck += [f"{job.id} is {job.state}" for job in self._unfinished()]
            self._within(END_SECONDS, self._is_everything_told)  # what is not told is lost
            bot.type(f"/playlist {SEEDS}")
            self._await_answers(bot, 1)
            self._report.answered += _answers(bot)
            try:
                bot.type("/quit")
                bot.wait_for_end()
            except (AssertionError, OSError) as error:
                self._report.stuck.append(f"the last bot: {error}")
        left = processes_with(self._data)
        self._report.left += [f"process {process}" for process in left]
        self._report.left += [str(path) for path in raw_files_in(self._data)]

    def _count(self) -> None:
        jobs = self._all_jobs
        if self._jobs is not None:
            self._loop.run(self._jobs.close())
        outcome = self._loop.run(self._read_storage(jobs))
        events = self._events()
        report = self._report
        report.lost += lost(outcome, events)
        doubled_here, report.told_again = doubled(outcome, events)
        report.doubled += doubled_here
        report.imports, report.playlists = len(outcome.imports), outcome.playlists
        report.trainings = sum(event.word == "activated" for event in events)

    async def _read_storage(self, jobs: list[Job]) -> Outcome:
        url = self._url or f"sqlite+aiosqlite:///{self._data}/songnet.sqlite"
        storage = await Storage.open(url, f"file://{self._data}/blobs", f"file://{self._data}/keys")
        try:
            return Outcome(
                jobs,
                await storage.imports.of_user(USER_ID),
                await storage.histories.get(USER_ID),
                await storage.models.active(USER_ID),
                len(await storage.models.of_user(USER_ID)),
                len(await storage.playlists.of_user(USER_ID)),
            )
        finally:
            await storage.close()

    def _is_everything_told(self) -> bool:
        events = self._events()
        return about(events, "entered") <= about(events, "noted")

    def _within(self, seconds: float, is_so: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _events(self) -> list[Event]:
        return [Event.parse(line) for line in self._trace.traced()]

    @property
    def _all_jobs(self) -> list[Job]:
        if self._jobs is None:
            url = self._url or f"sqlite:///{self._data}/jobs.sqlite"
            self._jobs = self._loop.run(DbosJobs.open(url))
        return self._loop.run(self._jobs.of_user(USER_ID, unfinished_only=False))

    def _unfinished(self) -> list[Job]:
        return [job for job in self._all_jobs if not job.state.is_final]


def soak(
    kills: int,
    seed: int,
    database: str = "sqlite",
    *,
    seconds: float = math.inf,
    plays: int = PLAYS,
) -> Report:
    """Runs one soak in a temporary folder; after so many seconds it kills no more."""
    report = Report(database, seed)
    with tempfile.TemporaryDirectory(prefix="songnet-soak-") as folder, _server(database) as url:
        Soak(Path(folder), report, url, plays).run(kills, seconds)
    return report


@contextmanager
def _server(database: str) -> Iterator[str | None]:
    if database == "sqlite":
        yield None
        return
    server = PostgresServer()
    try:
        server.start()
        yield server.url(server.create_database())
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=math.inf, help="of killing, at most")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    report = soak(options.kills, options.seed, options.database, seconds=options.seconds)
    figures = report.figures()
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(*(f"{name}: {value}" for name, value in figures.items()), sep="\n")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
