"""The way back to the actor of one command."""

from __future__ import annotations

import html

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from chatbot.conversation import platform_replies
from chatbot.conversation.messages import Message, MessageRef, MessageUndeliverable
from chatbot.frontends.telegram.presses import Press
from chatbot.frontends.telegram.rendering import Rendered
from chatbot.frontends.telegram.sending import Address, Sender, is_private


class TelegramResponder:
    """Answers where the command was given; private answers go to the actor's private chat."""

    def __init__(
        self,
        sender: Sender,
        address: Address,
        actor_id: int,
        *,
        bot_name: str,
        pressed_id: int | None = None,
        press: Press | None = None,
    ) -> None:
        """`actor_id` is the actor's user id, which is the id of the private chat too.

        `pressed_id` is the message whose button was pressed, if one was; `press` is that, while it
        can still be answered.
        """
        self._press = press
        self._sender = sender
        self._pressed_id = pressed_id
        self._address = address
        self._actor_id = actor_id
        self._bot_name = bot_name

    async def send(self, message: Message) -> MessageRef | None:
        """Sends a message; None where there is none that could be edited later.

        That is so of private words that whoever pressed a button in a group reads there and nobody
        else, and where the group got the way to the private chat instead.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        if not is_private(message) or self._address.is_private:
            return await self._sender.post(self._address, message)
        if self._press is not None and await self._press.tell(message):
            return None
        try:
            return await self._sender.post(Address(self._actor_id), message)
        except MessageUndeliverable:
            await self.point_to_private_chat(platform_replies.answer_in_private())
            return None

    async def replace(self, message: Message) -> None:
        """Edits the message whose button was pressed; see `Responder.replace`."""
        pressed_id = self._pressed_id
        if is_private(message) and not self._address.is_private:
            pressed_id = None
        is_replaced = pressed_id is not None and await self._sender.replace_last(
            self._address.chat_id, pressed_id, message
        )
        if not is_replaced:
            await self.send(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """Sends into the group; see `Responder.publish`."""
        if self._address.is_private:
            raise MessageUndeliverable("nobody else reads in the private chat")
        return await self._sender.post(self._address, message)

    async def point_to_private_chat(self, text: str) -> None:
        """A sentence, and a button that opens the private chat."""
        button = InlineKeyboardButton(
            platform_replies.open_private_chat(), url=f"https://t.me/{self._bot_name}?start=private"
        )
        pointer = Rendered((html.escape(text, quote=False),), InlineKeyboardMarkup([[button]]))
        await self._sender.post_rendered(self._address, pointer)
