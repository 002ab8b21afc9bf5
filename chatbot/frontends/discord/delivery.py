"""Sending and editing messages so that they arrive, or that one learns why not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import discord

from chatbot.conversation.messages import Message, MessageRef, MessageUndeliverable, Platform
from chatbot.frontends.discord.buttons import view_of
from chatbot.frontends.discord.rendering import Page, render

log = logging.getLogger(__name__)

T = TypeVar("T")

DOCUMENT_BYTES = 10 * 1024 * 1024
"""What Discord takes from a bot everywhere; boosted servers take more."""
TOKEN_SECONDS = 14 * 60
"""Interaction tokens live 15 minutes; the last one is left alone."""
RETRY_SECONDS = (1.0, 5.0, 15.0)
NONCE_BYTES = 12
USER_MARK = "@"
"""`@123` as a chat id is the private channel with user 123, whichever it is by then."""

INVALID_RECIPIENT = 50033
TOO_MANY_EDITS_OF_AN_OLD_MESSAGE = 30046
NOT_OURS_TO_EDIT = 50005
TOKEN_IS_INVALID = 50027
TOO_MANY_FOLLOW_UPS = 40094
CLOSED = (INVALID_RECIPIENT, TOKEN_IS_INVALID, TOO_MANY_FOLLOW_UPS)
REPLACE_INSTEAD = (TOO_MANY_EDITS_OF_AN_OLD_MESSAGE, NOT_OURS_TO_EDIT, TOKEN_IS_INVALID)
"""Codes of https://discord.com/developers/docs/topics/opcodes-and-status-codes#json."""
UNREACHABLE = (aiohttp.ClientError, ConnectionError, TimeoutError, discord.RateLimited)
"""What discord.py raises while the network or Discord stumbles."""


@dataclass(frozen=True)
class Channel:
    """Where pages can be put: a channel, or an interaction that still has its token."""

    send: Callable[..., Awaitable[discord.Message]]
    edit: Callable[..., Awaitable[discord.Message]]


@dataclass(frozen=True)
class _Lease:
    """A message that can be edited only with an interaction's token, as long as that lives."""

    channel: Channel
    until: float


