"""Files that arrive together become one command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chatbot.frontends.telegram.timing import Clock

T = TypeVar("T")


@dataclass
class _Batch(Generic[T]):
    items: list[T] = field(default_factory=list)
    timer: asyncio.Task[None] | None = None


class Gathering(Generic[T]):
    """Collects items by key until none has come for a while.

    Telegram sends every file as a message of its own, those of an album too, and never says how
    many there are.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        quiet_seconds: float,
        most_items: int,
        deliver: Callable[[list[T]], None],
    ) -> None:
        """`deliver` gets each complete batch, in the order of arrival, and must not wait."""
        self._clock = clock
        self._quiet_seconds = quiet_seconds
        self._most_items = most_items
        self._deliver = deliver
        self._batches: dict[Hashable, _Batch[T]] = {}
        self._is_closed = False

    def add(self, key: Hashable, item: T) -> None:
        """Takes an item; the wait for more begins anew."""
        batch = self._batches.setdefault(key, _Batch())
        batch.items.append(item)
        if batch.timer is not None:
            batch.timer.cancel()
        if self._is_closed or len(batch.items) >= self._most_items:
            self._complete(key)
        else:
            batch.timer = asyncio.create_task(self._complete_later(key), name="telegram:gather")

    def close(self) -> None:
        """Delivers what is there, and from now on everything at once: the front end stops."""
        self._is_closed = True
        for key, batch in list(self._batches.items()):
            if batch.timer is not None:
                batch.timer.cancel()
            self._complete(key)

    async def _complete_later(self, key: Hashable) -> None:
        await self._clock.sleep(self._quiet_seconds)
        self._complete(key)

    def _complete(self, key: Hashable) -> None:
        self._deliver(self._batches.pop(key).items)
