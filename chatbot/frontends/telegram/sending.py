"""Messages out: posts, edits and documents, within Telegram's limits and manners."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from telegram import Bot, InlineKeyboardMarkup, InputFile, ReplyParameters
from telegram import Message as SentMessage
from telegram.error import BadRequest, ChatMigrated, TelegramError

from chatbot.conversation.messages import (
    Document,
    Message,
    MessageRef,
    MessageUndeliverable,
    Platform,
    Progress,
    Reply,
)
from chatbot.frontends.telegram.pacing import EditPacing
from chatbot.frontends.telegram.photos import is_photo
from chatbot.frontends.telegram.rendering import Rendered, render
from chatbot.frontends.telegram.requests import (
    MessageGone,
    Requests,
    Superseded,
    is_not_modified,
)

_MOST_REMEMBERED_MOVES = 1000
INLINE_CHAT = "inline"
"""As a chat id: the message was sent through inline mode, and is found by its id alone."""
_NO_CHAT = 0
"""Of whatever is sent through inline mode; one chat's pauses hold up no other."""


@dataclass(frozen=True)
class Address:
    """Where a message goes."""

    chat_id: int
    """Negative for groups and channels."""
    thread_id: int | None = None
    """The topic of a forum."""
    reply_to: int | None = None
    """The message that is answered; when it is gone, the answer comes all the same."""

    @property
    def is_private(self) -> bool:
        return self.chat_id > 0


