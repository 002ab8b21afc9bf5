"""Asking for a playlist of several people, as a person sees it on every platform."""

from __future__ import annotations

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


async def test_where_nobody_else_is_it_says_where_to_ask(world: World) -> None:
    await world.person.command("/blend @someone Faded")
    await world.person.wait_for(says("ask for it in a group"))
    await world.person.command("/blend Faded")
    await world.person.wait_for(says("/blend @someone Faded; Animals"))
