"""A clock that goes on when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class ManualClock:
    """Stands still; whoever sleeps is woken by `advance`."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._changed = asyncio.Condition()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleeper = (self._now + seconds, future)
        self._sleepers.append(sleeper)
        async with self._changed:
            self._changed.notify_all()
        try:
            await future
        finally:
            self._sleepers.remove(sleeper)

    @property
    def sleeping(self) -> list[float]:
        """How many seconds each sleeper still has, shortest first."""
        return sorted(at - self._now for at, _ in self._sleepers)

    async def wait_for_sleepers(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self._sleepers) >= count)

    def advance(self, seconds: float) -> None:
        """The time goes on; those whose time has come go on when the loop turns."""
        self._now += seconds
        for at, future in self._sleepers:
            if at <= self._now and not future.done():
                future.set_result(None)


class LoopTime:
    """The event loop's own time, for what waits by it and takes no clock."""

    def __init__(self, now: float) -> None:
        self.now = now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def loop_time_standing_still() -> Iterator[LoopTime]:
    """Inside the block the running loop's time goes on by `advance` alone; it never goes back.

    No timeout ends there either: what stops, or waits in vain, has to do so outside.
    """
    loop = asyncio.get_running_loop()
    real = loop.time
    time = LoopTime(real())
    loop.time = lambda: time.now  # type: ignore[method-assign]
    try:
        yield time
    finally:
        ahead = max(0.0, time.now - real())
        loop.time = lambda: real() + ahead  # type: ignore[method-assign]
