"""Requests to Telegram, tried again where that helps, and failures in the contract's words."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter

from chatbot.conversation.messages import MessageUndeliverable
from chatbot.frontends.telegram.timing import Clock, Tempo

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

_CLOSED_CHAT = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_",
    "topic_closed",
    "group chat was deactivated",
    "not enough rights",
    "have no rights",
    "need administrator rights",
)
"""What Telegram says (400) about chats that the bot cannot write to, next to every 403."""
_GONE_MESSAGE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
)
_CLOSED = "the chat is gone, or closed to the bot"
_NOT_MODIFIED = "message is not modified"
_FIRST_RETRY_SECONDS = 1.0
_MOST_DOUBLINGS = 16


class TelegramUnreachable(ConnectionError):
    """Telegram did not take a request, however often it was tried; it may do so later."""


class Superseded(Exception):
    """A request was given up while it waited, because a newer one makes it needless."""


class MessageGone(Exception):
    """The message that should be edited has been deleted, or cannot be edited any more."""


def rate_limiter(messages_a_second: float) -> AIORateLimiter:
    """PTB's limiter (so many messages a second, 20 a minute in a group), without its retries.

    It would hold up every chat for one chat's 'too many requests'; `Requests` waits for that chat
    alone, and so the limiter's own error message about it says nothing.
    """
    # Without it PTB warns whenever it makes a `RetryAfter`: a later release counts in timedeltas.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
    return AIORateLimiter(overall_max_rate=messages_a_second, max_retries=0)


class Requests:
    """Makes requests until they are answered, refused for good, or tried often enough."""

    def __init__(self, clock: Clock, tempo: Tempo) -> None:
        self._clock = clock
        self._tempo = tempo
        self._closed_until: dict[int, float] = {}

    async def make(
        self,
        chat_id: int,
        request: Callable[[], Awaitable[T]],
        *,
        give_up: Callable[[], bool] = lambda: False,
    ) -> T:
        """Makes one request about a chat; `give_up` is asked before every attempt.

        When the answer to a request is lost, it is made again: rather twice than not at all.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
            MessageGone: there is no such message to edit.
            Superseded: `give_up` said so.
            TelegramUnreachable: the network or Telegram failed too often.
            TelegramError: Telegram refuses the request itself, which is a bug.
        """
        for attempt in range(self._tempo.retries + 1):
            await self._wait_until_open(chat_id)
            if give_up():
                raise Superseded
            try:
                return await request()
            except TelegramError as error:
                pause = self._pause_after(error, attempt)
                failure = type(error).__name__
            if pause > self._tempo.longest_pause_seconds:
                break
            _LOGGER.info("%s in a chat; trying again in %.1f s", failure, pause)
            self._closed_until[chat_id] = self._clock.now() + pause
        self._closed_until.pop(chat_id, None)
        raise TelegramUnreachable(f"Telegram did not take a message ({failure})")

    @staticmethod
    def _pause_after(error: TelegramError, attempt: int) -> float:
        """How many seconds to wait before the next attempt; raises where none helps."""
        if isinstance(error, RetryAfter):
            return pause_before_attempt(error, attempt)
        if isinstance(error, Forbidden):
            raise MessageUndeliverable(_CLOSED) from None
        if isinstance(error, BadRequest):
            said = error.message.lower()
            if any(phrase in said for phrase in _GONE_MESSAGE):
                raise MessageGone from None
            if any(phrase in said for phrase in _CLOSED_CHAT):
                raise MessageUndeliverable(_CLOSED) from None
            raise error
        if isinstance(error, NetworkError):
            return pause_before_attempt(error, attempt)
        raise error

    def is_open(self, chat_id: int) -> bool:
        """Whether Telegram asked for no pause in a chat that has not passed yet."""
        return self._closed_until.get(chat_id, 0.0) <= self._clock.now()

    async def _wait_until_open(self, chat_id: int) -> None:
        while (seconds := self._closed_until.get(chat_id, 0.0) - self._clock.now()) > 0:
            await self._clock.sleep(seconds)
        self._closed_until.pop(chat_id, None)


def pause_before_attempt(error: Exception, attempt: int) -> float:
    """How many seconds to wait before one more attempt; the first one has the number 0."""
    if isinstance(error, RetryAfter):
        return _timedelta(error.retry_after).total_seconds()
    return _FIRST_RETRY_SECONDS * 2.0 ** min(attempt, _MOST_DOUBLINGS)


def is_not_modified(error: BadRequest) -> bool:
    """Telegram refuses an edit that changes nothing."""
    return _NOT_MODIFIED in error.message.lower()


def _timedelta(value: int | timedelta) -> timedelta:
    return value if isinstance(value, timedelta) else timedelta(seconds=value)