class Outbox:
    """Puts messages into channels under durable addresses.

    Address: a channel's id, or `@` and a user's id for the private channel with that user.
    Nothing is looked up in a cache, so that addresses hold over restarts.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        clock: Callable[[], float] = time.monotonic,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._leases: dict[tuple[str, str], _Lease] = {}

    def now(self) -> float:
        """Seconds on the clock that leases are measured with."""
        return self._clock()

    async def post(self, address: str, message: Message) -> MessageRef:
        """Sends a new message; see `Messenger.post`."""
        return await self.post_pages(address, render(message))

    async def post_pages(self, address: str, pages: list[Page]) -> MessageRef:
        """Sends pages one after another; returns where the first stands.

        Raises:
            MessageUndeliverable: the channel is gone or closed to the bot.
            ConnectionError: Discord cannot be reached just now.
        """
        try:
            channel_id = await self._deliver(lambda: self._channel_id(address), new=True)
            channel = self._channel(channel_id)
            sent = [await self.send(channel, page, nonce=True) for page in pages]
        except MessageUndeliverable:
            lease = self._lease_at(address)
            if lease is None:
                raise
            sent = [await self.send(lease.channel, page) for page in pages]
            return self.lend(address, sent[0].id, lease.channel, lease.until)
        return MessageRef(Platform.DISCORD, str(channel_id), str(sent[0].id))

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replaces a message, posts it anew where it is gone; see `Messenger.edit`."""
        first, *more = render(message)
        channel = self._channel_of(ref)
        if channel is None:
            return await self.post(ref.chat_id, message)
        try:
            await self._deliver(lambda: channel.edit(int(ref.message_id), **_changes(first)))
        except discord.HTTPException as error:
            if error.status == HTTPStatus.NOT_FOUND or error.code in REPLACE_INSTEAD:
                anew = await self.post_pages(ref.chat_id, [first, *more])
                if error.code == TOO_MANY_EDITS_OF_AN_OLD_MESSAGE:
                    await self._remove(ref)
                return anew
            if error.status == HTTPStatus.FORBIDDEN:
                raise MessageUndeliverable(_words(error)) from error
            raise
        for page in more:
            await self.send(channel, page)
        return ref

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Takes away what a message says; see `Messenger.overwrite`.

        A message that Discord lets nobody change so often any more is deleted.
        """
        channel = self._channel_of(ref)
        if channel is None:
            raise MessageUndeliverable("only a new message is left")
        try:
            await self.change(channel, int(ref.message_id), render(message)[-1])
        except discord.HTTPException as error:
            if error.code not in REPLACE_INSTEAD:
                raise
            await self._remove(ref)

    async def send(self, channel: Channel, page: Page, **extra: Any) -> discord.Message:
        """Sends one page.

        Raises:
            MessageUndeliverable: the channel is gone or closed to the bot.
            ConnectionError: Discord cannot be reached just now.
            ValueError: the page's document is larger than Discord takes.
        """
        if extra.pop("nonce", False):
            # Discord drops a second message with the same nonce: sending again is safe.
            extra["nonce"] = secrets.token_hex(NONCE_BYTES)
        return await self._deliver(lambda: channel.send(**_arguments(page), **extra), new=True)

    async def change(self, channel: Channel, message_id: int, page: Page) -> discord.Message:
        """Replaces one message by one page.

        Raises:
            MessageUndeliverable: it is gone, or not to be edited any more.
            ConnectionError: Discord cannot be reached just now.
        """
        return await self._deliver(lambda: channel.edit(message_id, **_changes(page)), new=True)

    def lend(self, address: str, message_id: int, channel: Channel, until: float) -> MessageRef:
        """Remembers that a message can be edited only through this channel, and how long."""
        now = self._clock()
        self._leases = {key: lease for key, lease in self._leases.items() if lease.until > now}
        self._leases[address, str(message_id)] = _Lease(channel, until)
        return MessageRef(Platform.DISCORD, address, str(message_id))

    def _lease_at(self, address: str) -> _Lease | None:
        """A token that still reaches the people at an address that is closed to the bot."""
        leases = [lease for (at, _), lease in self._leases.items() if at == address]
        return next((lease for lease in leases if lease.until > self._clock()), None)

    def _channel_of(self, ref: MessageRef) -> Channel | None:
        """The way to a message; None where only a new message is left."""
        lease = self._leases.get((ref.chat_id, ref.message_id))
        if lease is not None and lease.until > self._clock():
            return lease.channel
        return None if ref.chat_id.startswith(USER_MARK) else self._channel(int(ref.chat_id))

    async def _remove(self, ref: MessageRef) -> None:
        """Takes away what a new message replaces, where that is possible."""
        channel = self._client.get_partial_messageable(int(ref.chat_id))
        with contextlib.suppress(discord.HTTPException, *UNREACHABLE):
            await channel.get_partial_message(int(ref.message_id)).delete()

    async def _channel_id(self, address: str) -> int:
        if not address.startswith(USER_MARK):
            return int(address)
        user = discord.Object(int(address.removeprefix(USER_MARK)))
        return (await self._client.create_dm(user)).id

    def _channel(self, channel_id: int) -> Channel:
        channel = self._client.get_partial_messageable(channel_id)

        async def edit(message_id: int, **changes: Any) -> discord.Message:
            return await channel.get_partial_message(message_id).edit(**changes)

        return Channel(send=channel.send, edit=edit)

    async def _deliver(self, request: Callable[[], Awaitable[T]], *, new: bool = False) -> T:
        """Makes a request, again where Discord stumbles.

        With `new`, what Discord refuses for good raises `MessageUndeliverable`.
        """
        for seconds in (*self._retry_seconds, None):
            try:
                return await request()
            except (*UNREACHABLE, discord.HTTPException) as error:
                if not _is_transient(error):
                    if new and _is_closed(error):
                        raise MessageUndeliverable(_words(error)) from error
                    raise
                if seconds is None:
                    raise ConnectionError(f"Discord cannot be reached: {_words(error)}") from error
                log.warning("Discord stumbled (%s), again in %s s", _words(error), seconds)
                await asyncio.sleep(seconds)
        raise AssertionError("the last round returns or raises")


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, discord.HTTPException):
        too_many = error.status == HTTPStatus.TOO_MANY_REQUESTS
        return (too_many or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR) and (
            error.code not in REPLACE_INSTEAD
        )
    return True


def _is_closed(error: BaseException) -> bool:
    return isinstance(error, discord.HTTPException) and (
        error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) or error.code in CLOSED
    )


def _arguments(page: Page) -> dict[str, Any]:
    """What a new message takes; files are opened anew for each attempt."""
    arguments: dict[str, Any] = {}
    if page.content is not None:
        arguments["content"] = page.content
        arguments["suppress_embeds"] = True  # no previews of addresses in the text
    if page.embed is not None:
        arguments["embed"] = page.embed
    if page.rows:
        arguments["view"] = view_of(page.rows)
    if page.document is not None:
        arguments["file"] = _file(page)
    return arguments


def _changes(page: Page) -> dict[str, Any]:
    """What an edit takes: whatever the page lacks is removed from the message."""
    return {
        "content": page.content,
        "embeds": [page.embed] if page.embed is not None else [],
        "view": view_of(page.rows) if page.rows else None,
        "attachments": [_file(page)] if page.document is not None else [],
    }


def _file(page: Page) -> discord.File:
    assert page.document is not None
    size = page.document.path.stat().st_size
    if size > DOCUMENT_BYTES:
        raise ValueError(
            f"a document for Discord may have {DOCUMENT_BYTES:,} bytes "
            f"(DiscordFrontEnd.limits.document_bytes), got {size:,}: split or compress it"
        )
    return discord.File(page.document.path, filename=page.document.name, spoiler=False)


def _words(error: BaseException) -> str:
    """An error in a few words without addresses: those hold tokens."""
    if isinstance(error, discord.HTTPException):
        return f"HTTP {error.status}, code {error.code}"
    return type(error).__name__
