"""A playlist's card and its buttons, as a person uses them on every platform."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.base import Seen


def tracks(seen: Seen) -> list[str]:
    """The numbered lines of a card, without their numbers and links."""
    lines = [line.strip() for line in seen.text.split("\n")]
    return [
        line.partition(". ")[2].partition("  https:")[0]
        for line in lines
        if line.partition(". ")[0].isdecimal() and " - " in line
    ]


def card_of(count: int) -> Callable[[Seen], bool]:
    return lambda seen: len(tracks(seen)) == count and "Why these?" in seen.buttons


async def asked(world: World, songs: str = "Faded; Fearless Pt. II", count: int = 20) -> Seen:
    await world.person.command(f"/playlist {songs}")
    return await world.person.wait_for(card_of(count))


async def test_a_card_tells_how_long_it_plays_and_what_it_was_learned_from(learned: World) -> None:
    card = await asked(learned)
    assert "Plays for " in card.text
    assert "Learned on " in card.text
    assert " plays." in card.text


async def test_another_one_grows_from_the_same_songs_and_holds_others(learned: World) -> None:
    first = await asked(learned)
    await learned.person.press("Another one")
    second = await learned.person.wait_for(card_of(20))
    assert "Another one · From Faded, Fearless" in second.text
    assert not set(tracks(first)) & set(tracks(second))


async def test_a_playlist_can_be_wished_more_adventurous_more_familiar_and_longer(
    learned: World,
) -> None:
    await asked(learned)
    for label, adventure, count in (
        ("More adventurous", 0.75, 20),
        ("More adventurous", 1.0, 20),
        ("More familiar", 0.75, 20),
        ("Longer", 0.75, 30),
    ):
        await learned.person.press(label)
        card = await learned.person.wait_for(card_of(count))
        (newest,) = await learned.bot.storage.playlists.recent(1, 1)
        assert newest.options["adventure"] == adventure
        assert f"{label} · From Faded" in card.text
        assert ("More adventurous" in card.buttons) == (adventure < 1)


async def test_a_removed_song_stays_away_until_it_is_brought_back(learned: World) -> None:
    card = await asked(learned)
    first, second = tracks(card)[:2]
    await learned.person.press("Remove a song")
    await learned.person.wait_for(lambda seen: "20" in seen.buttons)
    await learned.person.press("1")
    left = await learned.person.wait_for(says("stays away"))
    assert tracks(left)[0] == second
    assert first not in tracks(await asked(learned))
    title = first.rpartition(" - ")[0]
    await learned.person.press(next(each for each in left.buttons if title[:20] in each))
    back = await learned.person.wait_for(card_of(20))
    assert tracks(back)[0] == first
    assert first in tracks(await asked(learned))


async def test_why_these_tells_for_each_track_what_can_be_checked(learned: World) -> None:
    card = await asked(learned)
    await learned.person.press("Why these?")
    answer = await learned.person.wait_for(
        lambda seen: "20. " in seen.text and "played" in seen.text
    )
    lines = [line.strip() for line in answer.text.split("\n") if ": " in line and " - " in line]
    assert [line.partition(". ")[2].rpartition(": ")[0] for line in lines][-1] == tracks(card)[-1]
    assert len(lines) == 20
    assert all(any(character.isdigit() for character in line.rpartition(": ")[2]) for line in lines)
    assert all(", last in " in line for line in lines)


async def test_a_playlist_can_be_saved_as_a_file_of_every_kind(learned: World) -> None:
    card = await asked(learned)
    contents = {}
    for ending in ("m3u8", "csv", "json", "xspf"):
        await learned.person.press("Save as file")
        await learned.person.wait_for(lambda seen: "xspf" in seen.buttons)
        await learned.person.press(ending)
        seen = await learned.person.wait_for(lambda seen: bool(seen.documents))
        assert seen.documents[0] == f"From Faded, Fearless Pt. II.{ending}"
        contents[ending] = (await learned.person.read_document(seen.documents[0])).decode()
    assert contents["m3u8"].count("#EXTINF:") == 20
    rows = list(csv.DictReader(io.StringIO(contents["csv"], newline="")))
    songs = [f"{row['title']} - {row['artist']}" for row in rows]
    assert songs == tracks(card)
    assert len(json.loads(contents["json"])["tracks"]) == 20
    assert contents["xspf"].count("<track>") == 20
    ET.fromstring(contents["xspf"])


async def test_a_deleted_playlist_is_gone(learned: World) -> None:
    await asked(learned)
    await learned.person.press("Delete")
    await learned.person.wait_for(says("is deleted"))
    assert await learned.bot.storage.playlists.of_user(1) == []


async def test_share_stands_below_a_card_where_it_leads_somewhere(learned: World) -> None:
    await learned.person.command("/playlist Faded")
    card = await learned.person.wait_for(card_of(20))
    assert "Delete" in card.buttons
    assert ("Share" in card.buttons) is (learned.person.platform == "telegram")


async def test_what_can_be_shared_elsewhere_is_listed_where_nobody_else_is(learned: World) -> None:
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(card_of(20))
    await learned.person.command("/share")
    if learned.person.platform == "telegram":
        shown = await learned.person.wait_for(says("Which playlist"))
        assert shown.buttons == ("1. From Faded",)
    else:
        shown = await learned.person.wait_for(says("There is nobody else here", "1. From Faded"))
        assert not shown.buttons


async def test_nobody_is_there_to_share_with_in_a_private_chat(learned: World) -> None:
    await asked(learned)
    # Telegram's button lets the person choose a chat instead: frontends/telegram/test_inline.py.
    await learned.person.command("/share 1")
    await learned.person.wait_for(says("nobody else here"))


async def test_choices_stand_beside_the_songs(learned: World) -> None:
    card = await asked(learned, "Faded; length=7 Fearless Pt. II; artists=1", 7)
    artists = [track.rpartition(" - ")[2] for track in tracks(card)]
    assert len(set(artists)) == 7
    await asked(learned, "adventure=0,25 length=5 Faded", 5)
    (newest,) = await learned.bot.storage.playlists.recent(1, 1)
    assert newest.options["adventure"] == 0.25


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("Faded lenght=30", ("lenght=30", "Did you mean length=")),
        ("Faded length=many", ("length=many", "a number of songs")),
        ("Faded length=99", ("from 5 to 50", "99")),
        ("Faded adventure=wild", ("adventure=wild", "familiar")),
        ("Faded private=maybe", ("private=maybe", "private=yes or private=no")),
    ],
)
async def test_a_choice_that_cannot_be_read_is_told(
    learned: World, argument: str, words: tuple[str, ...]
) -> None:
    await learned.person.command(f"/playlist {argument}")
    await learned.person.wait_for(says(*words))


@pytest.mark.parametrize("command", ["/playlist Faded", "/settings"])
@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("length", "has from 5 to 50 songs; you asked for 99999999999999999999..."),
        ("artists", "limited to 50 at most, 0 for no limit; you asked for 99999999999999999999..."),
        ("adventure", "a number from 0"),
    ],
)
async def test_a_number_that_never_ends_is_refused_as_any_other(
    learned: World, command: str, choice: str, words: str
) -> None:
    await learned.person.command(f"{command} {choice}={'9' * 400}")
    refusal = await learned.person.wait_for(says(words))
    assert "9" * 100 not in refusal.text


async def test_an_empty_playlist_offers_favourites_and_what_was_asked_for_before(
    learned: World,
) -> None:
    await learned.person.command("/playlist")
    offer = await learned.person.wait_for(says("separated by ';'"))
    assert len(offer.buttons) == 3
    await learned.person.press(offer.buttons[1])
    await learned.person.wait_for(card_of(20))
    await learned.person.command("/playlist")
    offer = await learned.person.wait_for(lambda seen: len(seen.buttons) == 4)
    await learned.person.press(offer.buttons[3])
    await learned.person.wait_for(card_of(20))


@pytest.mark.parametrize("command", ["/settings", "/privacy"])
async def test_a_removed_song_is_found_again_and_wanted_again(learned: World, command: str) -> None:
    card = await asked(learned)
    await learned.person.press("Remove a song")
    await learned.person.wait_for(lambda seen: "20" in seen.buttons)
    await learned.person.press("1")
    await learned.person.wait_for(says("stays away"))
    await learned.person.command(command)
    await learned.person.wait_for(lambda seen: "Songs that you removed" in seen.buttons)
    await learned.person.press("Songs that you removed")
    shown = await learned.person.wait_for(says("may be in your playlists again"))
    assert tracks(shown) == tracks(card)[:1]
    await learned.person.press("1")
    await learned.person.wait_for(says("No song stays away"))
    assert tracks(await asked(learned)) == tracks(card)


async def test_a_card_as_a_picture(learned: World) -> None:
    await asked(learned)
    await learned.person.press("As a picture")
    seen = await learned.person.wait_for(lambda seen: bool(seen.documents))
    assert (await learned.person.read_document(seen.documents[0])).startswith(b"\x89PNG")


async def test_what_was_removed_is_in_the_export_and_goes_with_forget(learned: World) -> None:
    await asked(learned)
    await learned.person.press("Remove a song")
    await learned.person.wait_for(lambda seen: "20" in seen.buttons)
    await learned.person.press("1")
    await learned.person.wait_for(says("stays away"))
    (avoided,) = (await learned.bot.storage.everything_of(1))["avoided"]
    assert avoided["track"]["title"]
    await learned.bot.storage.delete_user(1)
    assert (await learned.bot.storage.everything_of(1))["avoided"] == []
