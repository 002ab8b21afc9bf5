"""Inline mode: `@bot ...` in any chat offers playlists, and the messages that come of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telegram import (
    Bot,
    CallbackQuery,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
)
from telegram.constants import InlineQueryLimit
from telegram.error import BadRequest, TelegramError

from chatbot.conversation.messages import (
    Message,
    MessageRef,
    MessageUndeliverable,
    Offer,
    PlaylistCard,
)
from chatbot.frontends.telegram.presses import Press
from chatbot.frontends.telegram.rendering import render
from chatbot.frontends.telegram.requests import is_not_modified
from chatbot.frontends.telegram.sending import Address, Sender
from chatbot.frontends.telegram.text import clip, one_line

_LOGGER = logging.getLogger(__name__)

MOST_OFFERS = int(InlineQueryLimit.RESULTS)
TITLE_UNITS, DESCRIPTION_UNITS, BUTTON_UNITS = 100, 200, 64
START_PARAMETER = "private"


async def answer(query: InlineQuery, offers: Sequence[Offer], private_chat: str) -> None:
    """Shows offers to the one person who typed; nothing of it is kept at Telegram.

    Args:
        query: what was typed.
        offers: what can be sent into the chat; without any, the way to the private chat is shown.
        private_chat: the words for that.
    """
    results = [_result(offer) for offer in offers[:MOST_OFFERS]]
    button = InlineQueryResultsButton(
        clip(private_chat, BUTTON_UNITS), start_parameter=START_PARAMETER
    )
    try:
        await query.answer(
            results, cache_time=0, is_personal=True, button=None if results else button
        )
    except TelegramError as error:
        # Too old after a few more letters, for example: the next ones are asked about anyway.
        _LOGGER.info("offers were not shown (%s)", type(error).__name__)


def _result(offer: Offer) -> InlineQueryResultArticle:
    rendered = render(offer.card)
    return InlineQueryResultArticle(
        offer.id,
        clip(one_line(offer.card.title), TITLE_UNITS),
        InputTextMessageContent(rendered.pieces[0]),
        reply_markup=rendered.keyboard,
        description=clip(one_line(offer.description), DESCRIPTION_UNITS),
    )


class InlineResponder:
    """Answers a press below a message that was sent through inline mode. Implements `Responder`.

    The bot is no member of that chat: it can change that message, and write to whoever pressed.
    """

    def __init__(self, bot: Bot, sender: Sender, query: CallbackQuery, press: Press) -> None:
        self._bot = bot
        self._sender = sender
        self._query = query
        self._press = press

    async def send(self, message: Message) -> MessageRef | None:
        """Tells whoever pressed, there or in the private chat; opens that where it is not yet."""
        if await self._press.tell(message):
            return None
        try:
            return await self._sender.post(Address(self._query.from_user.id), message)
        except MessageUndeliverable:
            url = f"https://t.me/{self._bot.username}?start={START_PARAMETER}"
            await self._press.acknowledge(url)
            return None

    async def replace(self, message: Message) -> None:
        """Changes the message in the chat; only a card belongs there."""
        if not isinstance(message, PlaylistCard) or message.private:
            await self.send(message)
            return
        rendered = render(message)
        try:
            await self._bot.edit_message_text(
                rendered.pieces[0],
                inline_message_id=self._query.inline_message_id,
                reply_markup=rendered.keyboard,
            )
        except BadRequest as error:
            if not is_not_modified(error):
                await self.send(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """Refuses: the bot is no member of that chat.

        Raises:
            MessageUndeliverable: always.
        """
        del message
        raise MessageUndeliverable("the bot cannot write into a chat by itself")
