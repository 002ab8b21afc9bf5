"""Who may press which button, and what a press keeps of the question before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from chatbot.bootstrap import wire_bot
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import (
    Actor,
    Command,
    Message,
    MessageRef,
    Place,
    Platform,
    PlaylistCard,
    Reply,
)
from chatbot.jobs.memory import MemoryJobs
from chatbot.settings import Settings
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage

SONGS = ("Faded", "Alone", "Sing Me to Sleep", "The Spectre", "Darkside", "Ignite", "Lily", "Play")


@dataclass
class Responder:
    """Keeps what is said to a person."""

    heard: list[Message] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> MessageRef | None:
        self.heard.append(message)
        return None

    async def replace(self, message: Message) -> None:
        self.heard.append(message)

    async def publish(self, message: Message) -> None:
        self.published.append(message)


Say = Callable[..., Awaitable[Message]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    started = pd.date_range("2024-01-01", periods=64, freq="13min", tz="UTC")
    titles = [f"{SONGS[number % 8]} {'again ' * (number // 8 % 2)}".strip() for number in range(64)]
    plays = pd.DataFrame({"started_at": started, "artist": "Alan Walker", "title": titles})
    plays.loc[32:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    return path


@pytest.fixture
def conversation(storage: Storage, tmp_path: Path) -> Conversation:
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    return wire_bot(settings, storage, MemoryJobs(())).conversation


@pytest.fixture
async def say(storage: Storage, conversation: Conversation, model: Path) -> Say:
    """What one of two people, who have learned from the same plays, hears when they say that."""
    for person in ("one", "other"):
        user_id = await storage.users.resolve("telegram", person)
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)

    async def say(name: str, argument: str, *, person: str = "one", chat: str = "me") -> Message:
        actor = Actor(Platform.TELEGRAM, person)
        place = Place(Platform.TELEGRAM, chat, is_private=chat == "me")
        responder = Responder()
        await conversation.handle(Command(name, argument, actor, place), responder)
        (message,) = responder.heard
        return message

    return say


async def test_a_near_miss_takes_the_place_of_the_unknown_song_and_the_others_stay(
    say: Say,
) -> None:
    card = await say("playlist", "Lily; Fadeddd zz; Igniteee zz")
    assert isinstance(card, PlaylistCard)
    assert [seed.title for seed in card.seeds] == ["Lily"]
    assert [note.partition(".")[0] for note in card.notes] == [
        "Not in your library: 'Fadeddd zz'",
        "Not in your library: 'Igniteee zz'",
    ]
    for title in ("Faded", "Ignite"):  # the second song is asked for when the first is settled
        ((button,), *_) = [row for row in card.buttons if row[0].label.startswith(title)]
        card = await say(button.name, button.argument)
        assert isinstance(card, PlaylistCard)
        assert title in {seed.title.removesuffix(" again") for seed in card.seeds}
    assert len(card.seeds) == 3
    assert card.notes == ()


async def test_another_persons_button_does_nothing(say: Say, storage: Storage) -> None:
    card = await say("playlist", "Lily; Fadeddd zz", chat="-100")
    assert isinstance(card, PlaylistCard)
    button = card.buttons[0][0]
    answer = await say(button.name, button.argument, person="other", chat="-100")
    assert isinstance(answer, Reply)
    assert "not yours" in answer.text
    assert answer.private
    other_id = await storage.users.resolve("telegram", "other")
    assert await storage.playlists.of_user(other_id) == []


@pytest.mark.parametrize(
    "argument", ["", "gone 0 0", "gone 0", "gone x y", "gone 0 ²", "{} 0 5", "{} 9 0"]
)
async def test_a_button_that_leads_nowhere_says_so(say: Say, argument: str) -> None:
    card = await say("playlist", "Lily; Fadeddd zz")
    assert isinstance(card, PlaylistCard)
    answer = await say("pick", argument.format(card.playlist_id))
    assert isinstance(answer, Reply)
    assert "it is gone" in answer.text


async def test_a_stranger_in_a_group_leaves_no_trace(say: Say, storage: Storage) -> None:
    answer = await say("playlist", "Lily", person="stranger", chat="-100")
    assert isinstance(answer, Reply)
    assert answer.private
    assert await storage.users.find("telegram", "stranger") is None


@pytest.mark.parametrize(
    "name", ["status", "cancel", "export", "forget", "help", "import", "dance"]
)
async def test_what_is_the_persons_own_affair_is_answered_privately(say: Say, name: str) -> None:
    for person in ("one", "stranger"):
        answer = await say(name, "", person=person, chat="-100")
        assert isinstance(answer, Reply)
        assert answer.private
