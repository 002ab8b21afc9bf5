"""Files that come together, or one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chatbot.frontends.telegram.gathering import Gathering
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import settle


class Tray:
    """Notes what is shown and delivered; one item alone is not waited with."""

    def __init__(self) -> None:
        self.shown: list[list[str]] = []
        self.got: list[list[str]] = []
        self.keeps = True
        self.release = asyncio.Event()
        self.release.set()

    def waits(self, items: Sequence[str]) -> bool:
        return len(items) > 1

    async def show(self, items: Sequence[str]) -> bool:
        self.shown.append(list(items))
        return self.keeps

    async def deliver(self, items: Sequence[str]) -> None:
        self.got.append(list(items))
        await self.release.wait()


def gathering(clock: ManualClock, tray: Tray, most: int = 5) -> Gathering[str]:
    return Gathering(clock, tray, quiet_seconds=1.5, start_seconds=60, most_items=most)


async def add(gathered: Gathering[str], *items: str, key: int = 1) -> list[asyncio.Future[None]]:
    futures = [gathered.add(key, item) for item in items]
    await settle()
    return futures


async def test_one_that_is_not_waited_with_is_delivered_when_it_is_quiet(
    clock: ManualClock,
) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    await add(gathered, "a")
    assert tray.got == []
    clock.advance(1.5)
    await settle()
    assert (tray.got, tray.shown) == ([["a"]], [])


async def test_several_are_shown_and_wait_for_the_start(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    for name in "abc":
        await add(gathered, name)
        clock.advance(1)
        await settle()
    clock.advance(0.5)
    await settle()
    assert (tray.got, tray.shown) == ([], [["a", "b", "c"]])
    assert gathered.start(1)
    await settle()
    assert tray.got == [["a", "b", "c"]]
    assert not gathered.start(1)


async def test_what_comes_after_they_were_shown_joins_them(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    await add(gathered, "a", "b")
    clock.advance(1.5)
    await settle()
    clock.advance(59)
    await add(gathered, "c")
    clock.advance(1.5)
    await settle()
    assert (tray.got, tray.shown) == ([], [["a", "b"], ["a", "b", "c"]])


async def test_without_a_press_it_starts_by_itself(clock: ManualClock) -> None:
    tray = Tray()
    await add(gathering(clock, tray), "a", "b")
    clock.advance(1.5)
    await settle()
    clock.advance(60)
    await settle()
    assert tray.got == [["a", "b"]]


async def test_dropped_items_are_forgotten(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    futures = await add(gathered, "a", "b")
    assert gathered.drop(1)
    assert all(future.done() for future in futures)
    clock.advance(100)
    await settle()
    assert tray.got == []
    assert not gathered.drop(1)


async def test_an_item_is_settled_when_it_was_shown_or_carried_out(clock: ManualClock) -> None:
    tray = Tray()
    tray.release.clear()
    gathered = gathering(clock, tray)
    alone, shown = await add(gathered, "a", key=1), await add(gathered, "b", "c", key=2)
    clock.advance(1.5)
    await settle()
    assert tray.got == [["a"]]
    assert not alone[0].done()
    assert all(future.done() for future in shown)
    tray.release.set()
    await settle()
    assert alone[0].done()


async def test_keys_stay_apart(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    await add(gathered, "a", key=1)
    await add(gathered, "b", key=2)
    clock.advance(1.5)
    await settle()
    assert tray.got == [["a"], ["b"]]


async def test_a_full_batch_does_not_wait(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray, most=2)
    await add(gathered, "a", "b", "c")
    assert tray.got == [["a", "b"]]
    gathered.close()
    await settle()
    assert tray.got == [["a", "b"], ["c"]]


async def test_after_closing_nothing_waits(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    await add(gathered, "a")
    gathered.close()
    await add(gathered, "b")
    assert tray.got == [["a"], ["b"]]
    assert clock.sleeping == []


async def test_what_an_earlier_run_had_shown_waits_on(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    gathered.restore(1, ["a", "b"], are_shown=True)
    await settle()
    clock.advance(59)
    await settle()
    assert (tray.got, tray.shown) == ([], [])
    clock.advance(1)
    await settle()
    assert (tray.got, tray.shown) == ([["a", "b"]], [])


async def test_what_an_earlier_run_could_not_show_is_shown(clock: ManualClock) -> None:
    tray = Tray()
    gathering(clock, tray).restore(1, ["a", "b"], are_shown=False)
    await settle()
    clock.advance(1.5)
    await settle()
    assert (tray.got, tray.shown) == ([], [["a", "b"]])


async def test_one_more_joins_what_an_earlier_run_had_shown(clock: ManualClock) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    gathered.restore(1, ["a", "b"], are_shown=True)
    await add(gathered, "c")
    clock.advance(1.5)
    await settle()
    assert (tray.got, tray.shown) == ([], [["a", "b", "c"]])


async def test_an_item_that_was_shown_and_comes_again_is_settled_and_not_taken_twice(
    clock: ManualClock,
) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    gathered.restore(1, ["a", "b"], are_shown=True)
    (again,) = await add(gathered, "a")
    assert again.done()
    assert gathered.start(1)
    await settle()
    assert tray.got == [["a", "b"]]


async def test_an_item_that_was_not_shown_and_comes_again_is_settled_when_it_is(
    clock: ManualClock,
) -> None:
    tray = Tray()
    gathered = gathering(clock, tray)
    gathered.restore(1, ["a", "b"], are_shown=False)
    (again,) = await add(gathered, "a")
    assert not again.done()
    clock.advance(1.5)
    await settle()
    assert again.done()
    assert tray.shown == [["a", "b"]]


async def test_what_cannot_be_kept_does_not_wait(clock: ManualClock) -> None:
    tray = Tray()
    tray.keeps = False
    futures = await add(gathering(clock, tray), "a", "b")
    clock.advance(1.5)
    await settle()
    assert tray.got == [["a", "b"]]
    assert all(future.done() for future in futures)
