"""Files that arrive together, or one after another, become one command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from chatbot.frontends.telegram.timing import Clock

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Tray(Protocol[T_contra]):
    """What becomes of a batch."""

    def waits(self, items: Sequence[T_contra]) -> bool:
        """Whether more may belong to these, so that the person is asked when to begin."""

    async def show(self, items: Sequence[T_contra]) -> bool:
        """Shows what there is so far, with a way to begin.

        False where it could not be kept until then: the batch is not waited with.
        """

    def deliver(self, items: Sequence[T_contra]) -> Awaitable[object]:
        """Takes a complete batch, in the order of arrival; ends when that is carried out."""


@dataclass(eq=False)
class _Batch(Generic[T]):
    items: list[T] = field(default_factory=list)
    confirmed: int = 0
    """So many of the items, from the first, need not be shown again."""
    grew: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    unsettled: list[asyncio.Future[None]] = field(default_factory=list)


class Gathering(Generic[T]):
    """Collects items by key until none has come for a while, or until the person says so.

    Telegram sends every file as a message of its own, those of an album too, and never says how
    many there are.
    """

    def __init__(
        self,
        clock: Clock,
        tray: Tray[T],
        *,
        quiet_seconds: float,
        start_seconds: float,
        most_items: int,
    ) -> None:
        """`start_seconds` after the last item a batch that is waited with is delivered anyway."""
        self._clock = clock
        self._tray = tray
        self._quiet_seconds = quiet_seconds
        self._start_seconds = start_seconds
        self._most_items = most_items
        self._batches: dict[Hashable, _Batch[T]] = {}
        self._is_closed = False

    def add(self, key: Hashable, item: T) -> asyncio.Future[None]:
        """Takes an item; the future ends when the person was shown it, or it was carried out.

        One that is there already, from an earlier run of the bot that could not confirm it any
        more, is not taken twice.
        """
        batch = self._batches.setdefault(key, _Batch())
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if item in batch.items[: batch.confirmed]:
            settled.set_result(None)
            return settled
        batch.unsettled.append(settled)
        if item not in batch.items:
            batch.items.append(item)
            batch.grew.set()
        if self._is_closed or len(batch.items) >= self._most_items:
            self.start(key)
        elif batch.task is None:
            self._run(key, batch)
        return settled

    def restore(self, key: Hashable, items: Sequence[T], *, are_shown: bool) -> None:
        """Waits on with what an earlier run gathered, as if the last item had just come."""
        batch = self._batches[key] = _Batch(list(items), len(items) if are_shown else 0)
        self._run(key, batch)

    def start(self, key: Hashable) -> bool:
        """Delivers what there is; False where there is nothing."""
        batch = self._take(key)
        if batch is not None:
            self._deliver(batch)
        return batch is not None

    def drop(self, key: Hashable) -> bool:
        """Forgets what there is; False where there is nothing."""
        batch = self._take(key)
        if batch is not None:
            _settle(batch.unsettled)
        return batch is not None

    def close(self) -> None:
        """Delivers what is there, and from now on everything at once: the front end stops."""
        self._is_closed = True
        for key in list(self._batches):
            self.start(key)

    def _run(self, key: Hashable, batch: _Batch[T]) -> None:
        batch.task = asyncio.create_task(self._wait(key, batch), name="telegram:gather")

    async def _wait(self, key: Hashable, batch: _Batch[T]) -> None:
        while True:
            if batch.confirmed < len(batch.items):
                while await self._grows(batch, self._quiet_seconds):
                    pass
                if not self._tray.waits(batch.items):
                    break
                items, unsettled = list(batch.items), list(batch.unsettled)
                if not await self._tray.show(items):
                    break
                batch.confirmed = len(items)
                _settle(unsettled)
            if not await self._grows(batch, self._start_seconds):
                break
        batch.task = None
        self.start(key)

    async def _grows(self, batch: _Batch[T], seconds: float) -> bool:
        """Whether something is added within so long, or was since this was last asked."""
        growth = asyncio.create_task(batch.grew.wait())
        time = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({growth, time}, return_when=asyncio.FIRST_COMPLETED)
            return growth.done()
        finally:
            batch.grew.clear()
            for task in (growth, time):
                task.cancel()

    def _take(self, key: Hashable) -> _Batch[T] | None:
        batch = self._batches.pop(key, None)
        if batch is not None and batch.task is not None:
            batch.task.cancel()
        return batch

    def _deliver(self, batch: _Batch[T]) -> None:
        delivered = asyncio.ensure_future(self._tray.deliver(batch.items))
        delivered.add_done_callback(lambda _: _settle(batch.unsettled))


def _settle(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
