"""Steps that are cut at any point and run again; people who leave in the middle of one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chatbot.bootstrap import export_limits
from chatbot.services.jobs import JobFailure, JobProgress
from chatbot.services.learning import (
    LearningService,
    TrainRequest,
    favourites,
    read_exports,
    train_model,
)
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import load_settings
from songnet.errors import LimitExceeded
from songnet.exports import read_history
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage
from storage.imports import ChatAddress, NewUpload

PLAYS = 90
CUTS = [
    (part, method, moment)
    for part, method in [
        ("imports", "set_report"),
        ("histories", "replace"),
        ("uploads", "delete_of_import"),
        ("models", "save"),
        ("models", "activate"),
    ]
    for moment in ("before", "after")
]


class Killed(BaseException):
    """The worker died here."""


@dataclass
class Heavy:
    """Runs the reading at once, and trains nothing; counts, and does something on the way."""

    runs: list[str] = field(default_factory=list)
    starts: list[bytes | None] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None

    async def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], None] | None = None,
    ) -> Any:
        self.runs.append(function.__name__)
        if self.meanwhile is not None:
            await self.meanwhile()
        if function is read_exports:
            return function(on_message or print, *args)
        (request,) = args
        assert isinstance(request, TrainRequest)
        self.starts.append(Path(request.start).read_bytes() if request.start else None)
        Path(request.model).write_bytes(Path(request.history).read_bytes()[:100])
        return {"examples": ["Song 1"]}


async def _unreported(_progress: JobProgress) -> None:
    pass


def _export(first: int) -> bytes:
    """Plays of 30 songs, with a longer break after every tenth."""
    start = datetime(2024, 5, 1, tzinfo=UTC)
    rows = []
    for number in range(first, first + PLAYS):
        ended = start + timedelta(minutes=4 * number + 60 * (number // 10))
        rows.append(
            {
                "ts": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
                "ms_played": 200_000,
                "master_metadata_track_name": f"Song {number % 30}",
                "master_metadata_album_artist_name": f"Artist {number % 7}",
                "master_metadata_album_album_name": None,
                "spotify_track_uri": None,
                "episode_name": None,
                "episode_show_name": None,
                "spotify_episode_uri": None,
            }
        )
    return json.dumps(rows).encode()


@pytest.fixture
def heavy() -> Heavy:
    return Heavy()


@pytest.fixture
def learning(storage: Storage, heavy: Heavy, tmp_path: Path) -> LearningService:
    folders = TemporaryFolders(tmp_path / "tmp")
    return LearningService(storage, heavy, temporary=folders, training_threads=1)


async def _send(storage: Storage, user_id: int, import_id: str, content: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    key = f"users/{user_id}/uploads/{import_id}-0"
    await storage.blobs.put_stream(key, chunks(), max_bytes=len(content))
    upload = NewUpload(f"{import_id}-0", "history.json", len(content), key)
    chat = ChatAddress("console", "me", is_private=True)
    await storage.imports.create(import_id, user_id, chat, [upload])


async def _learn(learning: LearningService, user_id: int, import_id: str) -> None:
    await learning.read(user_id, import_id, _unreported)
    await learning.train(user_id, _unreported)


def _cut(
    monkeypatch: pytest.MonkeyPatch, storage: Storage, part: str, method: str, moment: str
) -> None:
    real = getattr(getattr(storage, part), method)

    async def cut(*args: Any, **keywords: Any) -> None:
        if moment == "after":
            await real(*args, **keywords)
        raise Killed

    monkeypatch.setattr(getattr(storage, part), method, cut)


@pytest.mark.parametrize("point", CUTS, ids="-".join)
async def test_a_job_that_is_cut_and_run_again_comes_to_the_same(
    storage: Storage,
    user_id: int,
    learning: LearningService,
    monkeypatch: pytest.MonkeyPatch,
    point: tuple[str, str, str],
) -> None:
    await _send(storage, user_id, "one", _export(0))
    await _learn(learning, user_id, "one")
    await _send(storage, user_id, "two", _export(PLAYS // 2))
    with monkeypatch.context() as patch:
        _cut(patch, storage, *point)
        with pytest.raises(Killed):
            await _learn(learning, user_id, "two")
    await _learn(learning, user_id, "two")

    history = await storage.histories.get(user_id)
    record = await storage.imports.get("two")
    models = await storage.models.of_user(user_id)
    assert history is not None
    assert record is not None
    assert record.report is not None
    assert (history.version, history.plays) == (2, PLAYS + PLAYS // 2)
    assert (record.report["history_version"], record.report["added"]) == (2, PLAYS // 2)
    assert [model.history_version for model in models] == [2]
    assert await storage.models.active(user_id) == models[0]
    await storage.sweep(min_age=timedelta(0))  # an old file's deletion may have been cut
    keys = {blob.key for blob in await storage.blobs.list("users/")}
    assert keys == {history.blob_key, models[0].blob_key}


async def test_an_operators_limits_hold_in_the_reading(
    storage: Storage, user_id: int, heavy: Heavy, tmp_path: Path
) -> None:
    settings = load_settings(None).model_copy(update={"max_rows": 7})
    learning = LearningService(
        storage,
        heavy,
        temporary=TemporaryFolders(tmp_path / "tmp"),
        training_threads=1,
        export_limits=export_limits(settings),
    )
    await _send(storage, user_id, "one", _export(0))
    with pytest.raises(LimitExceeded) as caught:
        await learning.read(user_id, "one", _unreported)
    assert caught.value.allowed == 7


async def test_the_report_counts_what_is_learned_from(
    storage: Storage, user_id: int, learning: LearningService
) -> None:
    history = json.loads(_export(0))
    history[0]["ms_played"] = 29_999
    await _send(storage, user_id, "one", json.dumps(history).encode())
    await _learn(learning, user_id, "one")
    record = await storage.imports.get("one")
    assert record is not None
    assert record.report is not None
    assert (record.report["history_plays"], record.report["history_counted"]) == (PLAYS, PLAYS - 1)


async def test_what_was_learned_is_not_learned_again(
    storage: Storage, user_id: int, learning: LearningService, heavy: Heavy
) -> None:
    await _send(storage, user_id, "one", _export(0))
    for _ in range(2):
        await _learn(learning, user_id, "one")
    assert heavy.runs == ["read_exports", "train_model"]


async def test_whoever_leaves_during_the_reading_leaves_nothing(
    storage: Storage, user_id: int, learning: LearningService, heavy: Heavy, tmp_path: Path
) -> None:
    await _send(storage, user_id, "one", _export(0))
    heavy.meanwhile = lambda: storage.delete_user(user_id)
    await learning.read(user_id, "one", _unreported)
    await learning.give_up("one", JobFailure("cancelled"))
    await _learn(learning, user_id, "one")
    assert await storage.blobs.list("users/") == []
    assert await storage.imports.get("one") is None
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_whoever_leaves_during_the_training_leaves_nothing(
    storage: Storage, user_id: int, learning: LearningService, heavy: Heavy, tmp_path: Path
) -> None:
    await _send(storage, user_id, "one", _export(0))
    await learning.read(user_id, "one", _unreported)
    heavy.meanwhile = lambda: storage.delete_user(user_id)
    await learning.train(user_id, _unreported)
    assert await storage.blobs.list("users/") == []
    assert await storage.models.of_user(user_id) == []
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_an_import_that_is_given_up_keeps_its_reason_and_no_file(
    storage: Storage, user_id: int, learning: LearningService
) -> None:
    await _send(storage, user_id, "one", _export(0))
    for _ in range(2):
        await learning.give_up("one", JobFailure("TooFewPlays", {"plays": 3}))
    record = await storage.imports.get("one")
    assert record is not None
    assert record.failure is not None
    assert (record.failure.kind, record.failure.facts) == ("TooFewPlays", {"plays": 3})
    assert await storage.blobs.list("users/") == []


async def test_a_training_is_given_the_earlier_model_to_go_on_from(
    storage: Storage, user_id: int, learning: LearningService, heavy: Heavy
) -> None:
    await _send(storage, user_id, "one", _export(0))
    await _learn(learning, user_id, "one")
    active = await storage.models.active(user_id)
    assert active is not None
    earlier = await storage.models.read(active)
    await _send(storage, user_id, "two", _export(PLAYS))
    await _learn(learning, user_id, "two")

    assert heavy.starts == [None, earlier]


def test_a_damaged_earlier_model_is_no_loss(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_bytes(_export(0))
    history, _ = read_history(tmp_path / "export.json")
    history.write_parquet(tmp_path / "history")
    (tmp_path / "start").write_bytes(b"no model")

    facts = train_model(
        lambda _message: None,
        TrainRequest(
            str(tmp_path / "history"), str(tmp_path / "model"), str(tmp_path / "start"), 1
        ),
    )

    assert facts["plays"] == PLAYS


def test_favourites_with_namesakes_say_by_whom_they_are() -> None:
    songs = [("Martin Garrix", "Animals")] * 30 + [("Alan Walker", "Faded")] * 20
    songs += [("Maroon 5", "Animals")] * 10 + [("Others", f"Song {n}") for n in range(10)]
    plays = pd.DataFrame(songs, columns=["artist", "title"])
    plays["started_at"] = pd.date_range("2024-01-01", periods=70, freq="47min", tz="UTC")
    config = TrainingConfig(model="popularity")
    recommender = Recommender.train(History.from_plays(plays), config=config)
    assert favourites(recommender) == [
        "Animals - Martin Garrix",
        "Faded",
        "Animals - Maroon 5",
    ]
