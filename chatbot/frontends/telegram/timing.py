"""Time, as far as the Telegram front end waits for it; tests bring a clock of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What waits."""

    def now(self) -> float:
        """Seconds since any fixed point; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""


class LoopClock:
    """The running event loop's time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Tempo:
    """How fast the front end goes; the defaults stay below Telegram's limits.

    Telegram allows about one message a second in a chat and 20 a minute in a group, edits included
    (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
    """

    edit_seconds_private: float = 3.0
    """Between two edits in a private chat."""
    edit_seconds_group: float = 10.0
    """Between two edits in a group."""
    acknowledge_seconds: float = 3.0
    """The press of a button in a group is acknowledged after so long, if it was not answered."""
    gather_seconds: float = 1.5
    """Files that come within so many seconds of each other are one import."""
    start_seconds: float = 60.0
    """Files that wait for a press of 'Start' are imported without one after so long."""
    gather_files: int = 100
    """So many files are one import without waiting for more."""
    poll_seconds: int = 30
    """How long Telegram holds a request for updates open."""
    again_seconds: float = 0.2
    """While something is not handled yet, Telegram is asked for more so often."""
    hanging_seconds: float = 60.0
    """An update that keeps new ones away, for Telegram hands out a hundred at a time, may take so
    long."""
    activity_after_seconds: float = 0.5
    """A chat is told that the bot is at it when a command takes longer than that."""
    activity_seconds: float = 5.0
    """Telegram shows 'typing' for so long; it is told again after that."""
    activity_end_seconds: float = 1.0
    """An answer waits no longer for a 'typing' that is on its way."""
    messages_a_second: float = 30.0
    """To all chats together; edits count."""
    stop_seconds: float = 5.0
    """How long running commands may go on when the front end stops."""
    connect_seconds: float = 30.0
    """The longest pause between two attempts to connect."""
    retries: int = 4
    """How often a request is tried again after the network failed or a 'too many requests'."""
    longest_pause_seconds: float = 120.0
    """A 'too many requests' that asks for more than this is not waited for."""

    def seconds_between_edits(self, chat_id: int) -> float:
        """Groups and channels have negative ids."""
        return self.edit_seconds_group if chat_id < 0 else self.edit_seconds_private
