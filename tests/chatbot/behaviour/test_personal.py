"""What is stored and what was chosen, as a person sees it on every platform."""

from __future__ import annotations

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


async def test_privacy_tells_what_is_stored_with_counts_and_dates(learned: World) -> None:
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)
    await learned.person.command("/privacy")
    seen = await learned.person.wait_for(says("What I store about you", "I know you since"))
    assert "1 · playlists that I made for you" in seen.text
    assert "1 · history of your plays" in seen.text
    assert "1 · what I learned from your plays (last " in seen.text
    assert "Your plays: 1," in seen.text
    assert "You are known on: " in seen.text
    assert "Delete everything" in seen.buttons


async def test_a_stranger_is_told_that_nothing_is_stored(world: World) -> None:
    await world.person.command("/privacy")
    await world.person.wait_for(says("I store nothing about you"))
    await world.person.command("/settings")
    await world.person.wait_for(says("Your settings", "as on your platform"))
    assert await world.bot.storage.users.created_at(1) is None


async def test_what_is_chosen_holds_for_playlists_until_it_is_said_otherwise(
    learned: World,
) -> None:
    await learned.person.command("/settings")
    await learned.person.wait_for(says("Songs in a playlist: 20"))
    await learned.person.press("10 songs")
    await learned.person.wait_for(says("Songs in a playlist: 10"))
    await learned.person.command("/playlist Faded")
    card = await learned.person.wait_for(says("10. "))
    assert "11. " not in card.text
    await learned.person.command("/settings length=default timezone=europe/berlin artists=any")
    seen = await learned.person.wait_for(says("Songs in a playlist: 20", "Europe/Berlin"))
    assert "Songs of one artist at most: any number" in seen.text


async def test_what_cannot_be_chosen_is_told_and_changes_nothing(learned: World) -> None:
    # The locale of the platform, where it tells one.
    before = await learned.bot.storage.preferences.get(1)
    for words, answer in (
        ("length=soon", "a whole number of songs"),
        ("timezone=Mars/Olympus", "a name such as Europe/Berlin"),
        ("volume=11", "no setting that I know"),
        ("length=9000", "from 5 to 50 songs"),
    ):
        await learned.person.command(f"/settings {words}")
        await learned.person.wait_for(says(answer))
    assert await learned.bot.storage.preferences.get(1) == before


async def test_nobody_teaches_new_models_before_they_agree_and_after_they_take_it_back(
    learned: World,
) -> None:
    preferences = learned.bot.storage.preferences
    await learned.person.command("/privacy")
    await learned.person.wait_for(says("What I store about you"))
    await learned.person.press("Help new models begin")
    seen = await learned.person.wait_for(says("only made from 10 people or more"))
    assert "I agree" in seen.buttons
    assert await preferences.with_chosen("pretraining") == []
    await learned.person.press("I agree")
    await learned.person.wait_for(says("Thank you"))
    assert await preferences.with_chosen("pretraining") == [1]
    await learned.person.command("/privacy")
    await learned.person.wait_for(says("You agreed on"))
    await learned.person.press("Take back: help for new models")
    await learned.person.wait_for(says("nobody's model but your own"))
    assert await preferences.with_chosen("pretraining") == []


async def test_a_stranger_has_nothing_to_teach(world: World) -> None:
    await world.person.command("/teach yes")
    await world.person.wait_for(says("nothing about you"))
    assert await world.bot.storage.users.created_at(1) is None


async def test_the_button_that_agreed_to_help_new_models_is_gone(world: World) -> None:
    await world.person.command("/settings length=10")
    await world.person.wait_for(says("Your settings"))
    await world.person.command("/privacy")
    await world.person.wait_for(lambda seen: "Help new models begin" in seen.buttons)
    await world.person.press("Help new models begin")
    await world.person.wait_for(lambda seen: "I agree" in seen.buttons)
    await world.person.press("I agree")
    await world.person.wait_for(says("Thank you"))
    buttons = [label for seen in await world.person.history() for label in seen.buttons]
    assert ("I agree" in buttons) is (world.person.platform == "console")  # it has printed it
