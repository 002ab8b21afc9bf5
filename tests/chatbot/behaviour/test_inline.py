"""Inline mode: playlists in a chat that the bot is not in, by Telegram's own client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage import Storage
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_cards import card_of
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.telegram_world import Person, Sent, TelegramWorld

FRIEND = Person(1002, "Grace", language="de")
LONG = " or what it is called in the long version" * 6


@dataclass(frozen=True)
class Chat:
    """A chat of the person and a friend."""

    world: World
    person: TelegramDriver
    friend: TelegramDriver
    """In the private chat with the bot."""

    @property
    def telegram(self) -> TelegramWorld:
        return self.person.server.world

    @property
    def storage(self) -> Storage:
        return self.world.bot.storage

    async def offers(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """What is offered to the person who types '@bot text', and the query's id."""
        query_id = self.telegram.type_inline(self.person.person, text)
        await self.telegram.wait_until(lambda: query_id in self.telegram.offered)
        return query_id, self.telegram.offered[query_id]

    async def send(self, text: str, *, feedback: bool = False) -> str:
        """The person types it and sends the first offer; returns the message's id."""
        query_id, _ = await self.offers(text)
        told_by = self.person.person if feedback else None
        return self.telegram.choose(query_id, told_by=told_by)

    async def press(self, message_id: str, label: str) -> None:
        self.telegram.press_inline(FRIEND, message_id, label)

    async def until(self, message_id: str, *labels: str) -> Sent:
        """The message, as soon as it has such buttons."""
        message = self.telegram.inline[message_id]
        await self.telegram.wait_until(lambda: {*labels} <= {*labels_of(message)})
        return message

    async def shared(self) -> list[str]:
        """The titles of the first songs of what counts as shared."""
        shares = [each for each in await self.storage.shares.of_user(1) if not each.is_offered]
        records = [await self.storage.playlists.get(share.playlist_id) for share in shares]
        return [record.seeds[0]["title"] for record in records if record is not None]


def labels_of(message: Sent) -> list[str]:
    return [button["text"] for button in message.buttons]


def titles(offers: list[dict[str, Any]]) -> list[str]:
    return [offer["title"] for offer in offers]


@pytest.fixture
def platform() -> str:
    return "telegram"


@pytest.fixture
def chat(learned: World) -> Chat:
    person = learned.person
    assert isinstance(person, TelegramDriver)
    return Chat(learned, person, person.elsewhere(None, FRIEND))


async def ask(chat: Chat, songs: str) -> None:
    await chat.person.command(f"/playlist {songs}")
    await chat.person.wait_for(card_of(20))


async def test_the_bots_name_alone_offers_the_recent_playlists_and_shares_none(chat: Chat) -> None:
    assert (await chat.offers(""))[1] == []
    await ask(chat, "Faded")
    await ask(chat, "Fearless Pt. II")
    query_id, offers = await chat.offers("")
    assert [title.partition(",")[0] for title in titles(offers)] == [
        "From Fearless Pt. II",
        "From Faded",
    ]
    assert await chat.shared() == []
    message_id = chat.telegram.choose(query_id, 1)
    await chat.press(message_id, "👍 0")
    await chat.until(message_id, "👍 1")
    assert await chat.shared() == ["Faded"]


async def test_songs_typed_letter_by_letter_are_one_playlist_which_is_not_shared(
    chat: Chat,
) -> None:
    songs = "Don't You Worry Child; Faded"
    for end in range(1, len(songs) + 1):
        await chat.offers(songs[:end])
    _, (offer,) = await chat.offers(songs)
    assert offer["title"] == "From Don't You Worry Child, Faded"
    assert await chat.shared() == []
    assert await chat.storage.playlists.recent(1, 10) == []
    meanings = [
        [seed["track_id"] for seed in record.seeds]
        for record in await chat.storage.playlists.of_user(1)
    ]
    assert all(meanings.count(meaning) == 1 for meaning in meanings), "each meaning is one"
    assert (await chat.offers(""))[1] == []


async def test_telegram_tells_that_it_was_sent_where_it_was_asked_to(chat: Chat) -> None:
    await chat.send("Faded", feedback=True)
    async with asyncio.timeout(10):
        while await chat.shared() != ["Faded"]:
            await asyncio.sleep(0.01)


async def test_with_my_taste_is_for_whoever_presses_in_their_language(
    chat: Chat, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    active = await chat.storage.models.active(1)
    assert active is not None
    path.write_bytes(await chat.storage.models.read(active))
    friend_id = await chat.storage.users.resolve("telegram", str(FRIEND.id))
    saved = await chat.storage.models.save(friend_id, path, history_version=1, facts=active.facts)
    await chat.storage.models.activate(saved.id)
    message_id = await chat.send("Faded")
    before = chat.telegram.inline[message_id].text
    await chat.press(message_id, "With my taste")
    own = await chat.friend.wait_for(says("Aus Faded"))
    assert "Noch eine" in own.buttons
    assert chat.telegram.inline[message_id].text == before
    assert await chat.shared() == ["Faded"]
    assert len(await chat.storage.playlists.of_user(friend_id)) == 1


async def test_a_vote_is_counted_on_the_card_which_stays_in_its_language(chat: Chat) -> None:
    message_id = await chat.send("Faded")
    before = chat.telegram.inline[message_id].text
    await chat.press(message_id, "👎 0")
    message = await chat.until(message_id, "With my taste", "👍 0", "👎 1")
    assert message.text == before
    await chat.press(message_id, "👍 0")
    await chat.until(message_id, "With my taste", "👍 1", "👎 0")


async def test_the_pages_of_a_long_card_are_turned_where_it_stands(chat: Chat) -> None:
    await chat.person.command("/playlist Faded length=30")
    await chat.person.wait_for(card_of(30))
    (record,) = await chat.storage.playlists.recent(1, 1)
    tracks = [track | {"title": track["title"] + LONG} for track in record.tracks]
    await chat.storage.playlists.change_tracks(record.id, 1, lambda _: tracks)
    message_id = await chat.send(f"share {record.id}")
    first = chat.telegram.inline[message_id].text
    assert "30." not in first
    await chat.press(message_id, "2/3 ▶")
    second = await chat.until(message_id, "◀ 1/3", "3/3 ▶", "With my taste")
    assert second.text != first
    await chat.press(message_id, "3/3 ▶")
    assert "30." in (await chat.until(message_id, "◀ 2/3")).text
    await chat.press(message_id, "👍 0")
    voted = await chat.until(message_id, "◀ 2/3", "👍 1")
    assert "30." in voted.text, "who votes stays on the page"
    await chat.press(message_id, "◀ 2/3")
    await chat.until(message_id, "◀ 1/3", "3/3 ▶")
    await chat.press(message_id, "◀ 1/3")
    assert (await chat.until(message_id, "2/3 ▶", "👍 1")).text == first


async def test_what_was_deleted_goes_at_the_next_press_in_the_language_of_the_card(
    chat: Chat,
) -> None:
    message_id = await chat.send("Faded")
    (record,) = await chat.storage.playlists.of_user(1)
    await chat.storage.playlists.delete(record.id)
    await chat.press(message_id, "👍 0")
    message = chat.telegram.inline[message_id]
    await chat.telegram.wait_until(lambda: "This playlist is gone" in message.text)
    assert message.buttons == []
