"""'typing' in a chat while a command takes its time, until it is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from chatbot.conversation.messages import Message, MessageRef, Responder
from chatbot.frontends.telegram.requests import Requests
from chatbot.frontends.telegram.sending import Address
from chatbot.frontends.telegram.timing import Clock, Tempo

_LOGGER = logging.getLogger(__name__)


class Activity:
    """Tells a chat what the bot is at, again and again; nobody misses what is not told."""

    def __init__(
        self,
        bot: Bot,
        requests: Requests,
        clock: Clock,
        tempo: Tempo,
        *,
        address: Address,
        action: ChatAction,
    ) -> None:
        self._bot = bot
        self._requests = requests
        self._clock = clock
        self._tempo = tempo
        self._address = address
        self._action = action
        self._task: asyncio.Task[None] | None = None
        self._is_telling = False
        self._is_over = False

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Is told while the block runs, if that takes a while, and until `end`."""
        self._task = asyncio.create_task(self._keep_telling())
        try:
            yield
        finally:
            await self.end()

    async def end(self) -> None:
        """Returns when no more is told: whatever is sent next takes 'typing' off the screen."""
        self._is_over = True
        if self._task is None:
            return
        if self._is_telling:
            # It may be at Telegram already, which its end alone tells.
            late = asyncio.ensure_future(self._clock.sleep(self._tempo.activity_end_seconds))
            await asyncio.wait({self._task, late}, return_when=asyncio.FIRST_COMPLETED)
            late.cancel()
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _keep_telling(self) -> None:
        await self._clock.sleep(self._tempo.activity_after_seconds)
        while not self._is_over:
            if self._requests.is_open(self._address.chat_id):
                self._is_telling = True
                await self._tell()
                self._is_telling = False
            if not self._is_over:
                await self._clock.sleep(self._tempo.activity_seconds)

    async def _tell(self) -> None:
        try:
            await self._bot.send_chat_action(
                self._address.chat_id, self._action, message_thread_id=self._address.thread_id
            )
        except TelegramError as error:
            _LOGGER.debug("a chat was not told that it is typed (%s)", type(error).__name__)


class ActiveResponder:
    """A `Responder` whose first answer ends an `Activity`."""

    def __init__(self, responder: Responder, activity: Activity) -> None:
        self._responder = responder
        self._activity = activity

    async def send(self, message: Message) -> MessageRef | None:
        """See `Responder`."""
        await self._activity.end()
        return await self._responder.send(message)

    async def replace(self, message: Message) -> None:
        """See `Responder`."""
        await self._activity.end()
        await self._responder.replace(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """See `Responder`."""
        await self._activity.end()
        return await self._responder.publish(message)
