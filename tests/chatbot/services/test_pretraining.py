"""Who agreed teaches the start of new models, and nobody else does."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatbot.jobs.child import ChildCrashed, ChildFailed, run_in_child
from chatbot.operations.places import OperationRefused
from chatbot.operations.pretraining import pretrain
from chatbot.services.pretraining import (
    AGREED,
    ConsentTakenBack,
    PretrainingService,
    StartRequest,
    TooFewPeople,
    consent,
    make_start,
)
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import Settings
from songnet.errors import TrainingFailed
from songnet.models import start
from songnet.music import History
from songnet.pretraining import PretrainingConfig
from storage import Storage
from storage.preferences import CONSENTS
from tests.songnet.listeners import chain_sessions, history_of

LEAST = 2


@dataclass
class Child:
    """Notes whose plays it is given, and learns nothing from them."""

    taught_by: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[Any]] | None = None
    ends: bool = True
    killed: bool = False

    async def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], None] | None = None,
    ) -> Any:
        (request,) = args
        assert function is make_start
        assert isinstance(request, StartRequest)
        for path in request.histories:
            self.taught_by.append(History.read_parquet(Path(path)).frame["artist"].iloc[0])
        try:
            if self.meanwhile is not None:
                await self.meanwhile()
            if not self.ends:
                await asyncio.Event().wait()
        except asyncio.CancelledError:  # perhaps before what happens meanwhile is through
            self.killed = True
            raise
        Path(request.start).write_bytes(b"learned")
        return len(request.histories)


@pytest.fixture
def child() -> Child:
    return Child()


NEVER_LOOKS = 3600.0


def service_that_looks(
    storage: Storage, child: Child, tmp_path: Path, seconds: float
) -> PretrainingService:
    folders = TemporaryFolders(tmp_path / "tmp")
    return PretrainingService(
        storage, child, temporary=folders, least_people=LEAST, threads=1, look_seconds=seconds
    )


@pytest.fixture
def service(storage: Storage, child: Child, tmp_path: Path) -> PretrainingService:
    return service_that_looks(storage, child, tmp_path, NEVER_LOOKS)


async def listener(
    storage: Storage, name: str, tmp_path: Path, *, agrees: bool, sessions: int = 20
) -> int:
    """Somebody whose only artist bears their own name."""
    user_id = await storage.users.resolve("console", name)
    walks = chain_sessions(tracks=15, sessions=sessions, length=8, seed=user_id)
    titles = {title for walk in walks for title in walk}
    history = history_of(walks, artist_of=dict.fromkeys(titles, name))
    path = tmp_path / f"{name}.parquet"
    history.write_parquet(path)
    assert history.period is not None
    first, last = history.period
    await storage.histories.replace(
        user_id,
        path,
        plays=len(history),
        tracks=history.track_count,
        first_play=first,
        last_play=last,
        expected_version=0,
    )
    if agrees:
        await storage.preferences.change(user_id, **consent(agrees=True))
    return user_id


def ignored(_done: float) -> None:
    pass


async def test_only_those_who_agreed_take_part(
    storage: Storage, service: PretrainingService, child: Child, tmp_path: Path
) -> None:
    for name, agrees in (("ann", True), ("bob", False), ("cem", True)):
        await listener(storage, name, tmp_path, agrees=agrees)
    target = tmp_path / "start"

    assert await service.make(target, ignored) == 2
    assert child.taught_by == ["ann", "cem"]
    assert target.read_bytes() == b"learned"


async def test_who_took_it_back_takes_no_part(
    storage: Storage, service: PretrainingService, child: Child, tmp_path: Path
) -> None:
    people = [
        await listener(storage, name, tmp_path, agrees=True) for name in ("ann", "bob", "cem")
    ]
    await storage.preferences.change(people[1], **consent(agrees=False))
    await service.make(tmp_path / "start", ignored)

    assert child.taught_by == ["ann", "cem"]


async def test_too_few_people_make_no_start(
    storage: Storage, service: PretrainingService, child: Child, tmp_path: Path
) -> None:
    await listener(storage, "ann", tmp_path, agrees=True)
    await listener(storage, "bob", tmp_path, agrees=False)

    with pytest.raises(TooFewPeople, match=r"1 who agreed .* at least 2 .*LEAST_PEOPLE"):
        await service.make(tmp_path / "start", ignored)
    assert child.taught_by == []
    assert not (tmp_path / "start").exists()


@pytest.mark.parametrize("ends", [True, False], ids=["at the end", "in the middle"])
@pytest.mark.parametrize("leaves", ["taken back", "forgotten"])
async def test_who_leaves_meanwhile_leaves_nothing_in_it(
    storage: Storage, child: Child, tmp_path: Path, leaves: str, *, ends: bool
) -> None:
    service = service_that_looks(storage, child, tmp_path, NEVER_LOOKS if ends else 0.01)
    people = [
        await listener(storage, name, tmp_path, agrees=True) for name in ("ann", "bob", "cem")
    ]

    async def leave() -> None:
        if leaves == "forgotten":
            await storage.delete_user(people[0])
        else:
            await storage.preferences.change(people[0], **consent(agrees=False))

    child.meanwhile, child.ends = leave, ends
    with pytest.raises(ConsentTakenBack):
        async with asyncio.timeout(30):
            await service.make(tmp_path / "start", ignored)
    assert child.killed is not ends
    assert not (tmp_path / "start").exists()
    assert not list((tmp_path / "tmp").iterdir())


async def test_who_leaves_without_plays_stops_nothing(
    storage: Storage, service: PretrainingService, child: Child, tmp_path: Path
) -> None:
    for name in ("ann", "bob"):
        await listener(storage, name, tmp_path, agrees=True)
    without = await storage.users.resolve("console", "cem")
    await storage.preferences.change(without, **consent(agrees=True))
    child.meanwhile = partial(storage.delete_user, without)

    assert await service.make(tmp_path / "start", ignored) == 2


def test_who_has_too_few_plays_does_not_count(tmp_path: Path) -> None:
    paths = [tmp_path / "long", tmp_path / "short"]
    history_of(chain_sessions(tracks=15, sessions=20, length=8)).write_parquet(paths[0])
    history_of([["a", "b"]]).write_parquet(paths[1])
    request = StartRequest([str(path) for path in paths], str(tmp_path / "start"), LEAST, 1)

    assert make_start(ignored, request) == 1
    assert not (tmp_path / "start").exists()


def test_those_whose_sessions_do_not_fit_do_not_count_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = partial(PretrainingConfig, most_events=200)
    monkeypatch.setattr("songnet.pretraining.PretrainingConfig", config)
    paths = [tmp_path / "short", tmp_path / "long"]
    fits = [list("abcdefghij")] * 30
    history_of(fits).write_parquet(paths[0])
    history_of([*fits, list("abcdefghij") * 20]).write_parquet(paths[1])
    request = StartRequest([str(path) for path in paths], str(tmp_path / "start"), LEAST, 1)

    with pytest.raises(TrainingFailed, match="only 1 of the histories"):
        make_start(ignored, request)
    assert not (tmp_path / "start").exists()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    values: dict[str, Any] = {"data": tmp_path / "data", "pretrain_least_people": LEAST}
    return Settings(_env_file=None, **values)


async def two_who_agreed(settings: Settings, tmp_path: Path) -> None:
    settings.data.mkdir()
    storage = await Storage.open(settings.database, settings.blobs, settings.keys_url)
    for name in ("ann", "bob"):
        await listener(storage, name, tmp_path, agrees=True)
    await storage.close()


async def test_an_operator_makes_a_start_that_can_be_begun_with(
    settings: Settings, tmp_path: Path
) -> None:
    await two_who_agreed(settings, tmp_path)
    told: list[str] = []
    target = tmp_path / "start.safetensors"

    async def here(function: Any, request: StartRequest, *, on_message: Any) -> Any:
        return await asyncio.to_thread(function, on_message, request)

    assert await pretrain(settings, target, told.append, asyncio.Event(), run=here)
    assert "plays of 2 people" in told[-2]
    own, shipped = (start.load(name).weight for name in (str(target), start.SHIPPED))
    assert own.shape == shipped.shape
    assert not own.equal(shipped)


async def test_a_start_that_is_stopped_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    await two_who_agreed(settings, tmp_path)
    stop, target = asyncio.Event(), tmp_path / "start.safetensors"

    async def stopped_at_once(function: Any, *args: Any, **options: Any) -> Any:
        stop.set()
        return await partial(run_in_child, _wait_for_ever)(**options)

    assert not await pretrain(settings, target, print, stop, run=stopped_at_once)
    assert not target.exists()
    assert not list(settings.temporary.iterdir())


def _wait_for_ever(_send: Any) -> None:
    import threading

    threading.Event().wait()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "start"), "Permission denied: 'start'"),
        (ChildCrashed(-9), "killed by SIGKILL.*memory"),
        (ChildFailed("Traceback:\n  a line\nKeyError: 'Faded'\n"), "ended with KeyError, which"),
    ],
    ids=["full", "no right", "killed", "failed"],
)
async def test_what_fails_on_the_way_is_told_in_a_sentence(
    settings: Settings, tmp_path: Path, error: Exception, says: str
) -> None:
    await two_who_agreed(settings, tmp_path)

    async def fails(_function: Any, *_args: Any, **_options: Any) -> Any:
        raise error

    with pytest.raises(OperationRefused, match=f"No start was made: .*{says}") as refused:
        await pretrain(settings, tmp_path / "start", print, asyncio.Event(), run=fails)
    assert "Faded" not in str(refused.value)
    assert not list(settings.temporary.iterdir())


async def test_a_file_that_cannot_be_written_in_the_end_is_told_in_a_sentence(
    settings: Settings, tmp_path: Path, child: Child
) -> None:
    await two_who_agreed(settings, tmp_path)
    target = tmp_path / "start"

    async def in_the_way() -> None:
        target.mkdir()

    child.meanwhile = in_the_way
    with pytest.raises(OperationRefused, match=r"No start was made: .*Is a directory"):
        await pretrain(settings, target, print, asyncio.Event(), run=child)


async def test_a_directory_is_refused_before_the_work(
    settings: Settings, tmp_path: Path, child: Child
) -> None:
    await two_who_agreed(settings, tmp_path)
    with pytest.raises(OperationRefused, match=r"is a directory\. Name a file"):
        await pretrain(settings, tmp_path, print, asyncio.Event(), run=child)
    assert child.taught_by == []


async def test_a_folder_without_the_right_to_write_is_refused_before_the_work(
    settings: Settings, tmp_path: Path, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_who_agreed(settings, tmp_path)
    asked = []

    def access(path: Path, mode: int) -> bool:  # for root, who runs some tests, all are writable
        asked.append((path, mode))
        return False

    monkeypatch.setattr("chatbot.operations.pretraining.os.access", access)
    with pytest.raises(OperationRefused, match="cannot be written to"):
        await pretrain(settings, tmp_path / "start", print, asyncio.Event(), run=child)
    assert asked == [(tmp_path, os.W_OK | os.X_OK)]
    assert child.taught_by == []


async def test_where_there_are_no_data_nothing_is_made(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(OperationRefused, match="no songnet data"):
        await pretrain(settings, tmp_path / "start", print, asyncio.Event())
    assert not settings.data.exists()


def test_the_consent_is_one_that_joining_people_does_not_bring_back() -> None:
    assert AGREED in CONSENTS


async def test_the_consent_is_among_what_is_exported_and_forgotten(
    storage: Storage, tmp_path: Path
) -> None:
    user_id = await listener(storage, "ann", tmp_path, agrees=True)
    everything = await storage.everything_of(user_id)
    assert AGREED in everything["preferences"]["chosen"]
    await storage.delete_user(user_id)

    assert await storage.preferences.with_chosen(AGREED) == []
