"""Asking Telegram for updates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, cast

from telegram import Update
from telegram.constants import PollingLimit, UpdateType
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import ExtBot

from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.requests import pause_before_attempt
from chatbot.frontends.telegram.timing import Clock, Tempo

_LOGGER = logging.getLogger(__name__)

ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.CHOSEN_INLINE_RESULT,
)
_MOST = int(PollingLimit.MAX_LIMIT)


class ReceivingBot(ExtBot[Any]):
    """PTB's bot, which can also tell what it received before it is read."""

    async def received(self, offset: int | None) -> list[dict[str, Any]]:
        """What waits at Telegram from an update on, as it came."""
        wanted = {"offset": offset, "timeout": 0, "allowed_updates": ALLOWED_UPDATES}
        return cast("list[dict[str, Any]]", await self._post("getUpdates", wanted))


class Polling:
    """Long polling that confirms an update only when it is handled; see `Intake`."""

    def __init__(self, bot: ReceivingBot, intake: Intake, clock: Clock, tempo: Tempo) -> None:
        self._bot = bot
        self._intake = intake
        self._clock = clock
        self._tempo = tempo
        self._failures = 0
        self._in_the_way: tuple[int | None, float] = (None, 0.0)
        """The oldest update while it kept others away, and since when."""

    async def run(self) -> None:
        """Asks until it is cancelled, or until Telegram refuses the token."""
        while not self._intake.is_closed:
            try:
                await self._ask()
            except InvalidToken:
                return
            except TelegramError as error:
                await self._clock.sleep(self._pause_after(error))
            except Exception:
                # Nobody would notice a bot that has stopped asking.
                _LOGGER.exception("asking Telegram for updates failed; going on")
                await self._clock.sleep(self._tempo.connect_seconds)
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
        try:
            updates: Sequence[Update] = await self._bot.get_updates(
                offset=offset, timeout=seconds, allowed_updates=ALLOWED_UPDATES
            )
            received = len(updates)
        except TelegramError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever PTB raises over a field it did not expect
            # Without its traceback, which may quote what people wrote.
            _LOGGER.debug("an update cannot be read (%s)", type(error).__name__)
            updates, received = await self._readable(offset)
        fresh = self._intake.take(updates, offset)
        if not fresh and received == _MOST:
            self._stand_in_line()
        await self._intake.wait(self._tempo.again_seconds)

    def _stand_in_line(self) -> None:
        """Telegram shows nothing new before the oldest update is handled; one that hangs is let go.

        What is let go is lost if the bot dies now, so that one that is merely slow is waited for.
        """
        oldest, since = self._in_the_way
        if oldest != self._intake.offset:
            self._in_the_way = (self._intake.offset, self._clock.now())
        elif self._clock.now() - since >= self._tempo.hanging_seconds:
            self._intake.let_go()

    async def _readable(self, offset: int | None) -> tuple[list[Update], int]:
        """The same updates without those that cannot be read, and how many they were with them.

        PTB reads all or none, so that one of them would keep every later one away; nobody waits for
        it any more.
        """
        updates = []
        received = await self._bot.received(offset)
        for each in received:
            try:
                updates.append(Update.de_json(each, self._bot))
            except Exception as error:  # noqa: BLE001 - as above
                number = each["update_id"]
                if self._intake.pass_over(number):
                    _LOGGER.error("update %d is left out (%s)", number, type(error).__name__)  # noqa: TRY400 - as above
        return updates, len(received)

    def _pause_after(self, error: TelegramError) -> float:
        if isinstance(error, Conflict):
            _LOGGER.warning("another program receives this bot's messages; stop it, or that one")
        else:
            _LOGGER.warning("no connection to Telegram (%s); going on", type(error).__name__)
        pause = pause_before_attempt(error, self._failures)
        self._failures += 1
        return min(pause, self._tempo.connect_seconds)
