"""Edits at a pace that Telegram allows: the latest state of a message wins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chatbot.frontends.telegram.timing import Clock

MessageKey = tuple[int, int]
"""Chat id and message id."""

_MOST_REMEMBERED_CHATS = 1000


@dataclass
class _Entry:
    """The edits of one message that are under way."""

    newest: int = 0
    holders: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Turn:
    """One edit's place in the order of its message's edits."""

    _entry: _Entry
    _number: int

    @property
    def is_superseded(self) -> bool:
        """A newer state of the same message waits: this one need not be shown any more."""
        return self._number != self._entry.newest


class EditPacing:
    """Gives out turns: one at a time for a message, so many seconds apart for a chat."""

    def __init__(self, clock: Clock, seconds_between_edits: Callable[[int], float]) -> None:
        """`seconds_between_edits` maps a chat id to the pause after an edit in it."""
        self._clock = clock
        self._seconds_between_edits = seconds_between_edits
        self._entries: dict[MessageKey, _Entry] = {}
        self._next_edit_at: dict[int, float] = {}

    @asynccontextmanager
    async def turn(self, key: MessageKey, *, is_final: bool) -> AsyncIterator[Turn]:
        """Waits until the message may be edited; a final state does not wait for the pace.

        Whoever holds the turn looks at `is_superseded` before the edit, and after every wait.
        """
        entry = self._entries.setdefault(key, _Entry())
        entry.holders += 1
        entry.newest += 1
        turn = Turn(entry, entry.newest)
        try:
            if not is_final:
                await self._wait_for_pace(key[0], turn)
            async with entry.lock:
                if not turn.is_superseded:
                    self._next_edit_at[key[0]] = self._clock.now() + self._pause(key[0])
                yield turn
        finally:
            entry.holders -= 1
            if not entry.holders:
                del self._entries[key]
            self._forget_the_past()

    async def _wait_for_pace(self, chat_id: int, turn: Turn) -> None:
        while not turn.is_superseded:
            seconds = self._next_edit_at.get(chat_id, 0.0) - self._clock.now()
            if seconds <= 0:
                # Taken before the lock, so that edits of two messages of a chat keep apart too.
                self._next_edit_at[chat_id] = self._clock.now() + self._pause(chat_id)
                return
            await self._clock.sleep(seconds)

    def _pause(self, chat_id: int) -> float:
        return self._seconds_between_edits(chat_id)

    def _forget_the_past(self) -> None:
        if len(self._next_edit_at) > _MOST_REMEMBERED_CHATS:
            now = self._clock.now()
            self._next_edit_at = {
                chat_id: at for chat_id, at in self._next_edit_at.items() if at > now
            }
