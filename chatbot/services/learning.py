"""Reading an import and learning from it: the worker's half.

Each public method is one step of a job. A step that was cut by a crash is run again from its
start, so each leaves the world as if it had run once. The heavy work runs in a child process that
can be killed at any moment; only this process writes to the storage.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chatbot.services.jobs import JobFailure, JobProgress
from chatbot.services.temporary import TemporaryFolders
from songnet.errors import BrokenHistory, ExportError, ModelError
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob, RecordMissing
from storage.histories import HistoryRecord
from storage.models import ModelRecord

if TYPE_CHECKING:
    from songnet.recommender import Recommender

FAVOURITES = 3
"""So many songs are offered to begin with."""

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Send = Callable[[Any], None]
Report = Callable[[JobProgress], Awaitable[None]]


class ChildRunner(Protocol):
    """Runs `function(send, *args)` in a child process; `chatbot.jobs.child` holds the one.

    The function stands in a module, and what goes in and out can be pickled.
    """

    async def __call__(
        self,
        function: Callable[..., Result],
        *args: Any,
        on_message: Callable[[Any], None] | None = None,
    ) -> Result: ...


@dataclass(frozen=True)
class ReadRequest:
    """What the reading child is given."""

    files: tuple[tuple[str, str], ...]
    """(path, the name that the person knows)."""
    known: str | None
    """The Parquet file of what is stored already."""
    merged: str
    """Where the merged history goes."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Fields of `songnet.exports.ExportLimits`, which this process need not load."""


@dataclass(frozen=True)
class ReadResult:
    """What the reading child found."""

    report: dict[str, Any]
    plays: int
    tracks: int
    added: int
    counted: int
    """Of all plays, those that lasted long enough to be learned from."""
    first_play: datetime
    last_play: datetime


def read_exports(send: Send, request: ReadRequest) -> ReadResult:
    """Runs in a child process: reads the files and merges them into what is known.

    Raises:
        SongnetError: nothing could be read, or there is too little to learn from.
    """
    from songnet.exports import ExportFile, ExportLimits, ReadProgress, read_history
    from songnet.music import History
    from songnet.sessions import check_enough

    names = [name for _, name in request.files]

    def on_progress(progress: ReadProgress) -> None:
        # The file's number: a name would stand in the queue's database in the open.
        detail = {"number": names.index(progress.file) + 1, "rows": progress.rows}
        send(JobProgress("reading", progress.done, detail=detail))

    files = [ExportFile(Path(path), name) for path, name in request.files]
    limits = ExportLimits(**request.limits)
    history, report = read_history(*files, limits=limits, on_progress=on_progress)
    known = History.read_parquet(Path(request.known)) if request.known else History.empty()
    merged = known.merge(history)
    counted = len(check_enough(merged).plays)
    merged.write_parquet(Path(request.merged))
    assert merged.period is not None  # there are enough plays
    first, last = merged.period
    return ReadResult(
        report=report.to_json(),
        plays=len(merged),
        tracks=merged.track_count,
        added=len(merged) - len(known),
        counted=counted,
        first_play=first,
        last_play=last,
    )


@dataclass(frozen=True)
class TrainRequest:
    """What the training child is given."""

    history: str
    model: str
    """Where the model goes."""
    start: str | None
    """Where an earlier model of the person lies, to go on from."""
    threads: int
    model_start: str = "shipped"
    """What a first model starts from, see `songnet.training.TrainingConfig.start`."""


def train_model(send: Send, request: TrainRequest) -> dict[str, Any]:
    """Runs in a child process: trains on a stored history, saves the model, returns its facts.

    Raises:
        SongnetError: the training did not give a usable model.
    """
    # Read when torch is loaded: threads that wait for each other leave the core to others.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from songnet.music import History
    from songnet.recommender import Recommender
    from songnet.training import TrainingConfig, TrainingProgress

    def on_progress(progress: TrainingProgress) -> None:
        detail = {"phase": progress.phase, "epoch": progress.epoch, "epochs": progress.epochs}
        send(JobProgress("training", progress.done, progress.seconds_left, detail))

    start = None
    if request.start:
        with suppress(ModelError):  # a damaged or older one is no loss: all is learned anew
            start = Recommender.load(request.start)
    recommender = Recommender.train(
        History.read_parquet(Path(request.history)),
        on_progress=on_progress,
        threads=request.threads,
        config=TrainingConfig(start=request.model_start),
        start=start,
    )
    recommender.save(Path(request.model))
    return recommender.facts() | {"examples": favourites(recommender)}


def favourites(recommender: Recommender) -> list[str]:
    """What a person plays most, by names that mean these songs and no others of the library."""
    return [favourite.text for favourite in recommender.complete("", FAVOURITES)]


