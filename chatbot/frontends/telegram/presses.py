"""A pressed button: its little clock ends once, perhaps with words that only its presser sees."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import CallbackQuery
from telegram.constants import CallbackQueryLimit
from telegram.error import TelegramError

from chatbot.conversation.messages import Message, Reply
from chatbot.frontends.telegram.text import clean, units
from chatbot.frontends.telegram.timing import Clock

_LOGGER = logging.getLogger(__name__)

ALERT_UNITS = int(CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)


def alert_text(message: Message) -> str | None:
    """Private words as Telegram's alert shows them; None for what it cannot show whole."""
    if not isinstance(message, Reply) or not message.private:
        return None
    if message.buttons or message.document is not None or message.addressed:
        return None
    text = clean("\n\n".join(part for part in (message.title, message.text) if part)).strip()
    has_link = "://" in text
    return text if text and units(text) <= ALERT_UNITS and not has_link else None


class Press:
    """The one answer that Telegram takes to a press."""

    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self._is_answered = False
        self._is_late = False

    async def acknowledge(self, url: str | None = None) -> None:
        """Ends the little clock on the button, once; perhaps with the way to the private chat."""
        await self._answer(url=url)

    async def tell(self, message: Message) -> bool:
        """Shows private words to whoever pressed, who need not have started a chat with the bot.

        False where they do not fit, or the press is answered already: they go another way then.
        """
        text = alert_text(message)
        return text is not None and await self._answer(text=text, show_alert=True)

    @asynccontextmanager
    async def handled(self, clock: Clock, seconds: float) -> AsyncIterator[None]:
        """The press is answered at the end of the block, or after so long if that comes before."""
        late = asyncio.create_task(self._acknowledge_late(clock, seconds))
        try:
            yield
        finally:
            if not self._is_late:
                late.cancel()
            await asyncio.wait({late})
            await self.acknowledge()

    async def _acknowledge_late(self, clock: Clock, seconds: float) -> None:
        await clock.sleep(seconds)
        self._is_late = True
        await self.acknowledge()

    async def _answer(
        self, *, text: str | None = None, show_alert: bool | None = None, url: str | None = None
    ) -> bool:
        if self._is_answered:
            return False
        self._is_answered = True
        try:
            await self._query.answer(text, show_alert=show_alert, url=url)
        except TelegramError as error:
            # Too old after a pause of the bot, for example; the command is carried out anyway.
            _LOGGER.debug("a pressed button was not acknowledged (%s)", type(error).__name__)
            return False
        return True
