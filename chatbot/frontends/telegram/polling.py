"""Asking Telegram for updates."""

from __future__ import annotations

import asyncio
import logging

from telegram import Bot
from telegram.constants import PollingLimit, UpdateType
from telegram.error import Conflict, InvalidToken, TelegramError

from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.requests import pause_before_attempt
from chatbot.frontends.telegram.timing import Clock, Tempo

_LOGGER = logging.getLogger(__name__)

ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
)
_MOST = int(PollingLimit.MAX_LIMIT)


class Polling:
    """Long polling that confirms an update only when it is handled; see `Intake`."""

    def __init__(self, bot: Bot, intake: Intake, clock: Clock, tempo: Tempo) -> None:
        self._bot = bot
        self._intake = intake
        self._clock = clock
        self._tempo = tempo
        self._failures = 0

    async def run(self) -> None:
        """Asks until it is cancelled, or until Telegram refuses the token."""
        while not self._intake.is_closed:
            try:
                await self._ask()
            except InvalidToken:
                return
            except TelegramError as error:
                await self._clock.sleep(self._pause_after(error))
            else:
                self._failures = 0

    async def confirm(self) -> None:
        """Tells Telegram what is handled: the farewell."""
        try:
            async with asyncio.timeout(self._tempo.stop_seconds):
                if self._intake.offset is not None:
                    await self._bot.get_updates(
                        offset=self._intake.offset, timeout=0, allowed_updates=ALLOWED_UPDATES
                    )
        except (TelegramError, TimeoutError) as error:
            _LOGGER.info("Telegram did not take the farewell (%s)", type(error).__name__)

    async def _ask(self) -> None:
        # What is not handled yet comes once more, at once: so there is nothing to wait for.
        seconds = self._tempo.poll_seconds if self._intake.is_idle else 0
        offset = self._intake.offset
        updates = await self._bot.get_updates(
            offset=offset, timeout=seconds, allowed_updates=ALLOWED_UPDATES
        )
        fresh = self._intake.take(updates, offset)
        if not fresh and len(updates) == _MOST:
            self._intake.let_go()
        else:
            await self._intake.wait(self._tempo.again_seconds)

    def _pause_after(self, error: TelegramError) -> float:
        if isinstance(error, Conflict):
            _LOGGER.warning("another program receives this bot's messages; stop it, or that one")
        else:
            _LOGGER.warning("no connection to Telegram (%s); going on", type(error).__name__)
        pause = pause_before_attempt(error, self._failures)
        self._failures += 1
        return min(pause, self._tempo.connect_seconds)
