"""Files that come together."""

from __future__ import annotations

from chatbot.frontends.telegram.gathering import Gathering
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import settle


def gathering(clock: ManualClock, got: list[list[str]], most: int = 5) -> Gathering[str]:
    return Gathering(clock, quiet_seconds=1.5, most_items=most, deliver=got.append)


async def test_what_comes_in_time_is_one_batch(clock: ManualClock) -> None:
    got: list[list[str]] = []
    gathered = gathering(clock, got)
    for name in "abc":
        gathered.add(1, name)
        await settle()
        clock.advance(1)
        await settle()
    assert got == []
    clock.advance(0.5)
    await settle()
    assert got == [["a", "b", "c"]]


async def test_what_comes_later_is_another_batch(clock: ManualClock) -> None:
    got: list[list[str]] = []
    gathered = gathering(clock, got)
    for name in "ab":
        gathered.add(1, name)
        await settle()
        clock.advance(1.5)
        await settle()
    assert got == [["a"], ["b"]]


async def test_keys_stay_apart(clock: ManualClock) -> None:
    got: list[list[str]] = []
    gathered = gathering(clock, got)
    gathered.add(1, "a")
    gathered.add(2, "b")
    await settle()
    clock.advance(1.5)
    await settle()
    assert got == [["a"], ["b"]]


async def test_a_full_batch_does_not_wait(clock: ManualClock) -> None:
    got: list[list[str]] = []
    gathered = gathering(clock, got, most=2)
    for name in "abc":
        gathered.add(1, name)
    assert got == [["a", "b"]]
    gathered.close()
    assert got == [["a", "b"], ["c"]]


async def test_after_closing_nothing_waits(clock: ManualClock) -> None:
    got: list[list[str]] = []
    gathered = gathering(clock, got)
    gathered.add(1, "a")
    gathered.close()
    gathered.add(1, "b")
    await settle()
    assert got == [["a"], ["b"]]
    assert clock.sleeping == []
