"""A playlist of several people: asked for, agreed to, made, taken back, in a group of each platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chatbot.behaviour.test_cards import tracks
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.behaviour.test_sharing import Group, group, labelled, platform
from tests.chatbot.drivers.base import ChatDriver, Seen
from tests.chatbot.drivers.discord import DiscordDriver
from tests.chatbot.drivers.telegram import TelegramDriver
from tests.chatbot.loopback.discord_world import BOT_ID, GUILD_TEXT, Channel
from tests.chatbot.loopback.telegram_world import BOT_NAME, Person

__all__ = ["group", "platform"]  # fixtures
THIRD_ID = 1003
OTHER_GROUP = -1005678
OWNERS_BUTTONS = ("Save as file", "As a picture", "Delete")


def person_in(group: Group, number: int, username: str | None) -> Group:
    """The same group, with somebody else as the other one."""
    other, person_id = group.other, str(number)
    if isinstance(other, DiscordDriver):
        there = DiscordDriver(other.server, channel=other.channel, person=person_id)
        return replace(group, other=there, other_aside=there, other_id=person_id)
    assert isinstance(other, TelegramDriver)
    person = Person(number, "Joan", username=username)
    public, aside = (other.elsewhere(chat_id, person) for chat_id in (other.chat_id, None))
    return replace(group, other=public, other_aside=aside, other_id=person_id)


def third_in(group: Group) -> Group:
    """The same group, with its third person, who has no user name, as the other one."""
    return person_in(group, THIRD_ID, None)


def mention(group: Group) -> str:
    """The other person, as one mentions them there."""
    if isinstance(group.other, TelegramDriver) and group.other.person.username:
        return f"@{group.other.person.username}"
    return f"<@{group.other_id}>"


async def ask(group: Group, *others: Group, songs: str = "Faded; Fearless Pt. II") -> Seen:
    people = " ".join(map(mention, others))
    await group.owner.command(f"/blend {people} {songs}")
    return await group.owner.wait_for(labelled("I agree", "Rather not"))


async def made(asker: ChatDriver) -> Seen:
    return await asker.wait_for(lambda seen: "together" in seen.text and len(tracks(seen)) > 0)


async def test_who_agrees_makes_a_card_with_buttons_for_all(group: Group, tmp_path: Path) -> None:
    await group.learn(tmp_path)
    request = await ask(group, group)
    assert "asks you for a playlist together, from: Faded; Fearless Pt. II." in request.text
    await group.owner.press("I agree")
    await group.owner_aside.wait_for(says("not for you to answer"))
    await group.other.press("I agree")
    await group.other.wait_for(says("Everybody agreed"))
    card = await made(group.other)
    assert len(tracks(card)) == 20
    assert card.buttons == ("With my taste", "👍 0", "👎 0", *OWNERS_BUTTONS)
    assert "All of you know all of these songs." in card.text
    await group.other.press("👍 0")
    voted = await group.other.wait_for(labelled("👍 1", *OWNERS_BUTTONS))
    assert (voted.text, voted.message_id) == (card.text, card.message_id)


async def test_a_bot_is_asked_nothing(group: Group) -> None:
    bots = [f"@{BOT_NAME}"]
    if isinstance(group.owner, DiscordDriver):  # which tells of others, too, where one is mentioned
        group.owner.world.bots.add("902")
        bots = [f"<@{BOT_ID}>", "<@902>"]
    for bot in bots:
        await group.owner.command(f"/blend {mention(group)} {bot} Faded")
        await group.owner_aside.wait_for(says("a bot can agree to nothing"))
    assert await group.world.bot.storage.blends.of_user(1) == []


async def test_everybody_who_is_asked_is_shown_as_they_were_named(group: Group) -> None:
    await group.owner.command(f"/blend @x__y__z {mention(group)} Faded")
    request = await group.owner.wait_for(labelled("I agree"))
    if isinstance(group.owner, DiscordDriver):
        written = [message.payload["content"] for message in group.owner.world.messages.values()]
        assert rf"@x\_\_y\_\_z {mention(group)}" in written
    else:
        assert request.text.startswith(f"@x__y__z {mention(group)}")


async def test_its_files_and_its_end_are_with_whoever_asked(group: Group, tmp_path: Path) -> None:
    await group.learn(tmp_path)
    await ask(group, group)
    await group.other.press("I agree")
    await made(group.other)
    for label in OWNERS_BUTTONS:
        await group.other.press(label)
        await group.other_aside.wait_for(says("That is not yours"))
    await group.owner.press("Save as file")
    await group.owner_aside.wait_for(labelled("m3u8"))
    await group.owner_aside.press("m3u8")
    await group.owner_aside.wait_for(lambda seen: bool(seen.documents))
    await group.owner.command("/share")  # they agreed that those see it who are here
    await group.owner_aside.wait_for(says("no playlist yet that you could share"))
    await group.owner.press("Delete")
    await group.owner.wait_for(says("This playlist is deleted"))
    assert await group.world.bot.storage.playlists.of_user(1) == []


async def test_three_people_each_of_whom_is_asked(group: Group, tmp_path: Path) -> None:
    third = third_in(group)
    for each in (group, third):
        await each.learn(tmp_path)
    await ask(group, group, third)
    await group.other.press("I agree")
    await group.other_aside.wait_for(says("1 answer is still missing"))
    assert await group.world.bot.storage.playlists.of_user(1) == []
    await third.other.press("I agree")
    card = await made(third.other)
    assert len(tracks(card)) == 20
    if isinstance(group.owner, TelegramDriver):
        assert "Ada, @grace, Joan together" in card.text
    # Nobody is asked a second time.
    people = " ".join(map(mention, (third, group)))
    await group.owner.command(f"/blend {people} Faded")
    await made(group.owner)


async def test_one_refusal_is_enough(group: Group, tmp_path: Path) -> None:
    third = third_in(group)
    await group.learn(tmp_path)
    await ask(group, group, third)
    await group.other.press("I agree")
    await group.other_aside.wait_for(says("1 answer is still missing"))
    await third.other.press("Rather not")
    await third.other.wait_for(says("Not everybody wants to"))
    assert await group.world.bot.storage.blends.of_user(1) == []


async def test_consent_is_taken_back_and_takes_the_playlist_with_it(
    group: Group, tmp_path: Path
) -> None:
    await group.learn(tmp_path)
    await ask(group, group)
    await group.other.press("I agree")
    card = await made(group.other)
    await group.other_aside.command("/privacy")
    seen = await group.other_aside.wait_for(says("You agreed to playlists together with"))
    (revoke,) = (label for label in seen.buttons if label.startswith("Take back"))
    await group.other_aside.press(revoke)
    await group.other_aside.wait_for(says("I no longer mix your taste with theirs"))
    assert await group.world.bot.storage.playlists.of_user(1) == []
    gone = await group.owner.wait_for(says("This playlist is gone"))
    assert (gone.message_id, gone.buttons, tracks(gone)) == (card.message_id, (), [])
    await ask(group, group)  # and they are asked anew


async def test_who_has_everything_deleted_leaves_nothing_in_others_playlists(
    group: Group, tmp_path: Path
) -> None:
    user_id = await group.learn(tmp_path)
    await ask(group, group)
    await group.other.press("I agree")
    await made(group.other)
    storage = group.world.bot.storage
    assert [record.blend_id for record in await storage.playlists.of_user(1)] != [None]
    await storage.delete_user(user_id)
    assert await storage.playlists.of_user(1) == []
    assert await storage.blends.of_user(1) == []


async def test_a_song_that_one_of_them_removed_stays_away(group: Group, tmp_path: Path) -> None:
    user_id = await group.learn(tmp_path)
    await ask(group, group)
    await group.other.press("I agree")
    card = await made(group.other)
    storage = group.world.bot.storage
    (record,) = await storage.playlists.of_user(1)
    await storage.avoided.add(user_id, record.tracks[0])
    await group.owner.command(f"/blend {mention(group)} Faded; Fearless Pt. II")
    again = await made(group.owner)
    assert tracks(card)[0] not in tracks(again)


async def test_discord_offers_no_blend_that_nobody_else_sees(group: Group) -> None:
    if not isinstance(group.owner, DiscordDriver):
        pytest.skip("only Discord has a form")
    offered = {
        command["name"]: {option["name"] for option in command.get("options", ())}
        for command in group.owner.world.commands
    }
    assert offered["blend"] == {"people", "songs"}
    assert "private" in offered["playlist"]


def members_in(group: Group) -> list[Group]:
    """The same group, with each of four people as the other one."""
    names = {1002: "grace", 1003: None, 1004: "alan", 1005: "mary"}
    return [person_in(group, number, name) for number, name in names.items()]


def elsewhere(group: Group) -> Group:
    """The same two people in another chat."""
    owner, other = group.owner, group.other
    if isinstance(owner, DiscordDriver):
        world = owner.world
        channel = world.channels.setdefault("601", Channel("601", GUILD_TEXT))
        assert isinstance(other, DiscordDriver)
        there = [owner.elsewhere(channel.id, person=each.person) for each in (owner, other)]
        return replace(
            group, owner=there[0], owner_aside=there[0], other=there[1], other_aside=there[1]
        )
    assert isinstance(owner, TelegramDriver)
    assert isinstance(other, TelegramDriver)
    return replace(
        group,
        owner=owner.elsewhere(OTHER_GROUP),
        other=other.elsewhere(OTHER_GROUP),
    )


async def test_a_consent_given_here_publishes_nothing_elsewhere(
    group: Group, tmp_path: Path
) -> None:
    await group.learn(tmp_path)
    await ask(group, group)
    await group.other.press("I agree")
    await made(group.other)
    there = elsewhere(group)
    await ask(there, there)  # who is there did not agree to anything yet
    assert not [seen for seen in await there.other.history() if tracks(seen)]
    await there.other.press("I agree")
    await made(there.other)
    await group.owner.command(f"/blend {mention(group)} Faded")
    await made(group.owner)


async def test_five_people_each_of_whom_is_asked(group: Group, tmp_path: Path) -> None:
    members = members_in(group)
    for each in members[:-1]:
        await each.learn(tmp_path)
    await ask(group, *members)
    await group.owner.press("I agree")
    await group.owner_aside.wait_for(says("not for you to answer"))
    for missing, each in zip((3, 2, 1), members[:-1], strict=True):
        for _again in range(2):  # who presses twice counts once
            await each.other.press("I agree")
            answer = "answer is" if missing == 1 else "answers are"
            await each.other_aside.wait_for(says(f"{missing} {answer} still missing"))
    last = members[-1]
    public = len(await group.owner.history()) if group.owner is not group.owner_aside else None
    await last.other.press("I agree")
    await last.other_aside.wait_for(says("Send me your history first"))
    if public is not None:
        assert len(await group.owner.history()) == public
    assert await group.world.bot.storage.playlists.of_user(1) == []
    await last.learn(tmp_path)
    await last.other.press("I agree")
    card = await made(last.other)
    assert len(tracks(card)) == 20
    (record,) = await group.world.bot.storage.playlists.of_user(1)
    assert len(record.options["together"]["names"]) == 5
    await group.owner.command(f"/blend {' '.join(map(mention, members))} Faded")
    await made(group.owner)


async def test_a_refusal_after_four_agreed_is_seen_by_all(group: Group, tmp_path: Path) -> None:
    members = members_in(group)
    for each in members[:-1]:
        await each.learn(tmp_path)
    request = await ask(group, *members)
    for each in members[:-1]:
        await each.other.press("I agree")
        await each.other_aside.wait_for(says("still missing"))
    await members[-1].other.press("Rather not")
    await members[-1].other.wait_for(says("Not everybody wants to"))
    for person in (group.owner, *(each.other for each in members)):
        (seen,) = [each for each in await person.history() if each.message_id == request.message_id]
        assert "Not everybody wants to" in seen.text
        assert seen.buttons == ()
    for user_id in range(1, 5):
        assert await group.world.bot.storage.blends.consents_of(user_id) == []


@pytest.mark.parametrize("ended", ["taken back", "expired"])
async def test_a_consent_that_ended_before_the_last_one_makes_nothing(
    group: Group, tmp_path: Path, ended: str
) -> None:
    third = third_in(group)
    for each in (group, third):
        await each.learn(tmp_path)
    request = await ask(group, group, third)
    await group.other.press("I agree")
    await group.other_aside.wait_for(says("1 answer is still missing"))
    storage = group.world.bot.storage
    if ended == "taken back":
        await group.other_aside.command("/privacy")
        seen = await group.other_aside.wait_for(says("You agreed to playlists together with"))
        (revoke,) = (label for label in seen.buttons if label.startswith("Take back"))
        await group.other_aside.press(revoke)
        await group.other_aside.wait_for(says("I no longer mix your taste with theirs"))
    else:
        (blend,) = await storage.blends.of_user(1)
        await storage.blends.keep(blend.id, timedelta(0))
    await third.other.press("I agree")
    seen = await third.other.wait_for(says("too old, or somebody did not want to"))
    assert (seen.message_id, seen.buttons) == (request.message_id, ())
    assert await storage.playlists.of_user(1) == []
