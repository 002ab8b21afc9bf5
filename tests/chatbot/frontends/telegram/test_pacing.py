"""The pace of edits."""

from __future__ import annotations

import asyncio

from chatbot.frontends.telegram.pacing import EditPacing
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import settle


class Edits:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.pacing = EditPacing(clock, lambda chat_id: 10.0 if chat_id < 0 else 3.0)
        self.shown: list[tuple[float, str]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._start = clock.now()

    async def edit(
        self, text: str, key: tuple[int, int] = (1, 1), *, is_final: bool = False
    ) -> None:
        async def run() -> None:
            async with self.pacing.turn(key, is_final=is_final) as turn:
                if not turn.is_superseded:
                    self.shown.append((self.clock.now() - self._start, text))

        self._tasks.append(asyncio.create_task(run()))
        await settle()

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await settle()

    async def finish(self) -> None:
        await asyncio.gather(*self._tasks)
        assert self.pacing._entries == {}


async def test_the_first_edit_goes_at_once_and_the_next_waits(clock: ManualClock) -> None:
    edits = Edits(clock)
    await edits.edit("a")
    await edits.edit("b")
    await edits.pass_time(2.9)
    assert edits.shown == [(0, "a")]
    await edits.pass_time(0.1)
    assert [text for _, text in edits.shown] == ["a", "b"]
    await edits.finish()


async def test_the_latest_state_wins(clock: ManualClock) -> None:
    edits = Edits(clock)
    for text in "abcdef":
        await edits.edit(text)
    await edits.pass_time(3)
    await edits.finish()
    assert edits.shown == [(0, "a"), (3, "f")]


async def test_a_final_state_does_not_wait_and_is_not_overtaken(clock: ManualClock) -> None:
    edits = Edits(clock)
    await edits.edit("a")
    await edits.edit("b")
    await edits.edit("ready", is_final=True)
    assert edits.shown == [(0, "a"), (0, "ready")]
    await edits.pass_time(10)
    await edits.finish()
    assert edits.shown == [(0, "a"), (0, "ready")]


async def test_groups_are_slower(clock: ManualClock) -> None:
    edits = Edits(clock)
    await edits.edit("a", (-1, 1))
    await edits.edit("b", (-1, 1))
    await edits.pass_time(9.9)
    assert len(edits.shown) == 1
    await edits.pass_time(0.1)
    await edits.finish()
    assert len(edits.shown) == 2


async def test_two_messages_of_a_chat_share_its_pace(clock: ManualClock) -> None:
    edits = Edits(clock)
    await edits.edit("a", (1, 1))
    await edits.edit("b", (1, 2))
    await edits.edit("c", (1, 3))
    await edits.pass_time(3)
    assert len(edits.shown) == 2
    await edits.pass_time(3)
    await edits.finish()
    assert [at for at, _ in edits.shown] == [0, 3, 6]


async def test_another_chat_does_not_wait(clock: ManualClock) -> None:
    edits = Edits(clock)
    await edits.edit("a", (1, 1))
    await edits.edit("b", (2, 1))
    await edits.finish()
    assert len(edits.shown) == 2


async def test_a_final_state_waits_for_an_edit_that_is_under_way(clock: ManualClock) -> None:
    pacing = EditPacing(clock, lambda _chat_id: 3.0)
    order: list[str] = []
    sent = asyncio.Event()

    async def slow() -> None:
        async with pacing.turn((1, 1), is_final=False):
            order.append("begin")
            await sent.wait()
            order.append("end")

    async def final() -> None:
        async with pacing.turn((1, 1), is_final=True):
            order.append("final")

    first = asyncio.create_task(slow())
    await settle()
    last = asyncio.create_task(final())
    await settle()
    sent.set()
    await asyncio.gather(first, last)
    assert order == ["begin", "end", "final"]


async def test_chats_of_the_past_are_forgotten(clock: ManualClock) -> None:
    edits = Edits(clock)
    for chat_id in range(1, 1010):
        async with edits.pacing.turn((chat_id, 1), is_final=False):
            clock.advance(1)
    assert len(edits.pacing._next_edit_at) < 1005
