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
from chatbot.services.jobs import IMPORT_TASK
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
    plays.loc[39, "artist"] = "K-391"
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

    async def say(
        name: str, argument: str, *, person: str = "one", chat: str = "me", which: int = 0
    ) -> Message:
        actor = Actor(Platform.TELEGRAM, person)
        place = Place(Platform.TELEGRAM, chat, is_private=chat == "me")
        responder = Responder()
        await conversation.handle(Command(name, argument, actor, place), responder)
        # A card may be followed by a question about one of its songs.
        return responder.heard[which]

    return say


def noted(card: PlaylistCard) -> list[str]:
    """Which songs were not found."""
    return [note.partition(".")[0] for note in card.notes if note.startswith("Not in")]


async def test_a_near_miss_takes_the_place_of_the_unknown_song_and_the_others_stay(
    say: Say,
) -> None:
    card = await say("playlist", "Lily; Fadeddd zz; Igniteee zz")
    question = await say("playlist", "Lily; Fadeddd zz; Igniteee zz", which=1)
    assert isinstance(card, PlaylistCard)
    assert [seed.title for seed in card.seeds] == ["Lily"]
    assert noted(card) == [
        "Not in your library: 'Fadeddd zz'",
        "Not in your library: 'Igniteee zz'",
    ]
    for title in ("Faded", "Ignite"):  # the second song is asked for when the first is settled
        assert isinstance(question, Reply)
        ((button,), *_) = [row for row in question.buttons if row[0].label.startswith(title)]
        card = await say(button.name, button.argument)
        question = await say(button.name, button.argument, which=-1)
        assert isinstance(card, PlaylistCard)
        assert title in {seed.title.removesuffix(" again") for seed in card.seeds}
    assert len(card.seeds) == 3
    assert noted(card) == []


async def test_another_persons_button_does_nothing(say: Say, storage: Storage) -> None:
    card = await say("playlist", "Lily; Fadeddd zz", chat="-100")
    question = await say("playlist", "Lily; Fadeddd zz", chat="-100", which=1)
    assert isinstance(card, PlaylistCard)
    assert isinstance(question, Reply)
    before = await storage.playlists.of_user(await storage.users.resolve("telegram", "one"))
    for button in (
        button for message in (card, question) for row in message.buttons for button in row
    ):
        if button.name in {"picture", "taste"}:  # see test_pictures; taste is everybody's
            continue
        answer = await say(button.name, button.argument, person="other", chat="-100")
        assert isinstance(answer, Reply)
        assert "not yours" in answer.text
        assert answer.private
    for name, argument in (
        ("card", "drop {} 00000000"),
        ("card", "undo {} x"),
        ("card", "back {}"),
        ("card", "turn {} 1"),
        ("card", "remove {} 0 1"),
        ("card", "file {} csv"),
        ("card", "show {}"),
        ("instead", "{} 0 0"),
    ):
        answer = await say(name, argument.format(card.playlist_id), person="other", chat="-100")
        assert isinstance(answer, Reply)
        assert answer.private
        assert "not yours" in answer.text
    other_id = await storage.users.resolve("telegram", "other")
    assert await storage.playlists.of_user(other_id) == []
    assert await storage.shares.of_user(other_id) == []
    after = await storage.playlists.of_user(await storage.users.resolve("telegram", "one"))
    assert after == before


async def test_a_removed_song_can_be_brought_back_from_every_page_of_the_card(say: Say) -> None:
    whole = await say("playlist", "Lily")
    assert isinstance(whole, PlaylistCard)
    choosing = await say("card", f"remove {whole.playlist_id} 0")
    card = await say("card", choosing.buttons[0][0].argument)
    assert isinstance(card, PlaylistCard)
    assert card.turning is not None
    way = card.turning.to(1, "2/2")
    turned = await say(way.name, way.argument)
    assert isinstance(turned, PlaylistCard)
    assert turned.words == card.words != ""
    assert turned.buttons == card.buttons
    assert turned.turning is not None
    assert turned.turning.page == 1
    (undo,) = turned.buttons[0]
    back = await say(undo.name, undo.argument)
    assert isinstance(back, PlaylistCard)
    assert back.tracks == whole.tracks
    turned = await say(way.name, way.argument)  # a press that comes too late
    assert isinstance(turned, PlaylistCard)
    assert turned.tracks == whole.tracks
    assert turned.words == ""


