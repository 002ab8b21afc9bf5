"""A playlist of several people: asked, agreed to, made, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

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
        place = Place(Platform.TELEGRAM, "-100", is_private=False)
        await self.conversation.handle(Command(name, argument, actor, place), self)


@pytest.fixture
async def people(
    storage: Storage, conversation: Conversation, model: Path
) -> tuple[InGroup, InGroup, InGroup]:
    """Two who have learned from the same plays, and one whom the bot does not know."""
    for number in ("501", "502"):
        user_id = await storage.users.resolve("telegram", number)
        saved = await storage.models.save(user_id, model, history_version=1, facts={})
        await storage.models.activate(saved.id)
    names = ((501, "ann"), (502, "Bob"), (503, "eve"))
    return tuple(InGroup(conversation, *each) for each in names)  # type: ignore[return-value]


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
    assert "a mark at those that not all of you know" in request.text
    assert "not for you" in (await eve.say(*button(request, "I agree"))).text  # type: ignore[union-attr]
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
