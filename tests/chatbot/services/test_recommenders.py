from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pandas as pd
import pytest

from chatbot.services.recommenders import RecommenderCache, bytes_in_memory
from songnet.demo import write_demo_export
from songnet.errors import ModelError
from songnet.exports import read_history
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage
from storage.blob_directory import DirectoryStore
from storage.models import ModelRecord

TRACKS = 15


class CountedReads(DirectoryStore):
    """Counts the reads, and lets them through, unless a test holds them."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads = 0
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def chunks(self, key: str) -> AsyncIterator[bytes]:
        self.reads += 1
        self.reached.set()
        await self.gate.wait()
        async for chunk in super().chunks(key):
            yield chunk


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    started = pd.date_range("2024-01-01", periods=60, freq="13min", tz="UTC")
    songs = [f"Song {number % TRACKS}" for number in range(60)]
    plays = pd.DataFrame({"started_at": started, "artist": songs, "title": songs})
    plays.loc[30:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> CountedReads:
    return CountedReads(tmp_path / "models")


@pytest.fixture
def models(storage: Storage, store: CountedReads) -> Storage:
    return Storage.over(storage.database, store, storage.keys)


async def _save(models: Storage, file: Path, person: str = "me") -> ModelRecord:
    user_id = await models.users.resolve("console", person)
    return await models.models.save(user_id, file, history_version=1, facts={})


async def test_two_questions_at_once_load_a_model_once(
    models: Storage, store: CountedReads, model_file: Path
) -> None:
    record, cache = await _save(models, model_file), RecommenderCache(models, max_bytes=10**9)
    first, second = await asyncio.gather(cache.get(record), cache.get(record))
    assert first is second is await cache.get(record)
    assert store.reads == 1
    assert cache.byte_size == bytes_in_memory(record.byte_size, TRACKS)


async def test_a_cancelled_question_does_not_cut_another(
    models: Storage, store: CountedReads, model_file: Path
) -> None:
    record, cache = await _save(models, model_file), RecommenderCache(models, max_bytes=10**9)
    store.gate.clear()
    first, second = (asyncio.create_task(cache.get(record)) for _ in range(2))
    await store.reached.wait()
    first.cancel()
    store.gate.set()
    assert len((await second).library) == TRACKS
    assert first.cancelled()
    assert store.reads == 1


async def test_over_the_bound_the_one_that_was_asked_longest_ago_goes(
    models: Storage, store: CountedReads, model_file: Path
) -> None:
    records = [await _save(models, model_file, person) for person in "abc"]
    room_for_two = 2 * bytes_in_memory(records[0].byte_size, TRACKS)
    cache = RecommenderCache(models, max_bytes=room_for_two)
    for position in (0, 1, 0, 2):
        await cache.get(records[position])
    assert cache.byte_size == room_for_two
    before = store.reads
    await cache.get(records[0])
    assert store.reads == before
    await cache.get(records[1])
    assert store.reads == before + 1


async def test_one_model_is_kept_however_large(models: Storage, model_file: Path) -> None:
    record, cache = await _save(models, model_file), RecommenderCache(models, max_bytes=0)
    assert await cache.get(record) is await cache.get(record)


async def test_a_newer_model_takes_the_place_of_the_older(
    models: Storage, model_file: Path
) -> None:
    cache = RecommenderCache(models, max_bytes=10**9)
    old, new = await _save(models, model_file), await _save(models, model_file)
    for record in (old, new, old):
        await cache.get(record)
    assert cache.byte_size == bytes_in_memory(new.byte_size, TRACKS)


async def test_what_is_being_loaded_of_a_forgotten_person_is_not_kept(
    models: Storage, store: CountedReads, model_file: Path
) -> None:
    record, cache = await _save(models, model_file), RecommenderCache(models, max_bytes=10**9)
    store.gate.clear()
    asking = asyncio.create_task(cache.get(record))
    await store.reached.wait()
    cache.forget(record.user_id)
    store.gate.set()
    await asking
    assert cache.byte_size == 0


async def test_a_damaged_model_is_refused_and_not_kept(models: Storage, tmp_path: Path) -> None:
    (tmp_path / "damaged").write_bytes(b"no model")
    record = await _save(models, tmp_path / "damaged")
    cache = RecommenderCache(models, max_bytes=10**9)
    for _ in range(2):
        with pytest.raises(ModelError):
            await cache.get(record)
    assert cache.byte_size == 0


def test_after_the_warming_a_question_imports_nothing_more(tmp_path: Path) -> None:
    """In a process of its own, because this one has imported everything."""
    write_demo_export(tmp_path / "export.zip", plays=200)
    history, _ = read_history(tmp_path / "export.zip")
    config = TrainingConfig(least_plays=0, model_config={"training": {"epochs": 1}})
    Recommender.train(history, config=config).save(tmp_path / "model")
    program = (
        "import sys; from pathlib import Path; from chatbot.services import recommenders as tried;"
        "tried.warm(); before = set(sys.modules);"
        "tried._parse(Path(sys.argv[1]).read_bytes(), '1').recommender.playlist(['Faded']);"
        "print(*(name for name in set(sys.modules) - before if name.split('.')[0] in ('torch', 'songnet')))"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "model")]
    asked = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert asked.stdout.split() == []
