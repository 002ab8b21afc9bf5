"""Who sends something that is refused leaves nothing."""

from __future__ import annotations

import pytest

from chatbot.services.newcomers import Newcomers
from storage import Storage
from storage.imports import ChatAddress


async def _who(storage: Storage) -> int | None:
    return await storage.users.find("discord", "1")


async def _give(storage: Storage, user_id: int) -> None:
    await storage.imports.create("i", user_id, ChatAddress("discord", "1", True), [])


async def test_a_stranger_is_somebody_while_their_file_comes(storage: Storage) -> None:
    async with Newcomers(storage).received("discord", "1") as user_id:
        assert await _who(storage) == user_id
    assert await _who(storage) is None
    assert await storage.keys.user_ids() == set()


async def test_whose_file_was_kept_stays(storage: Storage) -> None:
    async with Newcomers(storage).received("discord", "1") as user_id:
        await _give(storage, user_id)
    assert await _who(storage) == user_id


async def test_a_refusal_does_not_take_away_who_sends_something_else_meanwhile(
    storage: Storage,
) -> None:
    newcomers = Newcomers(storage)
    async with newcomers.received("discord", "1") as user_id:
        with pytest.raises(ValueError, match="refused"):
            async with newcomers.received("discord", "1"):
                raise ValueError("refused")
        assert await _who(storage) == user_id
        await _give(storage, user_id)
    assert await _who(storage) == user_id
