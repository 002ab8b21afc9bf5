"""Updates on their way in: each is handled once, and confirmed only after that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from telegram import Update

from chatbot.frontends.telegram.attempts import Attempts

_LOGGER = logging.getLogger(__name__)

MOST_AT_ONCE = 256
"""So many updates are handled at the same time; more wait."""

MOST_REMEMBERED = 10_000
"""So many that were handled are known, should they come again."""


class Intake:
    """Hands out updates, and knows from which on Telegram has to keep them.

    Telegram forgets an update as soon as a later one is asked for. So it is asked for the oldest
    that is not handled yet, again and again, and a bot that is killed meanwhile gets it once more.
    """

    def __init__(
        self, handle: Callable[[Update], Awaitable[None]], attempts: Attempts | None = None
    ) -> None:
        """Knows nothing yet.

        Args:
            handle: raises nothing; the update is handled when it returns.
            attempts: what earlier runs of the bot begun and did not end.
        """
        self._handle = handle
        self._attempts = attempts or Attempts(None, most=1)
        self._doubtful = asyncio.Lock()
        """Held for an update that was there when an earlier run died: one at a time, so that the
        one that kills is known from those that were only there."""
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._open: dict[int, asyncio.Task[None]] = {}
        self._handled: set[int] = set()
        self._is_closed = False
        self._next = 0
        """After the latest update that was ever taken."""

    @property
    def is_idle(self) -> bool:
        """Whether everything that was taken is handled."""
        return not self._open

    @property
    def offset(self) -> int | None:
        """The first update that Telegram has to keep; None before there was any."""
        return min(self._open, default=self._next or None)

    @property
    def is_closed(self) -> bool:
        """Whether no more is taken."""
        return self._is_closed

    def close(self) -> None:
        """Takes no more: the front end stops."""
        self._is_closed = True

    async def stop(self) -> None:
        """Ends what is still at work; it is for the next run of the bot."""
        tasks = list(self._open.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take(self, updates: Iterable[Update], asked_from: int | None) -> int:
        """Begins to handle the updates that are new; returns how many are.

        Args:
            updates: what Telegram answered.
            asked_from: the offset of that question. What was handled meanwhile is in the answer
                once more, so that it is remembered until a later question is answered.
        """
        fresh = [update for update in updates if self.begin(update)]
        self._handled = {number for number in self._handled if number >= (asked_from or 0)}
        return len(fresh)

    def begin(self, update: Update) -> asyncio.Task[None] | None:
        """Handles one update; None where that has been done or begun."""
        number = update.update_id
        if self._is_closed or number in self._open or number in self._handled:
            return None
        self._next = max(self._next, number + 1)
        if self._attempts.is_answered(number):  # by an earlier run, which then died of another one
            self._handled.add(number)
            return None
        self._open[number] = asyncio.create_task(self._run(update), name="telegram:update")
        return self._open[number]

    def pass_over(self, number: int) -> bool:
        """Counts an update that cannot be read as handled; False where it did so before."""
        is_new = number not in self._handled
        self._next = max(self._next, number + 1)
        self._handled.add(number)
        return is_new

    def let_go(self) -> None:
        """Gives up on keeping the oldest update at Telegram: it stands in the way of newer ones."""
        oldest = min(self._open, default=None)
        if oldest is not None:
            self._open.pop(oldest)

    async def wait(self, seconds: float) -> None:
        """Returns when all that was taken is handled, or after so long."""
        if self._open:
            await asyncio.wait(self._open.values(), timeout=seconds)

    async def _run(self, update: Update) -> None:
        async with self._room:
            if self._attempts.of(update.update_id):
                async with self._doubtful:
                    await self._attempt(update)
            else:
                await self._attempt(update)
        # Not where it was cancelled: then it is for the next run of the bot.
        if self._open.pop(update.update_id, None) is not None:
            self._handled.add(update.update_id)
            if len(self._handled) > MOST_REMEMBERED:
                self._handled.remove(min(self._handled))

    async def _attempt(self, update: Update) -> None:
        number = update.update_id
        if self._attempts.begin(number):
            answered = False
            try:
                await self._handle(update)
                answered = True
            finally:  # cancelled by a stop, it is for the next run
                self._attempts.end(number, answered=answered)
        else:
            # Nobody can be told: to look at it at all may be what kills.
            # It stays noted: Telegram may hand it out again, if the next one kills before it hears.
            _LOGGER.error("update %d is left out: the bot died each time it was handled", number)