async def test_nobody_cancels_what_another_waits_for(storage: Storage, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    jobs, responder = MemoryJobs(()), Responder()
    conversation = wire_bot(settings, storage, jobs).conversation
    one = await storage.users.resolve("telegram", "one")
    await storage.users.resolve("telegram", "other")
    job = await jobs.enqueue(IMPORT_TASK, user_id=one, subject_id="theirs")
    place = Place(Platform.TELEGRAM, "me", is_private=True)
    for argument in (job.id, ""):
        command = Command("cancel", argument, Actor(Platform.TELEGRAM, "other"), place)
        await conversation.handle(command, responder)
    kept = await jobs.get(job.id)
    assert kept is not None
    assert not kept.state.is_final
    assert len(responder.heard) == 2


async def test_nobody_lets_a_song_into_another_persons_playlists(
    say: Say, storage: Storage
) -> None:
    one = await storage.users.resolve("telegram", "one")
    entry_id = await storage.avoided.add(
        one, {"track_id": "a", "artist": "Alan Walker", "title": "Faded"}
    )
    await say("welcome", f"{entry_id} 0", person="other")
    assert len(await storage.avoided.of_user(one)) == 1
    await say("welcome", f"{entry_id} 0")
    assert await storage.avoided.of_user(one) == []


async def test_a_title_of_two_artists_offers_the_other_and_the_rest_stays(say: Say) -> None:
    card = await say("playlist", "Lily; Play")
    question = await say("playlist", "Lily; Play", which=1)
    assert isinstance(card, PlaylistCard)
    assert isinstance(question, Reply)
    assert ("Play", "Alan Walker") in {(seed.title, seed.artist) for seed in card.seeds}
    assert question.text == (
        "Which song did you mean by 'Play'? I took Alan Walker's. The others stay."
    )
    assert not any("Play'" in note for note in card.notes), "it is not said twice"
    ((button,),) = question.buttons
    assert button.label == "Play - K-391"
    card = await say(button.name, button.argument)
    assert isinstance(card, PlaylistCard)
    assert {(seed.title, seed.artist) for seed in card.seeds} == {
        ("Lily", "Alan Walker"),
        ("Play", "K-391"),
    }


async def test_where_no_others_are_none_stay(say: Say) -> None:
    question = await say("playlist", "Play", which=1)
    assert isinstance(question, Reply)
    assert question.text == "Which song did you mean by 'Play'? I took Alan Walker's."


@pytest.mark.parametrize("how", ["again", "familiar", "adventurous", "longer"])
async def test_who_varies_a_playlist_is_not_asked_what_was_meant(say: Say, how: str) -> None:
    card = await say("playlist", "Play")
    assert isinstance(card, PlaylistCard)
    assert isinstance(await say("card", f"{how} {card.playlist_id}", which=-1), PlaylistCard)


@pytest.mark.parametrize("query", ["«Play»", '"Play"', "'Play'", "„Play“"])
async def test_quotes_are_not_doubled(say: Say, query: str) -> None:
    question = await say("playlist", query, which=1)
    assert isinstance(question, Reply)
    assert "by 'Play'?" in question.text


async def test_playlists_from_the_same_songs_are_offered_once(say: Say) -> None:
    for songs in ("Lily; Faded", "Faded; Lily", "Alan Walker", "Lily", "Ignite", "Lily"):
        await say("playlist", songs)
    offer = await say("playlist", "")
    assert isinstance(offer, Reply)
    assert [row[0].label for row in offer.buttons] == [
        "Again from Lily",
        "Again from Ignite",
        "Again from songs by Alan Walker",
    ]


@pytest.mark.parametrize("chat", ["me", "-100"])
async def test_what_was_taken_for_a_typing_error_is_told(say: Say, chat: str) -> None:
    card = await say("playlist", "Darkzide; lily", chat=chat)
    assert isinstance(card, PlaylistCard)
    assert [note for note in card.notes if "I took" in note] == [
        "I took 'Darkside' for 'Darkzide'."
    ]


async def test_what_was_taken_for_a_typing_error_is_told_when_the_card_is_shown_again(
    say: Say,
) -> None:
    card = await say("playlist", "Darkzide")
    assert isinstance(card, PlaylistCard)
    again = await say("card", f"show {card.playlist_id}")
    assert isinstance(again, PlaylistCard)
    assert again.notes == card.notes


async def test_who_names_an_artist_alone_hears_which_songs_were_taken(say: Say) -> None:
    card = await say("playlist", "alan walker")
    assert isinstance(card, PlaylistCard)
    assert card.title == "From songs by Alan Walker"
    assert any(
        note.startswith("I went by what you play of Alan Walker: ") and "Not in" not in note
        for note in card.notes
    )


async def test_which_songs_of_an_artist_were_taken_the_others_do_not_hear(say: Say) -> None:
    card = await say("playlist", "Alan Walker", chat="-100")
    assert isinstance(card, PlaylistCard)
    assert not any("Alan Walker" in note for note in card.notes)


async def test_buttons_outlive_the_bot(say: Say, storage: Storage, tmp_path: Path) -> None:
    card = await say("playlist", "Lily")
    assert isinstance(card, PlaylistCard)
    settings = Settings(_env_file=None, data=tmp_path / "other")  # type: ignore[call-arg]  # pydantic's own
    restarted = wire_bot(settings, storage, MemoryJobs(())).conversation
    for button in (button for row in card.buttons for button in row):
        if button.name == "picture":  # drawn in a process of its own, see test_pictures
            continue
        responder = Responder()
        actor, place = (
            Actor(Platform.TELEGRAM, "one"),
            Place(Platform.TELEGRAM, "me", True),
        )  # it is private
        await restarted.handle(Command(button.name, button.argument, actor, place), responder)
        answers = responder.heard + responder.published
        assert len(answers) == 1, button.label
        assert "went wrong" not in str(answers[0])
        assert "is gone" not in str(answers[0])


async def test_every_button_fits_every_platform(say: Say) -> None:
    card = await say("playlist", "Lily; Fadeddd zz")
    question = await say("playlist", "Lily; Fadeddd zz", which=1)
    offer = await say("playlist", "")
    for message in (card, question, offer):
        assert message.buttons
        for button in (button for row in message.buttons for button in row):
            assert len(f"{button.name} {button.argument}".encode()) <= 60


@pytest.mark.parametrize(
    "argument", ["", "gone 0 0", "gone 0", "gone x y", "gone 0 ²", "{} 0 5", "{} 9 0"]
)
async def test_a_button_that_leads_nowhere_says_so(say: Say, argument: str) -> None:
    card = await say("playlist", "Lily; Fadeddd zz")
    assert isinstance(card, PlaylistCard)
    answer = await say("pick", argument.format(card.playlist_id))
    assert isinstance(answer, Reply)
    assert "is gone" in answer.text


async def test_a_stranger_in_a_group_leaves_no_trace(say: Say, storage: Storage) -> None:
    answer = await say("playlist", "Lily", person="stranger", chat="-100")
    assert isinstance(answer, Reply)
    assert answer.private
    assert await storage.users.find("telegram", "stranger") is None


async def test_import_in_a_group_tells_how_where_nothing_was_posted(say: Say) -> None:
    answer = await say("import", "", chat="-100")
    assert isinstance(answer, Reply)
    assert "Extended streaming history" in answer.text
    assert "delete it" not in answer.text


@pytest.mark.parametrize(
    "name", ["status", "cancel", "export", "forget", "help", "import", "dance"]
)
async def test_what_is_the_persons_own_affair_is_answered_privately(say: Say, name: str) -> None:
    for person in ("one", "stranger"):
        answer = await say(name, "", person=person, chat="-100")
        assert isinstance(answer, Reply)
        assert answer.private


@pytest.mark.parametrize("platform", Platform)
async def test_who_comes_without_a_locale_is_spoken_to_as_the_platform_said_last(
    storage: Storage, conversation: Conversation, platform: Platform
) -> None:
    async def titles(*locales: str | None) -> list[str]:
        responder = Responder()
        for locale in locales:
            actor, place = Actor(platform, "7", locale), Place(platform, "7", is_private=True)
            await conversation.handle(Command("forget", "", actor, place), responder)
        return [message.title for message in responder.heard if isinstance(message, Reply)]

    await storage.users.resolve(platform, "7")
    german, english = "Alles löschen?", "Delete everything?"
    assert await titles("de-AT", None, "en-GB", None) == [german, german, english, english]


async def test_what_a_platform_says_of_a_stranger_is_not_kept(
    storage: Storage, conversation: Conversation
) -> None:
    actor, place = Actor(Platform.DISCORD, "7", "de"), Place(Platform.DISCORD, "7", is_private=True)
    await conversation.handle(Command("help", "", actor, place), Responder())
    assert await storage.users.find(Platform.DISCORD, "7") is None