class Sender:
    """Sends and edits messages; what is private never goes to a group."""

    def __init__(
        self, bot: Bot, requests: Requests, pacing: EditPacing, *, document_bytes: int
    ) -> None:
        """`document_bytes` is the largest file that may be sent."""
        self._bot = bot
        self._requests = requests
        self._pacing = pacing
        self._document_bytes = document_bytes
        self._moved: dict[tuple[int, int], MessageRef] = {}

    async def post(self, address: Address, message: Message) -> MessageRef:
        """Sends a message, in several pieces where it is long; returns the address of the first.

        Raises:
            MessageUndeliverable: the chat is gone, closed to the bot, or a group that must not see
                a private message.
            TelegramUnreachable: the network or Telegram failed too often.
            ValueError: the message is empty, its document too large, or a button's data too long.
        """
        if is_private(message) and not address.is_private:
            raise MessageUndeliverable("a private message does not go to a group")
        document = message.document if isinstance(message, Reply) else None
        return await self.post_rendered(
            address, render(message, in_group=address.chat_id < 0), document
        )

    async def post_rendered(
        self, address: Address, rendered: Rendered, document: Document | None = None
    ) -> MessageRef:
        """As `post`, for what is markup already."""
        try:
            return await self._post_pieces(address, rendered, document)
        except ChatMigrated as moved:
            # A group that became a supergroup; its topics and messages have other numbers.
            new_chat_id = moved.new_chat_id
        return await self._post_pieces(Address(new_chat_id), rendered, document)

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replaces a message at Telegram's pace; a newer state of it takes the place of this one.

        What does not fit in one message follows as new ones.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        ref = self._current(ref)
        chat_id, message_id = key = _key(ref)
        if is_private(message) and chat_id < 0:
            raise MessageUndeliverable("a private message does not go to a group")
        is_final = not isinstance(message, Progress) or message.is_final
        async with self._pacing.turn(key, is_final=is_final) as turn:
            ref = self._current(ref)
            chat_id, message_id = _key(ref)
            if turn.is_superseded:
                return ref
            try:
                await self._replace(chat_id, message_id, message, lambda: turn.is_superseded)
            except Superseded:
                return ref
            except MessageGone:
                pass
            except ChatMigrated as moved:
                chat_id = moved.new_chat_id
            else:
                return ref
            new = await self.post(Address(chat_id), message)
            self._remember_move(ref, new)
            return new

    async def replace_last(self, chat_id: int, message_id: int, message: Message) -> bool:
        """Replaces a message by the last piece of another; False where it is gone.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        rendered = render(message, in_group=chat_id < 0)

        async def edit() -> None:
            await self._bot.edit_message_text(
                rendered.pieces[-1],
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=rendered.keyboard,
            )

        return await self._changed(chat_id, edit)

    async def _change_inline(self, inline_id: str, message: Message) -> bool:
        rendered = render(message)

        async def edit() -> None:
            await self._bot.edit_message_text(
                rendered.pieces[-1], inline_message_id=inline_id, reply_markup=rendered.keyboard
            )

        return await self._changed(_NO_CHAT, edit)

    async def _changed(self, chat_id: int, edit: Callable[[], Awaitable[None]]) -> bool:
        """Makes an edit; False where the message is gone."""
        try:
            await self._requests.make(chat_id, edit)
        except MessageGone:
            return False
        except BadRequest as error:
            if not is_not_modified(error):
                raise
        return True

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Takes away what a message says; see `Messenger.overwrite`.

        Raises:
            MessageUndeliverable: it is gone, or its chat is closed to the bot.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        try:
            if ref.chat_id == INLINE_CHAT:
                is_there = await self._change_inline(ref.message_id, message)
            else:
                is_there = await self.replace_last(*_key(self._current(ref)), message)
        except ChatMigrated:
            is_there = False
        if not is_there:
            raise MessageUndeliverable("the message is gone")

    async def remove(self, ref: MessageRef) -> None:
        """Deletes a message, if that can be done."""
        chat_id, message_id = _key(self._current(ref))
        with suppress(MessageUndeliverable, MessageGone, ConnectionError, TelegramError):
            await self._requests.make(
                chat_id, lambda: self._bot.delete_message(chat_id, message_id)
            )

    async def _replace(
        self, chat_id: int, message_id: int, message: Message, give_up: Callable[[], bool]
    ) -> None:
        rendered = render(message, in_group=chat_id < 0)
        document = message.document if isinstance(message, Reply) else None
        if not rendered.pieces:
            await self._post_pieces(Address(chat_id), rendered, document)
            return
        first, *others = rendered.pieces
        rest = replace(rendered, pieces=tuple(others), fits_caption=False)
        has_rest = bool(others or document)

        async def edit() -> None:
            await self._bot.edit_message_text(
                first,
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=None if has_rest else rendered.keyboard,
            )

        try:
            await self._requests.make(chat_id, edit, give_up=give_up)
        except BadRequest as error:
            if not is_not_modified(error):
                raise
        if has_rest:
            await self._post_pieces(Address(chat_id), rest, document)

    async def _post_pieces(
        self, address: Address, rendered: Rendered, document: Document | None
    ) -> MessageRef:
        if document is None:
            texts, caption = list(rendered.pieces), None
        elif rendered.fits_caption and len(rendered.pieces) == 1:
            texts, caption = [], rendered.pieces[0]
        else:
            texts, caption = list(rendered.pieces), None
        if not texts and document is None:
            raise ValueError("a message needs text or a document")
        sent = []
        for position, text in enumerate(texts):
            is_last = position == len(texts) - 1 and document is None
            sent.append(
                await self._send_text(address, text, rendered.keyboard if is_last else None)
            )
            address = replace(address, reply_to=None)
        if document is not None:
            sent.append(await self._send_document(address, document, caption, rendered.keyboard))
        return MessageRef(Platform.TELEGRAM, str(address.chat_id), str(sent[0].message_id))

    async def _send_text(
        self, address: Address, text: str, keyboard: InlineKeyboardMarkup | None
    ) -> SentMessage:
        async def send() -> SentMessage:
            return await self._bot.send_message(
                address.chat_id, text, reply_markup=keyboard, **_placement(address)
            )

        return await self._requests.make(address.chat_id, send)

    async def _send_document(
        self,
        address: Address,
        document: Document,
        caption: str | None,
        keyboard: InlineKeyboardMarkup | None,
    ) -> SentMessage:
        size = (await asyncio.to_thread(document.path.stat)).st_size
        if size > self._document_bytes:
            raise ValueError(
                f"a document of {size:,} bytes; Telegram takes at most {self._document_bytes:,}"
            )

        post: Callable[..., Awaitable[SentMessage]] = self._bot.send_document
        if await asyncio.to_thread(is_photo, document.path):
            post = self._bot.send_photo

        async def send(file: BinaryIO) -> SentMessage:
            # The open file, not its path: PTB would load all of it, or, with a local server, hand
            # over a path that the server may be unable to read.
            return await post(
                address.chat_id,
                InputFile(file, filename=document.name, read_file_handle=False),
                caption=caption,
                reply_markup=keyboard,
                **_placement(address),
            )

        file = await asyncio.to_thread(document.path.open, "rb")
        with file:
            return await self._requests.make(address.chat_id, lambda: send(file))

    def _current(self, ref: MessageRef) -> MessageRef:
        """Where a message stands that had to be posted anew."""
        while (moved := self._moved.get(_key(ref))) is not None:
            ref = moved
        return ref

    def _remember_move(self, old: MessageRef, new: MessageRef) -> None:
        """So that an edit of the old address does not post the message once more."""
        if len(self._moved) >= _MOST_REMEMBERED_MOVES:
            del self._moved[next(iter(self._moved))]
        self._moved[_key(old)] = new


def is_private(message: Message) -> bool:
    """Whether only the actor may see it."""
    return not isinstance(message, Progress) and message.private


def chat_id_of(text: str) -> int:
    """A chat id of the contract as Telegram counts it.

    Raises:
        MessageUndeliverable: it is not an id of Telegram's.
    """
    with suppress(ValueError):
        return int(text)
    raise MessageUndeliverable("a Telegram chat id is a number")


def _key(ref: MessageRef) -> tuple[int, int]:
    return chat_id_of(ref.chat_id), chat_id_of(ref.message_id)


def _placement(address: Address) -> dict[str, Any]:
    placement: dict[str, Any] = {}
    if address.thread_id is not None:
        placement["message_thread_id"] = address.thread_id
    if address.reply_to is not None:
        placement["reply_parameters"] = ReplyParameters(
            address.reply_to, allow_sending_without_reply=True
        )
    return placement