class LearningService:
    """From raw uploads to an active model."""

    def __init__(
        self,
        storage: Storage,
        run_in_child: ChildRunner,
        *,
        temporary: TemporaryFolders,
        training_threads: int,
        model_start: str = "shipped",
        export_limits: Mapping[str, int] | None = None,
    ) -> None:
        self._storage = storage
        self._export_limits = dict(export_limits or {})
        self._run_in_child = run_in_child
        self._temporary = temporary
        self._training_threads = training_threads
        self._model_start = model_start

    async def read(self, user_id: int, import_id: str, report: Report) -> None:
        """Merges an import's files into the user's history, then deletes the raw files.

        Does nothing more where the person is gone.

        Raises:
            SongnetError: nothing could be read; the history stays as it was. The import keeps the
                error as it is; what is raised goes through the queue, and its words are left out.
        """
        async with self._unless_gone(user_id):
            try:
                await self._read(user_id, import_id, report)
            except ExportError as error:
                await self._storage.imports.set_failure(import_id, error.kind, error.facts())
                raise _without_words(error) from None

    @asynccontextmanager
    async def _unless_gone(self, user_id: int) -> AsyncIterator[None]:
        """Lets a step end quietly whose person had everything deleted meanwhile."""
        try:
            yield
        except (RecordMissing, BlobMissing, BrokenHistory):
            if await self._storage.users.created_at(user_id) is not None:
                raise
            logger.info("user %d is gone; so is the work for them", user_id)

    async def _read(self, user_id: int, import_id: str, report: Report) -> None:
        record = await self._storage.imports.get(import_id)
        if record is None:  # the user was deleted in the meantime
            return
        stored = await self._storage.histories.get(user_id)
        version = stored.version if stored else 0
        done_before = record.report is not None and record.report["history_version"] <= version
        if not done_before:
            async with self._temporary.folder() as directory:
                await self._merge(user_id, import_id, directory, report)
        await self._storage.uploads.delete_of_import(import_id)

    async def _merge(self, user_id: int, import_id: str, directory: Path, report: Report) -> None:
        await report(JobProgress("reading"))
        storage = self._storage
        files = []
        for number, upload in enumerate(await storage.uploads.of_import(import_id)):
            path = directory / f"upload-{number}"
            await storage.blobs.fetch(upload.blob_key, path)
            files.append((str(path), upload.file_name))
        known_path, merged = directory / "known.parquet", directory / "merged.parquet"
        known = await self._fetch_history(user_id, known_path)
        request = ReadRequest(
            tuple(files),
            str(known_path) if known else None,
            str(merged),
            self._export_limits,
        )
        result = await self._run_in_child(read_exports, request, on_message=_forward(report))
        version = known.version if known else 0
        # The report first: with it, a step that is run again knows whether its merge was done.
        await storage.imports.set_report(
            import_id,
            result.report
            | {
                "history_version": version + 1,
                "history_plays": result.plays,
                "history_tracks": result.tracks,
                "added": result.added,
                "history_counted": result.counted,
            },
        )
        await storage.histories.replace(
            user_id,
            merged,
            plays=result.plays,
            tracks=result.tracks,
            first_play=result.first_play,
            last_play=result.last_play,
            expected_version=version,
        )

    async def train_after(self, user_id: int, import_id: str, report: Report) -> None:
        """Trains after an import, unless a later one is still to be read and trains on both.

        Should that one come to nothing, `chatbot.services.relearning` begins the training.
        """
        entries = await self._storage.imports.of_user(user_id)
        places = {entry.id: place for place, entry in enumerate(entries)}
        later = entries[places.get(import_id, len(entries)) + 1 :]
        if not any(entry.report is None and entry.failure is None for entry in later):
            await self.train(user_id, report)

    async def train(self, user_id: int, report: Report) -> None:
        """Trains on the stored history and makes the model the active one.

        Does nothing where the active model has seen that history already.
        """
        storage = self._storage
        history = await storage.histories.get(user_id)
        active = await storage.models.active(user_id)
        if history is None or (active and active.history_version >= history.version):
            return
        await report(JobProgress("training"))
        async with self._unless_gone(user_id), self._temporary.folder() as directory:
            source, model = directory / "history.parquet", directory / "model"
            fetched = await self._fetch_history(user_id, source)
            if fetched is None:
                return
            start = await self._fetch_model(active, directory / "start") if active else None
            facts = await self._run_in_child(
                train_model,
                TrainRequest(
                    str(source), str(model), start, self._training_threads, self._model_start
                ),
                on_message=_forward(report),
            )
            await report(JobProgress("saving"))
            saved = await storage.models.save(
                user_id, model, history_version=fetched.version, facts=facts
            )
            await storage.models.activate(saved.id)

    async def _fetch_model(self, record: ModelRecord, to: Path) -> str | None:
        """The path of an earlier model; None where it cannot be used."""
        try:
            content = await self._storage.models.read(record)
        except (BlobMissing, CorruptBlob):
            return None
        await asyncio.to_thread(to.write_bytes, content)
        return str(to)

    async def _fetch_history(self, user_id: int, to: Path) -> HistoryRecord | None:
        try:
            return await self._storage.histories.fetch(user_id, to)
        except (BlobMissing, CorruptBlob) as error:
            logger.warning("the history of user %d cannot be used: %s", user_id, error)
            raise BrokenHistory(str(error)) from error

    async def give_up(self, import_id: str, failure: JobFailure) -> None:
        """Cleans up after an import that failed or was cancelled; the raw files go."""
        await self._storage.uploads.delete_of_import(import_id)
        record = await self._storage.imports.get(import_id)
        known = record.failure if record else None
        if known is None or known.kind != failure.kind:  # else it is kept with its words
            await self._storage.imports.set_failure(import_id, failure.kind, failure.facts)


def _without_words(error: ExportError) -> ExportError:
    """The same error without the names and findings that it quotes."""
    for fact in fields(error):
        if isinstance(getattr(error, fact.name), str):
            setattr(error, fact.name, "")
    return error


def _forward(report: Report) -> Callable[[Any], None]:
    """Lets a child's messages, which arrive in a callback, reach the job's progress."""
    under_way: set[asyncio.Future[None]] = set()

    def forward(progress: Any) -> None:
        task = asyncio.ensure_future(report(progress))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    return forward
