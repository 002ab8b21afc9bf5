"""Songs that are suggested while a person types."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from chatbot.services.completion import CompletionService
from chatbot.services.recommenders import RecommenderCache
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage

SONGS = (
    *("Faded", "Alone", "Sing Me to Sleep", "The Spectre", "Darkside", "Ignite", "Lily", "Play"),
    *("Diamond Heart", "All Falls Down"),
)
Suggested = list[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    started = pd.date_range("2024-01-01", periods=64, freq="13min", tz="UTC")
    titles = [SONGS[number % 10] for number in range(64)]
    plays = pd.DataFrame({"started_at": started, "artist": "Alan Walker", "title": titles})
    plays.loc[32:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    return path


@pytest.fixture
async def user_id(storage: Storage, model: Path) -> int:
    user_id = await storage.users.resolve("discord", "me")
    saved = await storage.models.save(user_id, model, history_version=1, facts={})
    await storage.models.activate(saved.id)
    return user_id


@pytest.fixture
def cache(storage: Storage) -> RecommenderCache:
    return RecommenderCache(storage, max_bytes=10**9)


@pytest.fixture
def service(storage: Storage, cache: RecommenderCache) -> CompletionService:
    return CompletionService(storage, cache, seconds=30)


async def suggested(
    service: CompletionService, user_id: int | None, text: str, characters: int = 100
) -> list[tuple[str, str]]:
    found = await service.complete(user_id, text, most=25, characters=characters)
    return [(one.label, one.text) for one in found]


@pytest.mark.parametrize("separator", ["; ", ";", "；", "؛", "; ; "])
async def test_the_part_after_the_last_semicolon_is_completed(
    service: CompletionService, user_id: int, separator: str
) -> None:
    assert await suggested(service, user_id, f"faded - alan walker{separator}alo") == [
        ("Faded; Alone - Alan Walker", "Faded; Alone")
    ]


async def test_what_is_named_already_is_not_offered_again(
    service: CompletionService, user_id: int
) -> None:
    found = await suggested(service, user_id, "Faded; Lily; ")
    assert len(found) == 8
    assert all(text.startswith("Faded; Lily; ") for _, text in found)


async def test_unknown_songs_stay_as_they_were_typed(
    service: CompletionService, user_id: int
) -> None:
    assert [text for _, text in await suggested(service, user_id, "who knows; dark")] == [
        "who knows; Darkside"
    ]


async def test_texts_that_are_too_long_are_left_out(
    service: CompletionService, user_id: int
) -> None:
    assert await suggested(service, user_id, "Faded; al", characters=8) == []


async def test_a_stranger_gets_nothing(service: CompletionService) -> None:
    assert await suggested(service, None, "Faded") == []


async def test_a_person_without_a_model_gets_nothing(
    service: CompletionService, storage: Storage
) -> None:
    assert await suggested(service, await storage.users.resolve("discord", "new"), "Fad") == []


async def test_too_late_is_empty_and_the_model_is_there_for_the_next_letter(
    storage: Storage, cache: RecommenderCache, user_id: int
) -> None:
    hasty = CompletionService(storage, cache, seconds=0)
    assert await suggested(hasty, user_id, "fad") == []
    patient = CompletionService(storage, cache, seconds=30)
    assert len(await suggested(patient, user_id, "fad")) == 1


async def test_a_damaged_model_is_no_more_than_no_suggestions(
    service: CompletionService, storage: Storage, user_id: int
) -> None:
    record = await storage.models.active(user_id)
    assert record is not None
    await storage.blobs.delete([record.blob_key])
    assert await suggested(service, user_id, "fad") == []


async def test_many_letters_at_once_load_the_model_once(
    service: CompletionService, user_id: int, cache: RecommenderCache
) -> None:
    answers = await asyncio.gather(*(suggested(service, user_id, "fad"[:n]) for n in (1, 2, 3)))
    assert all(answers)
    assert cache.byte_size > 0
