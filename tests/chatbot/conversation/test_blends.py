"""A playlist of several people: asked, agreed to, made, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from chatbot.conversation.blend_answers import Wish, parse_blend
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import (
    Actor,
    Command,
    Message,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    PlaylistCard,
    Reply,
)
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage
from tests.chatbot.conversation.test_conversation import conversation, model

__all__ = ["conversation", "model"]  # fixtures


async def at_once() -> None:
    """Nothing holds a message up."""


async def fails() -> None:
    raise MessageUndeliverable


@dataclass
class InGroup:
    """Somebody in a group in which the bot is."""

    conversation: Conversation
    number: int
    handle: str | None
    heard: list[Message] = field(default_factory=list)
    replaced: list[Message] = field(default_factory=list)
    publishing: Callable[[], Awaitable[None]] = at_once
    chat_id: str = "-100"

    async def send(self, message: Message) -> MessageRef | None:
        self.heard.append(message)
        return None

    async def replace(self, message: Message) -> None:
        self.replaced.append(message)

    async def publish(self, message: Message) -> None:
        await self.publishing()
        self.heard.append(message)

    async def say(self, name: str, argument: str = "") -> Message:
        await self.do(name, argument)
        return [*self.replaced, *self.heard][-1]

    async def do(self, name: str, argument: str) -> None:
        actor = Actor(Platform.TELEGRAM, str(self.number), handle=self.handle)
        self.heard.clear()
        self.replaced.clear()
        place = Place(Platform.TELEGRAM, self.chat_id, is_private=not self.chat_id.startswith("-"))
        bots = frozenset({"@songnet_bot"})
        await self.conversation.handle(Command(name, argument, actor, place, bots=bots), self)

    def elsewhere(self, chat_id: str) -> InGroup:
        return replace(self, heard=[], replaced=[], chat_id=chat_id)


async def learn(storage: Storage, model: Path, number: int) -> None:
    user_id = await storage.users.resolve("telegram", str(number))
    saved = await storage.models.save(user_id, model, history_version=1, facts={})
    await storage.models.activate(saved.id)


@pytest.fixture
async def people(
    storage: Storage, conversation: Conversation, model: Path
) -> tuple[InGroup, InGroup, InGroup]:
    """Two who have learned from the same plays, and one whom the bot does not know."""
    for number in (501, 502):
        await learn(storage, model, number)
    names = ((501, "ann"), (502, "Bob"), (503, "eve"))
    return tuple(InGroup(conversation, *each) for each in names)  # type: ignore[return-value]


def is_request(message: Message) -> bool:
    return isinstance(message, Reply) and message.title == "A playlist together?"


def text(message: Message) -> str:
    assert isinstance(message, Reply)
    return message.text


def button(message: Message, label: str) -> tuple[str, str]:
    assert isinstance(message, Reply)
    return next(
        (each.name, each.argument) for row in message.buttons for each in row if each.label == label
    )


async def test_whoever_was_named_agrees_and_the_playlist_is_there(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, bob, eve = people
    request = await ann.say("blend", "@bob Faded; Nobody Ever Heard This")
    assert isinstance(request, Reply)
    assert request.addressed == ("@bob",)
    assert "from: Faded; Nobody Ever Heard This." in request.text
    assert "everybody in this chat sees who of you knows which song" in request.text
    assert "/privacy takes it back" in request.text
    assert "not for you" in (await eve.say(*button(request, "I agree"))).text  # type: ignore[union-attr]
    _, blend_id = button(request, "I agree")
    refused = await eve.say("blendno", blend_id)
    assert isinstance(refused, Reply)
    assert "not for you" in refused.text
    assert refused.private
    assert "not for you" in (await ann.say(*button(request, "I agree"))).text  # type: ignore[union-attr]
    card = await bob.say(*button(request, "I agree"))
    assert isinstance(card, PlaylistCard)
    assert card.title == "@ann, @Bob together"
    assert len(card.tracks) >= 5
    assert "Nobody's library holds 'Nobody Ever Heard This'." in card.notes
    again = await ann.say("blend", "@Bob Faded")
    assert isinstance(again, PlaylistCard)
    others = await ann.say("blend", "@bob @eve Faded")
    assert isinstance(others, Reply)
    assert others.title == "A playlist together?"


async def test_a_consent_is_seen_and_taken_back(people: tuple[InGroup, InGroup, InGroup]) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob Faded")
    await bob.say(*button(request, "I agree"))
    seen = await bob.say("privacy")
    assert isinstance(seen, Reply)
    assert "You agreed to playlists together with:\n- @ann, on" in seen.text
    revoke = button(seen, "Take back: @ann")
    assert "too old" in (await ann.say(*revoke)).text  # type: ignore[union-attr]
    assert "Done" in (await bob.say(*revoke)).text  # type: ignore[union-attr]
    assert isinstance(await ann.say("blend", "@bob Faded"), Reply)


async def test_a_refusal_ends_it_for_all(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage
) -> None:
    ann, bob, eve = people
    request = await ann.say("blend", "@bob @eve Faded")
    waiting = await bob.say(*button(request, "I agree"))
    assert "1 answer is still missing" in waiting.text  # type: ignore[union-attr]
    assert "Not everybody wants to" in (await eve.say(*button(request, "Rather not"))).text  # type: ignore[union-attr]
    assert "too old" in (await bob.say(*button(request, "I agree"))).text  # type: ignore[union-attr]
    assert await storage.blends.consents_of(2) == []


async def test_nobody_learns_whether_somebody_has_a_model(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, _bob, eve = people
    known, unknown = [await ann.say("blend", f"{name} Faded") for name in ("@bob", "@nobody")]
    assert isinstance(known, Reply)
    assert isinstance(unknown, Reply)
    assert known.text == unknown.text
    request = await ann.say("blend", "@eve Faded")
    assert "Send me your history first" in (await eve.say(*button(request, "I agree"))).text  # type: ignore[union-attr]


async def test_a_press_while_it_is_made_and_shown_makes_it_no_second_time(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage
) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob Faded")
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        began.set()
        await goes_on.wait()

    pressing = replace(bob, heard=[], replaced=[], publishing=slowly)
    first = asyncio.create_task(pressing.say(*button(request, "I agree")))
    async with asyncio.timeout(60):
        await began.wait()
        second = await bob.say(*button(request, "I agree"))
        goes_on.set()
        assert isinstance(await first, PlaylistCard)
    assert isinstance(second, Reply)
    assert second.text == "Everybody agreed, and the playlist is on its way."
    assert len(await storage.playlists.of_user(1)) == 1


async def test_a_card_that_did_not_get_through_is_there_at_the_next_press(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob Faded")
    cut_off = replace(bob, heard=[], replaced=[], publishing=fails)
    await cut_off.do(*button(request, "I agree"))
    assert cut_off.replaced == []  # the request stays, with its buttons
    assert isinstance(await bob.say(*button(request, "I agree")), PlaylistCard)


async def test_a_consent_holds_in_the_chat_in_which_it_was_asked_for(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, bob, _eve = people
    ann_there, bob_there = ann.elsewhere("-200"), bob.elsewhere("-200")
    await bob.say(*button(await ann.say("blend", "@bob Faded"), "I agree"))
    request = await ann_there.say("blend", "@bob Faded")
    assert is_request(request)
    assert isinstance(await ann.say("blend", "@bob Faded"), PlaylistCard)  # as before, here
    assert isinstance(await bob_there.say(*button(request, "I agree")), PlaylistCard)
    consents = await bob.say("privacy")
    assert isinstance(consents, Reply)
    labels = [each for row in consents.buttons for each in row if each.name == "revoke"]
    assert len(labels) == 2
    await bob.say("revoke", labels[0].argument)
    again = [await each.say("blend", "@bob Faded") for each in (ann, ann_there)]
    assert sorted(map(is_request, again)) == [False, True]


@pytest.mark.parametrize("chat_id", ["-200", "502"])
@pytest.mark.parametrize("label", ["I agree", "Rather not"])
async def test_an_answer_from_another_chat_counts_for_nothing(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage, chat_id: str, label: str
) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob Faded")
    bob_there = bob.elsewhere(chat_id)
    assert "in the chat in which you were asked" in text(
        await bob_there.say(*button(request, label))
    )
    assert bob_there.replaced == []
    assert await storage.blends.consents_of(2) == []
    assert isinstance(await bob.say(*button(request, "I agree")), PlaylistCard)


async def test_what_earlier_versions_asked_holds_in_no_chat(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage
) -> None:
    ann, bob, _eve = people
    asked = {"platform": "telegram", "invited": ["@bob"], "songs": ["Faded"], "asker": "@ann"}
    for blend_id in ("agreed", "open"):
        await storage.blends.add(blend_id, 1, asked, timedelta(days=1))
    await storage.blends.consent("agreed", 2, {"me": "@Bob", "asker": "@ann"})
    assert "too old" in text(await bob.say("blendyes", "open"))
    assert is_request(await ann.say("blend", "@bob Faded"))
    assert "- @ann, on" in text(await bob.say("privacy"))
    assert "Done" in text(await bob.say("revoke", "agreed"))


async def test_who_was_named_twice_answers_once(people: tuple[InGroup, InGroup, InGroup]) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob <@502> Faded")
    card = await bob.say(*button(request, "I agree"))
    assert isinstance(card, PlaylistCard)
    assert card.title == "@ann, @Bob together"
    assert isinstance(await ann.say("blend", "<@502> @bob Faded"), PlaylistCard)


async def test_for_a_name_that_changed_hands_answers_who_answered_first(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage, model: Path
) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "@bob @eve Faded")
    assert "1 answer is still missing" in text(await bob.say(*button(request, "I agree")))
    await learn(storage, model, 504)
    heir = replace(bob, number=504, heard=[], replaced=[])
    for label in ("I agree", "Rather not"):
        assert "not for you" in text(await heir.say(*button(request, label)))
    assert await storage.blends.consents_of(3) == []
    (blend,) = await storage.blends.of_user(1)
    assert len(await storage.blends.members(blend.id)) == 1


async def test_a_new_name_of_whoever_agreed_is_answered_with_the_next_press(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, bob, _eve = people
    request = await ann.say("blend", "<@502> @robert Faded")
    assert "1 answer is still missing" in text(await bob.say(*button(request, "I agree")))
    renamed = replace(bob, handle="Robert", heard=[], replaced=[])
    card = await renamed.say(*button(request, "I agree"))
    assert isinstance(card, PlaylistCard)
    assert card.title == "@ann, @Robert together"


async def test_all_who_look_at_a_request_see_that_it_is_off(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage
) -> None:
    ann, bob, eve = people
    for ended in ("refused", "taken back", "expired"):
        request = await ann.say("blend", "@bob @eve Faded")
        await bob.say(*button(request, "I agree"))
        (blend,) = await storage.blends.of_user(1)
        if ended == "refused":
            await eve.say(*button(request, "Rather not"))
        elif ended == "taken back":
            await bob.say("revoke", blend.id)
        else:
            await storage.blends.keep(blend.id, timedelta(0))
        for pressing, label in ((bob, "I agree"), (eve, "Rather not")):
            await pressing.do(*button(request, label))
            (seen,) = pressing.replaced
            assert isinstance(seen, Reply)
            assert "too old, or somebody did not want to" in seen.text
            assert not seen.private
            assert seen.buttons == ()
        assert await storage.blends.consents_of(2) == []


LONG = "a" * 32


@pytest.mark.parametrize(
    ("argument", "names", "songs", "strange"),
    [
        ("@john.doe Faded", ["@john.doe"], ["Faded"], []),
        ("@john.doe. Faded; @j.o_hn: Alone", ["@john.doe", "@j.o_hn"], ["Faded", "Alone"], []),
        ("Faded; Alone with @john.doe.", ["@john.doe"], ["Faded", "Alone with"], []),
        ("@john.doe; Faded", ["@john.doe"], ["Faded"], []),
        ("@.john, @joe Faded", ["@.john", "@joe"], ["Faded"], []),
        (f"@{LONG}. Faded", [f"@{LONG}"], ["Faded"], []),
        (f"@{LONG}b Faded", [], ["Faded"], [f"@{LONG}b"]),
        ("@john..doe Faded", [], ["Faded"], ["@john..doe"]),
        ("@kim-lee Faded", [], ["Faded"], ["@kim-lee"]),
        ("@kim@lee Faded", [], ["Faded"], ["@kim@lee"]),
        ("(with @kim) Faded", ["@kim"], ["(with Faded"], []),
        ("@jo\u00ebl @kim Faded", ["@kim"], ["Faded"], ["@jo\u00ebl"]),
        ("<@&77> <@!42> <@42> Faded", ["<@42>"], ["Faded"], ["<@&77>"]),
        ("@kim Live @ Wembley; me@home.org", ["@kim"], ["Live @ Wembley", "me@home.org"], []),
    ],
)
def test_names_are_read_as_discord_allows_them(
    argument: str, names: list[str], songs: list[str], strange: list[str]
) -> None:
    wish = parse_blend(argument, Platform.DISCORD)
    assert wish == Wish(tuple(names), tuple(songs), tuple(strange))


@pytest.mark.parametrize(
    ("argument", "names", "strange"),
    [
        ("@grace. Faded", ["@grace"], []),
        ("@Grace_1, Faded", ["@Grace_1"], []),
        ("@john.doe Faded", [], ["@john.doe"]),
        (f"@{LONG}b Faded", [], [f"@{LONG}b"]),
    ],
)
def test_names_are_read_as_telegram_allows_them(
    argument: str, names: list[str], strange: list[str]
) -> None:
    wish = parse_blend(argument, Platform.TELEGRAM)
    assert wish == Wish(tuple(names), ("Faded",), tuple(strange))


async def test_what_can_be_nobodys_name_is_named_and_nobody_is_asked(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage
) -> None:
    ann, _bob, _eve = people
    answer = await ann.say("blend", "@bob @john.doe Faded")
    assert isinstance(answer, Reply)
    assert answer.private
    assert answer.text.startswith("'@john.doe' cannot be anybody's name here.")
    assert await storage.blends.of_user(1) == []


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("", "each with an @, and one to several songs"),
        ("grace Faded; Alone", "I see no @ in 'grace Faded; Alone'"),
        ("<@501> Faded", "You named yourself alone"),
        ("@Ann <@501>", "You named yourself alone"),
        ("@bob", "You named people and no song"),
        ("@bob @eve ; ;", "You named people and no song"),
        ("@a1 @a2 @a3 @a4 @a5 Faded", "You named 5 people"),
        (f"@bob {';'.join(map(str, range(21)))}", "You named 21 songs"),
        ("@Everyone Faded", "'@Everyone' is nobody who could agree"),
        ("@bob @here Faded", "'@here' is nobody who could agree"),
        ("@songnet_bot Faded", "You named a bot"),
    ],
)
async def test_each_mistake_has_a_sentence_of_its_own_and_asks_nobody(
    people: tuple[InGroup, InGroup, InGroup], storage: Storage, argument: str, told: str
) -> None:
    ann, _bob, _eve = people
    answer = await ann.say("blend", argument)
    assert isinstance(answer, Reply)
    assert told in answer.text
    assert answer.private
    assert await storage.blends.of_user(1) == []


async def test_a_song_of_any_length_leaves_the_request_short(
    people: tuple[InGroup, InGroup, InGroup],
) -> None:
    ann, _bob, _eve = people
    request = await ann.say("blend", f"@bob {'Faded' * 300}; Alone")
    assert is_request(request)
    assert f"from: {'Faded' * 16}…; Alone." in text(request)
    assert len(text(request)) < 400


async def test_the_settings_of_whoever_asks_hold_for_it(
    storage: Storage, conversation: Conversation, tmp_path: Path
) -> None:
    often = [("Often", f"Hit {number}") for number in range(6)] * 5
    seldom = [(f"Seldom {number}", "Song") for number in range(8)] * 2
    plays = pd.DataFrame([*often, *seldom], columns=["artist", "title"])
    plays["started_at"] = pd.date_range("2024-01-01", periods=len(plays), freq="40min", tz="UTC")
    path = tmp_path / "model"
    config = TrainingConfig(model="popularity")
    Recommender.train(History.from_plays(plays), config=config).save(path)
    for number in (501, 502):
        await learn(storage, path, number)
    ann, bob = InGroup(conversation, 501, "ann"), InGroup(conversation, 502, "bob")
    await ann.say("settings", "length=5")
    await ann.say("settings", "artists=1")
    request = await ann.say("blend", "@bob Song - Seldom 1")
    card = await bob.say(*button(request, "I agree"))
    assert isinstance(card, PlaylistCard)
    artists = [track.artist for track in card.tracks]
    assert len(artists) == 5
    assert artists.count("Often") == 1
