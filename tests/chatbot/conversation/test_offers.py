"""What a person can put into a chat of theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from chatbot.bootstrap import Bot, wire_bot
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import Actor, Command, Place, Platform
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.settings import Settings
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage
from storage.summary import count_of_user
from tests.chatbot.conversation.test_conversation import Responder

ME, OTHER, STRANGER = (Actor(Platform.TELEGRAM, name) for name in ("me", "other", "stranger"))
KEPT = 5
"""So many playlists of a person are kept."""
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
async def bot(storage: Storage, tmp_path: Path, model: Path) -> Bot:
    for actor in (ME, OTHER):
        user_id = await storage.users.resolve(actor.platform, actor.platform_id)
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)
    settings = Settings(_env_file=None, data=tmp_path, max_playlists_of_user=KEPT)  # type: ignore[call-arg]  # pydantic's own
    return wire_bot(settings, storage, MemoryJobs(()))


@pytest.fixture
def conversation(bot: Bot) -> Conversation:
    return bot.conversation


async def test_typed_songs_make_one_playlist_however_often_they_are_asked_for(
    conversation: Conversation, storage: Storage
) -> None:
    (offer,) = await conversation.offer(ME, "song number 3; song number 5")
    assert await conversation.offer(ME, "song  number 3; song number 5 ") == [offer]
    assert len(await storage.playlists.of_user(1)) == 1
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
    assert await storage.playlists.of_user(1) == []


async def make(bot: Bot, *songs: str, user_id: int = 1) -> str:
    """A playlist that was asked for; returns its id."""
    return (await bot.playlists.make(user_id, PlaylistWish(songs))).id


async def shares(storage: Storage) -> list[str]:
    """The ids of what its owner has shared."""
    return [share.id for share in await storage.shares.of_user(1) if not share.is_offered]


async def press(conversation: Conversation, name: str, argument: str, actor: Actor = OTHER) -> None:
    place = Place(actor.platform, actor.platform_id, is_private=True)
    await conversation.handle(Command(name, argument, actor, place), Responder())


async def test_the_newest_playlists_are_offered(bot: Bot, conversation: Conversation) -> None:
    for song in ("song number 1", "song number 2"):
        await make(bot, song)
    titles = [offer.card.seeds[0].title for offer in await conversation.offer(ME, "")]
    assert titles == ["Song number 2", "Song number 1"]


async def test_a_button_passes_on_its_own_playlist(bot: Bot, conversation: Conversation) -> None:
    playlist_id = await make(bot, "song number 1")
    (offer,) = await conversation.offer(ME, f"share {playlist_id}")
    assert offer.card.seeds[0].title == "Song number 1"
    assert await conversation.offer(OTHER, f"share {playlist_id}") == [], "it is another person's"


async def test_a_stranger_is_offered_nothing_and_leaves_no_trace(
    conversation: Conversation, storage: Storage
) -> None:
    assert await conversation.offer(STRANGER, "") == []
    assert await storage.users.find("telegram", "stranger") is None


@pytest.mark.parametrize(
    "text", ["song number 3;", "Song Number 3", "song number 3; ;", "songg number 3"]
)
async def test_other_letters_of_the_same_meaning_make_no_second_playlist(
    conversation: Conversation, storage: Storage, text: str
) -> None:
    (offer,) = await conversation.offer(ME, "song number 3")
    assert [each.id for each in await conversation.offer(ME, text)] == [offer.id]
    assert len(await storage.playlists.of_user(1)) == 1


async def test_other_options_are_another_meaning(
    conversation: Conversation, storage: Storage
) -> None:
    await conversation.offer(ME, "song number 3")
    await conversation.offer(ME, "song number 3 length=5")
    assert len(await storage.playlists.of_user(1)) == 2


async def test_what_is_offered_is_neither_shared_nor_among_the_persons_playlists(
    bot: Bot, conversation: Conversation, storage: Storage
) -> None:
    await make(bot, "song number 1")
    await conversation.offer(ME, "")
    await conversation.offer(ME, "song number 2")
    assert await shares(storage) == []
    assert [offer.card.seeds[0].title for offer in await conversation.offer(ME, "")] == [
        "Song number 1"
    ]
    counted = await count_of_user(storage.database, 1)
    assert (counted["playlists"].rows, "shares" in counted) == (1, False)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("taste", "{}"), ("vote", "{} up 0 en"), ("turn", "{} en 0"), ("chosen", "{}")],
)
async def test_it_is_shared_when_it_was_sent(
    conversation: Conversation, storage: Storage, name: str, argument: str
) -> None:
    (offer,) = await conversation.offer(ME, "song number 2")
    await press(conversation, name, argument.format(offer.id))
    assert await shares(storage) == [offer.id]
    assert len(await storage.playlists.recent(1, 5)) == 1
    assert [each.id for each in await conversation.offer(ME, "song number 2")] == [offer.id]


async def test_what_is_typed_pushes_out_nothing_but_what_was_typed_before(
    bot: Bot, conversation: Conversation, storage: Storage
) -> None:
    made = [await make(bot, SONGS[number]) for number in range(KEPT)]
    offers = [(await conversation.offer(ME, song))[0].id for song in SONGS]
    await conversation.offer(ME, SONGS[-KEPT])  # what is typed again is the newest
    await conversation.offer(ME, f"{SONGS[0]} length=5")
    there = {record.id for record in await storage.playlists.of_user(1)}
    assert there > set(made)
    assert len(there) == 2 * KEPT
    left = {share.id for share in await storage.shares.of_user(1)}
    assert left > {*offers[-KEPT:]} - {offers[1 - KEPT]}
    assert offers[1 - KEPT] not in left


async def test_what_was_sent_and_pressed_stays_however_much_is_typed(
    conversation: Conversation, storage: Storage
) -> None:
    (sent,) = await conversation.offer(ME, "song number 2")
    await press(conversation, "vote", f"{sent.id} up 0 en")
    for song in SONGS:
        await conversation.offer(ME, song)
    share = await storage.shares.get(sent.id)
    assert share is not None
    assert share.votes_up == 1


async def test_what_was_deleted_is_made_anew(conversation: Conversation, storage: Storage) -> None:
    (offer,) = await conversation.offer(ME, "song number 2")
    (record,) = await storage.playlists.of_user(1)
    await press(conversation, "vote", f"{offer.id} up 0 en")
    await press(conversation, "card", f"delete {record.id}", ME)
    (again,) = await conversation.offer(ME, "song number 2")
    assert again.id != offer.id
    assert "\N{THUMBS UP SIGN} 0" in {b.label for row in again.card.buttons for b in row}


async def test_a_song_that_was_removed_and_a_new_model_make_another_one(
    conversation: Conversation, storage: Storage, model: Path
) -> None:
    (first,) = await conversation.offer(ME, "song number 2")
    unwanted = first.card.tracks[0].title
    (record,) = await storage.playlists.of_user(1)
    await storage.avoided.add(1, record.tracks[0])
    (second,) = await conversation.offer(ME, "song number 2")
    assert unwanted not in {track.title for track in second.card.tracks}
    saved = await storage.models.save(1, model, history_version=2, facts={})
    await storage.models.activate(saved.id)
    (third,) = await conversation.offer(ME, "song number 2")
    assert len({first.id, second.id, third.id}) == 3


async def test_typed_twice_at_the_same_moment_it_is_one_playlist(
    conversation: Conversation, storage: Storage
) -> None:
    offers = await asyncio.gather(*(conversation.offer(ME, "song number 2") for _ in range(3)))
    assert len({offer.id for (offer,) in offers}) == 1
    assert len(await storage.playlists.of_user(1)) == 1


async def test_nothing_of_what_was_typed_is_left_after_forget(
    conversation: Conversation, storage: Storage
) -> None:
    await conversation.offer(ME, "song number 2")
    await press(conversation, "forget", "yes", ME)
    assert await conversation.offer(ME, "song number 2") == []
    assert "playlists" not in await count_of_user(storage.database, 1)
