"""What a person can put into a chat of theirs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from chatbot.bootstrap import wire_bot
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import Actor, Platform
from chatbot.jobs.memory import MemoryJobs
from chatbot.settings import Settings
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage

ME, OTHER, STRANGER = (Actor(Platform.TELEGRAM, name) for name in ("me", "other", "stranger"))
SONGS = [f"Song number {number}" for number in range(12)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    started = pd.date_range("2024-01-01", periods=72, freq="13min", tz="UTC")
    titles = [SONGS[number % 12] for number in range(72)]
    plays = pd.DataFrame({"started_at": started, "artist": "Nobody", "title": titles})
    plays.loc[36:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    return path


@pytest.fixture
async def conversation(storage: Storage, tmp_path: Path, model: Path) -> Conversation:
    for actor in (ME, OTHER):
        user_id = await storage.users.resolve(actor.platform, actor.platform_id)
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    return wire_bot(settings, storage, MemoryJobs(())).conversation


async def test_typed_songs_make_one_playlist_however_often_they_are_asked_for(
    conversation: Conversation, storage: Storage
) -> None:
    (offer,) = await conversation.offer(ME, "song number 3; song number 5")
    assert await conversation.offer(ME, "song  number 3; song number 5 ") == [offer]
    assert len(await storage.playlists.recent(1, 10)) == 1
    assert [seed.title for seed in offer.card.seeds] == ["Song number 3", "Song number 5"]
    assert offer.card.tracks
    names = {button.name for row in offer.card.buttons for button in row}
    assert {"taste", "vote"} <= names
    assert len(offer.id) <= 64


@pytest.mark.parametrize("text", ["song nu", "nothing like it at all", "; ;", "share gone"])
async def test_what_is_not_a_song_makes_no_playlist(
    conversation: Conversation, storage: Storage, text: str
) -> None:
    assert await conversation.offer(ME, text) == []
    assert await storage.playlists.recent(1, 10) == []


async def test_the_newest_playlists_are_offered(conversation: Conversation) -> None:
    for text in ("song number 1", "song number 2"):
        assert await conversation.offer(ME, text)
    titles = [offer.card.seeds[0].title for offer in await conversation.offer(ME, "")]
    assert titles == ["Song number 2", "Song number 1"]


async def test_a_button_passes_on_its_own_playlist(
    conversation: Conversation, storage: Storage
) -> None:
    await conversation.offer(ME, "song number 1")
    (record,) = await storage.playlists.recent(1, 10)
    (offer,) = await conversation.offer(ME, f"share {record.id}")
    assert offer.card.seeds[0].title == "Song number 1"
    assert await conversation.offer(OTHER, f"share {record.id}") == [], "it is another person's"


async def test_a_stranger_is_offered_nothing_and_leaves_no_trace(
    conversation: Conversation, storage: Storage
) -> None:
    assert await conversation.offer(STRANGER, "") == []
    assert await storage.users.find("telegram", "stranger") is None
