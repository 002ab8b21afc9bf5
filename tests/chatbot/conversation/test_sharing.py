"""What everybody reads of a shared playlist, and what is said to whoever presses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pandas as pd
import pytest

from chatbot.bootstrap import wire_bot
from chatbot.conversation.messages import (
    Actor,
    Command,
    Message,
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
from tests.chatbot.conversation.test_conversation import Responder

OWNER = Actor(Platform.TELEGRAM, "owner", "en")
GERMAN = Actor(Platform.TELEGRAM, "other", "de")
SONGS = [("Alan Walker", f"Song {letter}") for letter in "abcdef"] + [
    ("Others", f"Tune {letter}") for letter in "abcdef"
]

Say = Callable[..., Awaitable[Responder]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    started = pd.date_range("2024-01-01", periods=72, freq="13min", tz="UTC")
    plays = pd.DataFrame([SONGS[number % 12] for number in range(72)], columns=["artist", "title"])
    plays["started_at"] = started
    plays.loc[36:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    return path


@pytest.fixture
async def say(storage: Storage, tmp_path: Path, model: Path) -> Say:
    """Both have learned from the same plays; commands are given where others are."""
    for actor in (OWNER, GERMAN):
        user_id = await storage.users.resolve(actor.platform, actor.platform_id)
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    conversation = wire_bot(settings, storage, MemoryJobs(())).conversation

    async def say(actor: Actor, name: str, argument: str) -> Responder:
        place = Place(Platform.TELEGRAM, "-100", is_private=False)
        responder = Responder()
        await conversation.handle(Command(name, argument, actor, place), responder)
        return responder

    return say


def card_in(messages: list[Message]) -> PlaylistCard:
    (card,) = (message for message in messages if isinstance(message, PlaylistCard))
    return card


async def share(say: Say, songs: str) -> PlaylistCard:
    made = card_in((await say(OWNER, "playlist", songs)).heard)
    return card_in((await say(OWNER, "share", made.playlist_id)).published)


def argument_of(card: PlaylistCard, name: str) -> str:
    if card.turning is not None and card.turning.name == name:
        return card.turning.to(1, "").argument
    return next(b.argument for row in card.buttons for b in row if b.name == name)


async def test_a_playlist_that_grew_from_songs_of_an_artist_says_so(say: Say) -> None:
    card = await share(say, "Alan Walker - No Such Song At All")
    assert card.title == "From songs by Alan Walker"
    assert "No Such Song" not in repr(card), "what was not found stays with its owner"


@pytest.mark.parametrize("words", ["99", "abc", "0", "the newest one", "gone00000000"])
async def test_who_names_no_playlist_gets_the_list(say: Say, words: str) -> None:
    await say(OWNER, "playlist", "Song a")
    (answer,) = (await say(OWNER, "share", words)).heard
    assert isinstance(answer, Reply)
    assert answer.text.startswith("Which playlist")


async def test_a_playlist_that_is_gone_is_told_so(say: Say) -> None:
    (answer,) = (await say(OWNER, "share", "0123456789ab")).heard
    assert isinstance(answer, Reply)
    assert answer.text.startswith("That playlist is gone")


async def test_an_own_version_of_it_grows_from_songs_of_that_artist(say: Say) -> None:
    card = await share(say, "Alan Walker - No Such Song At All")
    own = card_in((await say(GERMAN, "taste", argument_of(card, "taste"))).heard)
    assert own.tracks
    assert {seed.artist for seed in own.seeds} == {"Alan Walker"}
    assert {seed.title for seed in own.seeds} <= {track.title for track in card.tracks}


async def test_an_own_version_grows_from_first_songs_where_none_of_the_artist_is_in_it(
    say: Say, storage: Storage
) -> None:
    card = await share(say, "Alan Walker - No Such Song At All")
    (record,) = await storage.playlists.of_user(1)
    left = [track for track in record.tracks if track["artist"] == "Others"]
    await storage.playlists.change_tracks(record.id, 1, lambda _: left)
    own = card_in((await say(GERMAN, "taste", argument_of(card, "taste"))).heard)
    assert [seed.title for seed in own.seeds] == [track["title"] for track in left[:3]]


async def learned(
    storage: Storage, folder: Path, actor: Actor, songs: list[tuple[str, str]]
) -> None:
    """Somebody has learned from other plays than everybody else."""
    plays = pd.DataFrame([*songs * 6], columns=["artist", "title"])
    plays["started_at"] = pd.date_range("2024-01-01", periods=len(plays), freq="13min", tz="UTC")
    plays.loc[len(plays) // 2 :, "started_at"] += pd.Timedelta(days=1)
    path = folder / "other_model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    user_id = await storage.users.resolve(actor.platform, actor.platform_id)
    saved = await storage.models.save(user_id, path, history_version=1, facts={})
    await storage.models.activate(saved.id)


UNSHARED = [("Nobody", f"Air {letter}") for letter in "abcdefghij"]


async def test_who_plays_none_of_its_songs_starts_from_what_they_share(
    say: Say, storage: Storage, tmp_path: Path
) -> None:
    await learned(
        storage, tmp_path, GERMAN, [*UNSHARED, ("Others", "Tune a"), ("Others", "Tune b")]
    )
    card = await share(say, "Song a")
    assert {"Tune a", "Tune b"} <= {track.title for track in card.tracks}
    own = card_in((await say(GERMAN, "taste", argument_of(card, "taste"))).heard)
    assert {seed.title for seed in own.seeds} == {"Tune a", "Tune b"}
    assert "was ihr gemeinsam habt" in own.words
    assert "Song a" not in repr(own)


async def test_who_plays_its_artists_alone_starts_from_their_most_played_songs(
    say: Say, storage: Storage, tmp_path: Path
) -> None:
    songs = [("Others", "Hit"), ("Others", "Hit"), ("Others", "Seldom"), *UNSHARED]
    await learned(storage, tmp_path, GERMAN, songs)
    card = await share(say, "Song a")
    assert "Others" in {track.artist for track in card.tracks}
    own = card_in((await say(GERMAN, "taste", argument_of(card, "taste"))).heard)
    assert [seed.title for seed in own.seeds] == ["Hit"]


async def test_who_shares_nothing_with_it_is_told_and_asked_nothing(
    say: Say, storage: Storage, tmp_path: Path
) -> None:
    await learned(storage, tmp_path, GERMAN, UNSHARED)
    card = await share(say, "Song a")
    (answer,) = (await say(GERMAN, "taste", argument_of(card, "taste"))).heard
    assert isinstance(answer, Reply)
    assert answer.private
    assert "niemanden aus dieser Playlist" in answer.text
    assert not answer.buttons


async def test_others_may_have_their_own_version_of_a_playlist_that_was_asked_for_in_a_group(
    say: Say,
) -> None:
    made = card_in((await say(OWNER, "playlist", "Song a")).heard)
    own = card_in((await say(GERMAN, "taste", argument_of(made, "taste"))).heard)
    assert own.title == "Aus Song a"
    assert own.private
    assert own.playlist_id != made.playlist_id


async def test_it_stays_so_while_its_owner_changes_it(say: Say) -> None:
    made = card_in((await say(OWNER, "playlist", "Song a")).heard)
    remove = next(b.argument for row in made.buttons for b in row if b.argument[:6] == "remove")
    choosing = card_in((await say(OWNER, "card", remove)).heard)
    without = card_in((await say(OWNER, "card", choosing.buttons[0][0].argument)).heard)
    assert argument_of(without, "taste") == argument_of(made, "taste")


async def test_others_do_not_read_how_much_its_owner_plays(say: Say) -> None:
    made, private = [
        card_in((await say(OWNER, "playlist", f"Song a{choice}")).heard)
        for choice in ("", " private=yes")
    ]
    assert "Learned on" in repr(private.notes)
    assert "Learned on" not in repr(made.notes)


async def test_nobody_has_a_version_of_a_playlist_that_its_owner_alone_sees(say: Say) -> None:
    made = card_in((await say(OWNER, "playlist", "Song a private=yes")).heard)
    assert made.private
    assert "taste" not in {button.name for row in made.buttons for button in row}


@pytest.mark.parametrize("name", ["vote", "turn"])
async def test_a_card_stays_in_its_language_whoever_presses(say: Say, name: str) -> None:
    card = await share(say, "Song a")
    pressed = card_in((await say(GERMAN, name, argument_of(card, name))).heard)
    assert pressed.title == "From Song a"
    assert pressed.buttons[0][0].label == "With my taste"
    again = card_in((await say(GERMAN, name, argument_of(pressed, name))).heard)
    assert again.title == "From Song a"


async def test_what_is_said_to_whoever_presses_is_in_theirs(say: Say) -> None:
    card = await share(say, "Song a")
    own = card_in((await say(GERMAN, "taste", argument_of(card, "taste"))).heard)
    assert own.title == "Aus Song a"


@pytest.mark.parametrize("name", ["vote", "turn", "taste"])
async def test_that_it_is_gone_is_said_in_the_language_of_the_card(
    say: Say, storage: Storage, name: str
) -> None:
    card = await share(say, "Song a")
    await storage.delete_user(1)
    gone = card_in((await say(GERMAN, name, argument_of(card, name))).heard)
    assert gone.title == "This playlist is gone"


@pytest.mark.parametrize(
    ("name", "argument"), [("vote", "{} up"), ("vote", "{} up 0"), ("turn", "{} 1"), ("turn", "{}")]
)
async def test_cards_of_before_take_the_language_of_the_first_press(
    say: Say, storage: Storage, name: str, argument: str
) -> None:
    await share(say, "Song a")
    (shared,) = await storage.shares.of_user(1)
    card = card_in((await say(GERMAN, name, argument.format(shared.id))).heard)
    assert card.title == "Aus Song a"
    card = card_in((await say(OWNER, "vote", argument_of(card, "vote"))).heard)
    assert card.title == "Aus Song a"


async def test_every_button_fits_every_platform(say: Say) -> None:
    card = await share(say, "Song a")
    buttons = [*(button for row in card.buttons for button in row)]
    assert card.turning is not None
    buttons.append(card.turning.to(99, ""))
    assert all(len(f"{button.name} {button.argument}".encode()) <= 60 for button in buttons)
