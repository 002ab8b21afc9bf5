"""Shared playlists in a group, as its owner and somebody else there see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_cards import card_of, tracks
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.base import ChatDriver, Seen
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.discord_world import OTHER_ID
from tests.chatbot.loopback.telegram_world import Person

DISCORD_CHANNEL, TELEGRAM_GROUP = "600", -1001234
OTHER = Person(1002, "Grace", username="grace")


@dataclass(frozen=True)
class Group:
    """A chat of several people, in which one has a model."""

    world: World
    owner: ChatDriver
    other: ChatDriver
    owner_aside: ChatDriver
    """Where the owner reads what is for them alone."""
    other_aside: ChatDriver
    other_id: str

    async def learn(self, directory: Path) -> int:
        """The other person has a model too, and likes the same songs."""
        storage = self.world.bot.storage
        active = await storage.models.active(1)
        assert active is not None
        path = directory / "model"
        path.write_bytes(await storage.models.read(active))
        user_id = await storage.users.resolve(self.other.platform, self.other_id)
        saved = await storage.models.save(user_id, path, history_version=1, facts=active.facts)
        await storage.models.activate(saved.id)
        return user_id

    async def share(self) -> Seen:
        """The owner asks for a playlist and shares it."""
        await self.owner.command("/playlist Faded; Fearless Pt. II")
        await self.owner.wait_for(card_of(20))
        await self.owner.press("Share")
        return await self.owner.wait_for(lambda seen: "👍 0" in seen.buttons)


@pytest.fixture(params=["discord", "telegram"])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def group(learned: World) -> AsyncIterator[Group]:
    person = learned.person
    if isinstance(person, DiscordDriver):
        owner = person.elsewhere(DISCORD_CHANNEL)
        other = person.elsewhere(DISCORD_CHANNEL, person=OTHER_ID)
        yield Group(learned, owner, other, owner, other, OTHER_ID)
    else:
        assert isinstance(person, TelegramDriver)
        here = person.elsewhere(TELEGRAM_GROUP)
        there = person.elsewhere(TELEGRAM_GROUP, OTHER)
        aside = person.elsewhere(None, OTHER)
        yield Group(learned, here, there, person.elsewhere(None), aside, str(OTHER.id))


def labelled(*labels: str) -> Callable[[Seen], bool]:
    return lambda seen: set(labels) <= set(seen.buttons)


async def test_a_shared_card_shows_the_songs_and_nothing_else(group: Group) -> None:
    shared = await group.share()
    assert len(tracks(shared)) == 20
    assert shared.buttons == ("With my taste", "👍 0", "👎 0")
    assert "From Faded, Fearless" in shared.text
    assert "learned" not in shared.text
    assert "Plays for" not in shared.text
    assert shared.text in [seen.text for seen in await group.other.history()]


async def test_everybody_has_one_vote_which_the_card_counts(group: Group) -> None:
    await group.share()
    before = len(await group.other.history())
    for person, pressed, shown in (
        (group.other, "👍 0", ("👍 1", "👎 0")),
        (group.owner, "👎 0", ("👍 1", "👎 1")),
        (group.other, "👎 1", ("👍 0", "👎 2")),
    ):
        await person.press(pressed)
        card = await person.wait_for(labelled(*shown))
        assert len(tracks(card)) == 20
    assert len(await group.other.history()) == before
    (share,) = await group.world.bot.storage.shares.of_user(1)
    assert (share.votes_up, share.votes_down) == (0, 2)


async def test_another_persons_button_is_refused_to_whoever_pressed_and_nobody_else(
    group: Group,
) -> None:
    await group.owner.command("/playlist Faded; Fearless Pt. II")
    await group.owner.wait_for(card_of(20))
    if isinstance(group.other, TelegramDriver):
        group.other.server.world.started.discard(OTHER.id)  # who is no stranger to Discord's bots
    before = [seen.text for seen in await group.owner.history()]
    await group.other.press("Delete")
    await group.other_aside.wait_for(says("That is not yours"))
    assert [seen.text for seen in await group.owner.history()] == before


async def test_with_my_taste_answers_whoever_pressed_and_nobody_else(
    group: Group, tmp_path: Path
) -> None:
    user_id = await group.learn(tmp_path)
    await group.share()
    owners = len(await group.owner.history())
    await group.other.press("With my taste")
    card = await group.other_aside.wait_for(card_of(20))
    assert "From Faded, Fearless" in card.text
    (mine,) = await group.world.bot.storage.playlists.of_user(user_id)
    assert mine.seeds[0]["title"] == "Faded"
    assert len(await group.owner.history()) == owners


async def test_who_has_no_model_gets_the_way_to_the_import(group: Group) -> None:
    await group.share()
    before = len(await group.owner.history())
    await group.other.press("With my taste")
    await group.other_aside.wait_for(says("Send me your history first", "Extended streaming"))
    assert len(await group.owner.history()) == before
    storage = group.world.bot.storage
    assert await storage.users.find(group.other.platform, group.other_id) is None


async def test_the_owners_buttons_are_not_anybody_elses(group: Group) -> None:
    await group.owner.command("/playlist Faded; Fearless Pt. II")
    await group.owner.wait_for(card_of(20))
    before = len(await group.owner.history())
    for label in (
        "Another one",
        "Remove a song",
        "Why these?",
        "Save as file",
        "As a picture",
        "Share",
        "Delete",
    ):
        await group.other.press(label)
        await group.other_aside.wait_for(says("That is not yours"))
    assert len(await group.owner.history()) == before
    assert len(await group.world.bot.storage.playlists.of_user(1)) == 1


@pytest.mark.parametrize("label", ["With my taste", "👍 0"])
async def test_what_the_bot_could_not_reach_goes_at_the_next_press(
    group: Group, label: str
) -> None:
    shared = await group.share()
    await group.world.remembers(2)
    await group.world.bot.storage.delete_user(1)
    await group.other.press(label)
    gone = await group.other.wait_for(says("This playlist is gone"))
    assert (gone.message_id, gone.buttons, tracks(gone)) == (shared.message_id, (), [])
    storage = group.world.bot.storage
    assert await storage.users.find(group.other.platform, group.other_id) is None


async def test_a_playlist_for_me_alone_is_seen_by_nobody_else(group: Group) -> None:
    before = len(await group.other.history())
    await group.owner.command("/playlist Faded private=yes")
    await group.owner_aside.wait_for(card_of(20))
    await group.owner_aside.press("Longer")
    await group.owner_aside.wait_for(card_of(30))
    assert len(await group.other.history()) == before


@pytest.mark.parametrize("songs", ["Fadeed Awayy Nowhere", "Faded; Fadeed Awayy Nowhere"])
async def test_what_else_is_in_the_library_its_owner_alone_is_shown(
    group: Group, songs: str
) -> None:
    await group.owner.command(f"/playlist {songs}")
    await group.owner_aside.wait_for(lambda seen: "Faded - Alan Walker" in seen.buttons)
    read = await group.other.history()
    assert not any("Near to it" in seen.text for seen in read)
    assert not any("Faded - Alan Walker" in seen.buttons for seen in read)
    if ";" in songs:
        card = await group.other.wait_for(card_of(20))
        assert "Not in your library: 'Fadeed Awayy Nowhere'." in card.text
    else:
        await group.owner_aside.press("Faded - Alan Walker")
        await group.owner_aside.wait_for(card_of(20))


async def test_what_its_owner_says_was_meant_changes_the_card_for_everybody(group: Group) -> None:
    await group.owner.command("/playlist Fearless Pt. II; Fadeed Awayy Nowhere")
    wrong = await group.other.wait_for(card_of(20))
    assert "From Fearless Pt. II\n" in wrong.text
    await group.owner_aside.wait_for(labelled("Faded - Alan Walker"))
    await group.owner_aside.press("Faded - Alan Walker")
    await group.owner_aside.wait_for(says("the card there shows the right songs now"))
    right = await group.other.wait_for(says("From Fearless Pt. II, Faded"))
    assert right.message_id == wrong.message_id
    assert "Not in your library" not in right.text


def take_from_chat(driver: ChatDriver, message: Seen) -> None:
    """Somebody who may do so deletes a message."""
    if isinstance(driver, DiscordDriver):
        del driver.world.messages[message.message_id]
    else:
        assert isinstance(driver, TelegramDriver)
        world = driver.server.world
        world.messages = [m for m in world.messages if str(m.message_id) != message.message_id]


async def test_where_the_card_is_gone_its_owner_sees_the_right_one(group: Group) -> None:
    await group.owner.command("/playlist Fearless Pt. II; Fadeed Awayy Nowhere")
    card = await group.other.wait_for(card_of(20))
    await group.owner_aside.wait_for(labelled("Faded - Alan Walker"))
    take_from_chat(group.other, card)
    await group.owner_aside.press("Faded - Alan Walker")
    await group.owner_aside.wait_for(says("From Fearless Pt. II, Faded"))


async def test_what_can_be_shared_is_offered_to_its_owner_alone(group: Group) -> None:
    await group.world.person.command("/playlist Faded")
    await group.world.person.wait_for(card_of(20))
    before = len(await group.other.history())
    await group.owner.command("/share")
    offer = await group.owner_aside.wait_for(says("Which playlist"))
    assert len(await group.other.history()) == before
    if group.owner_aside is group.owner:
        await group.owner_aside.press(offer.buttons[0])
        await group.other.wait_for(lambda seen: "👍 0" in seen.buttons)
    else:  # in a private chat the button asks for one: frontends/telegram/test_inline.py
        assert len(await group.other.history()) == before
    await group.owner.command("/share 1")
    await group.owner.wait_for(labelled("With my taste"))
    assert len(await group.other.history()) > before
