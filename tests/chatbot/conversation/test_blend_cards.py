"""What the card of several people says: who knows which song, and which of its namesakes was taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from chatbot.conversation import blend_replies, share_replies
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import Message, PlaylistCard, Reply
from chatbot.services.playlist_records import Together
from chatbot.services.sharing import SharedPlaylist
from songnet.music import History, Track
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage
from tests.chatbot.conversation.test_blends import InGroup, button, learn
from tests.chatbot.conversation.test_conversation import conversation, model

__all__ = ["conversation", "model"]  # fixtures

Songs = Sequence[tuple[str, str]]
"""Artists and titles, the most played first."""
Meet = Callable[..., Awaitable[list[InGroup]]]
WALKER, DUCK, ZHU = ("Alan Walker", "Faded"), ("Sitting Duck", "Faded"), ("ZHU", "Faded")
SHARED = [(f"Band {number}", f"Hit {number}") for number in range(12)]


@pytest.fixture
def meet(storage: Storage, conversation: Conversation, tmp_path: Path) -> Meet:
    """People by their names, with what they know beside what all of them do."""

    async def meet(**songs: Songs) -> list[InGroup]:
        people = []
        for number, (name, own) in enumerate(songs.items(), start=501):
            path = tmp_path / name
            Recommender.train(history([*own, *SHARED]), config=CONFIG).save(path)
            await learn(storage, path, number)
            people.append(InGroup(conversation, number, name))
        return people

    return meet


CONFIG = TrainingConfig(model="popularity")


def history(songs: Songs) -> History:
    plays = [song for place, song in enumerate(songs) for _ in range(len(songs) - place + 1)]
    table = pd.DataFrame(plays, columns=["artist", "title"])
    table["started_at"] = pd.date_range("2024-01-01", periods=len(plays), freq="40min", tz="UTC")
    return History.from_plays(table)


async def blended(people: Sequence[InGroup], songs: str) -> PlaylistCard:
    asker, *others = people
    names = " ".join(f"@{each.handle}" for each in others)
    request = await asker.say("blend", f"{names} {songs}")
    answers = [await each.say(*button(request, "I agree")) for each in others]
    assert isinstance(answers[-1], PlaylistCard)
    return answers[-1]


def seeds(card: PlaylistCard) -> list[tuple[str, str]]:
    return [(seed.artist, seed.title) for seed in card.seeds]


async def test_a_song_that_not_all_know_carries_the_mark_of_those_who_do(meet: Meet) -> None:
    people = await meet(ann=[("A", "Ann's")], bob=[("B", "Bob's")])
    card = await blended(people, "Hit 1")
    marks = {track.title: track.mark for track in card.tracks}
    assert (marks["Ann's"], marks["Bob's"], marks["Hit 2"]) == ("A", "B", "")
    assert card.words == (
        "A = @ann, B = @bob: in brackets stands who of you knows a song, where not all do."
    )


async def test_who_votes_leaves_the_marks_where_they_are(meet: Meet) -> None:
    people = await meet(ann=[("A", "Ann's")], bob=[("B", "Bob's")])
    card = await blended(people, "Hit 1")
    (name, argument) = next(
        (each.name, each.argument) for row in card.buttons for each in row if "👍" in each.label
    )
    voted = await people[0].say(name, argument)
    assert isinstance(voted, PlaylistCard)
    assert (voted.tracks, voted.notes) == (card.tracks, card.notes)


@pytest.mark.parametrize(
    ("names", "known_by", "marks"),
    [
        (["@ann", "@bob", "eve"], [(0,), (1, 2), (0, 1, 2)], ["A", "B, E", ""]),
        (["@user1001", "@user1002"], [(0,), (1,)], ["U1", "U2"]),
        (["Ben", "Ada", "bob", "Cleo", "Bert"], [(0, 2, 3, 4), (1,)], ["B1, B2, C, B3", "A"]),
        (["Élodie", "Анна", "ada"], [(0,), (1,), (2,)], ["E", "B", "A"]),
        (["<@1001>", "_a_", "🎵"], [(0,), (1,), (2,)], ["A1", "A2", "C"]),
    ],
)
def test_marks_are_short_and_no_two_people_share_one(
    names: list[str], known_by: list[tuple[int, ...]], marks: list[str]
) -> None:
    together = Together(tuple(names), tuple(known_by), ())
    assert list(blend_replies.marks_together(together)) == marks


def test_every_page_of_a_card_has_its_marks() -> None:
    songs = tuple(Track(f"t{number}", "Band", f"Hit {number}") for number in range(50))
    together = Together(("ann", "bob"), tuple((number % 2,) for number in range(50)), ())
    shared = SharedPlaylist(
        "s", (), songs, dict.fromkeys((song.track_id for song in songs), ""), 0, 0,
        together=together,
    )  # fmt: skip
    card = share_replies.shared_card(shared, page=2)
    assert [track.mark for track in card.tracks] == ["A", "B"] * 25


async def test_of_namesakes_the_one_is_taken_that_more_of_them_know(meet: Meet) -> None:
    people = await meet(ann=[DUCK], bob=[WALKER], eve=[ZHU, WALKER])
    card = await blended(people, "faded")
    assert seeds(card) == [WALKER]
    assert card.notes[-1] == (
        "'faded' is the name of different songs of yours: I took 'Faded' by Alan Walker. For "
        "another, write the artist too."
    )


async def test_where_as_many_know_each_the_one_is_taken_that_the_asker_means(meet: Meet) -> None:
    people = await meet(ann=[DUCK], bob=[WALKER])
    assert seeds(await blended(people, "Faded; Hit 3")) == [DUCK, ("Band 3", "Hit 3")]


async def test_who_is_called_so_to_the_letter_is_meant_rather_than_a_near_miss(meet: Meet) -> None:
    people = await meet(ann=[("T", "Fadet")], bob=[WALKER])
    assert seeds(await blended(people, "Faded")) == [WALKER]


async def test_versions_of_one_song_all_count_and_nothing_is_said_of_them(meet: Meet) -> None:
    edit = ("Alan Walker", "Faded - Radio Edit")
    people = await meet(ann=[WALKER], bob=[edit])
    card = await blended(people, "Faded")
    assert seeds(card) == [WALKER, edit]
    assert not [note for note in card.notes if "different songs" in note]


async def test_a_song_is_called_as_whoever_asks_knows_it(meet: Meet) -> None:
    people = await meet(ann=[WALKER], bob=[("Alan Walker", "Faded (feat. Iselin Solheim)")])
    assert seeds(await blended(people, "Faded")) == [WALKER]


async def test_a_seed_counts_as_answered_where_one_of_the_same_title_is_known(meet: Meet) -> None:
    people = await meet(ann=[DUCK, ("Z", "Other")], bob=[WALKER])
    card = await blended(people, "Faded - Sitting Duck; Faded - Alan Walker; Other")
    assert seeds(card) == [DUCK, WALKER, ("Z", "Other")]
    argument = card.buttons[0][0].argument
    bob = people[1]
    await bob.do("taste", argument)
    own = next(each for each in bob.heard if isinstance(each, PlaylistCard))
    assert seeds(own) == [WALKER]
    assert unknown(bob.heard) == ["Other - Z"]


def unknown(messages: Sequence[Message]) -> list[str]:
    """The songs of which a card, or a question beside it, says that they are not there."""
    said = [note for each in messages if isinstance(each, PlaylistCard) for note in each.notes]
    said += [each.text for each in messages if isinstance(each, Reply)]
    return sorted({note.split("'")[1] for note in said if "Not in your library" in note})
