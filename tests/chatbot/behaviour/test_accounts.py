"""One person on two platforms, as they see it on every platform."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from chatbot.conversation.messages import Actor, Command, Message, MessageRef, Place, Platform
from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says

JOIN = "That was me: join"


@dataclass
class Elsewhere:
    """The same person, or another one, on a platform that is not driven here."""

    world: World
    name: str = "elsewhere"
    heard: list[Message] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        here = self.world.person.platform
        return Actor(Platform.TELEGRAM if here != "telegram" else Platform.DISCORD, self.name)

    async def send(self, message: Message) -> MessageRef | None:
        self.heard.append(message)
        return None

    async def replace(self, message: Message) -> None:
        self.heard.append(message)

    async def say(self, name: str, argument: str = "", *, is_private: bool = True) -> str:
        place = Place(self.actor.platform, "chat", is_private=is_private)
        self.heard.clear()
        await self.world.bot.conversation.handle(Command(name, argument, self.actor, place), self)
        (message,) = self.heard
        return getattr(message, "text", "")

    async def code(self) -> str:
        found = re.search(r"/link (\S+)", await self.say("link"))
        assert found is not None
        return found[1]


async def joins(world: World) -> None:
    """The person is asked whether to join."""
    await world.person.command(f"/link {await Elsewhere(world).code()}")
    await world.person.wait_for(says("Join the two accounts?"))


async def still_has(world: World, label: str) -> bool:
    return any(label in seen.buttons for seen in await world.person.history())


@pytest.fixture
def elsewhere(learned: World) -> Elsewhere:
    return Elsewhere(learned)


async def test_a_code_joins_a_stranger_elsewhere_with_the_person_here(
    learned: World, elsewhere: Elsewhere
) -> None:
    await learned.person.command("/link")
    offer = await learned.person.wait_for(says("joins me on another platform", "about 10 min"))
    found = re.search(r"/link (\S+)", offer.text)
    assert found is not None
    assert "I have nothing of yours" in await elsewhere.say("status")
    assert "given out on" in await elsewhere.say("link", found[1])
    assert "one person on both" in await elsewhere.say("link", f"{found[1]} yes")
    assert "I know" in await elsewhere.say("status")
    assert "I don't know that code" in await elsewhere.say("link", found[1])


async def test_two_histories_become_one_which_is_learned_from(
    learned: World, elsewhere: Elsewhere
) -> None:
    storage = learned.bot.storage
    other_id = await storage.users.resolve(elsewhere.actor.platform, elsewhere.name)
    theirs = learned.settings.data / "theirs"
    record = await storage.histories.fetch(1, theirs)
    assert record is not None
    facts = {"plays": 5, "tracks": record.tracks, "first_play": record.first_play}
    await storage.histories.replace(
        other_id, theirs, **facts, last_play=record.last_play, expected_version=0
    )
    code = await elsewhere.code()
    await learned.person.command(f"/link {code}")
    await learned.person.wait_for(says("Join the two accounts?", "That code was given out on"))
    learned.gate.hold()
    await learned.person.press("That was me: join")
    learned.gate.release()
    done = await learned.person.wait_for(says("one person on both platforms"))
    assert "I learn from all of them now" in done.text
    await learned.person.wait_for(says("I have learned from your plays again"))
    assert await storage.users.find(elsewhere.actor.platform, elsewhere.name) == 1
    history = await storage.histories.get(1)
    assert history is not None
    assert history.plays == record.plays  # the same plays, each once


async def test_parting_leaves_everything_with_the_side_that_was_chosen(
    learned: World, elsewhere: Elsewhere
) -> None:
    await learned.person.command("/unlink")
    await learned.person.wait_for(says("I know you on this platform only"))
    await learned.person.command("/link")
    offer = await learned.person.wait_for(says("joins me on another platform"))
    code = re.search(r"/link (\S+)", offer.text)[1]  # type: ignore[index]
    await elsewhere.say("link", f"{code} yes")
    await learned.person.command("/unlink")
    question = await learned.person.wait_for(says("Part the accounts?"))
    await learned.person.press(question.buttons[0])
    await learned.person.wait_for(says("everything stays here"))
    assert "I have nothing of yours" in await elsewhere.say("status")
    await learned.person.command("/status")
    await learned.person.wait_for(says("I know"))


async def test_wrong_codes_are_refused_and_soon_not_looked_at(world: World) -> None:
    for _ in range(world.settings.max_join_tries):
        await world.person.command("/link ABCD-EFGH")
        await world.person.wait_for(says("I don't know that code"))
    await world.person.command("/link ABCD-EFGH")
    await world.person.wait_for(says("too many wrong codes"))


async def test_a_code_that_others_can_read_is_void(world: World) -> None:
    elsewhere = Elsewhere(world)
    code = await elsewhere.code()
    assert "no longer works" in await Elsewhere(world, "group").say("link", code, is_private=False)
    await world.person.command(f"/link {code}")
    await world.person.wait_for(says("I don't know that code"))


async def test_ones_own_code_joins_nothing(learned: World) -> None:
    await learned.person.command("/link")
    offer = await learned.person.wait_for(says("joins me on another platform"))
    code = re.search(r"/link (\S+)", offer.text)[1]  # type: ignore[index]
    await learned.person.command(f"/link {code}")
    await learned.person.wait_for(says("your own"))


async def test_the_button_that_joined_them_is_gone(world: World) -> None:
    await joins(world)
    await world.person.press(JOIN)
    await world.person.wait_for(says("one person on both platforms"))
    assert await still_has(world, JOIN) is (world.person.platform == "console")  # it is printed


async def test_the_button_that_parted_them_is_gone(world: World) -> None:
    await joins(world)
    await world.person.press(JOIN)
    await world.person.wait_for(says("one person on both platforms"))
    await world.person.command("/unlink")
    here = (await world.person.wait_for(says("Part the accounts?"))).buttons[0]
    await world.person.press(here)
    await world.person.wait_for(says("everything stays here"))
    assert await still_has(world, here) is (world.person.platform == "console")


async def test_nothing_is_joined_or_parted_during_an_import(world: World) -> None:
    code = await Elsewhere(world).code()
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command(f"/link {code}")
    await world.person.wait_for(says("Join the two accounts?"))
    await world.person.press(JOIN)
    await world.person.wait_for(says("under way"))
    assert await still_has(world, JOIN)  # for later
