"""Knows where others see playlists: takes them away when they are deleted, or puts them right.

Where a playlist stands is remembered when it is put there, and at every press of its buttons. Who
deletes it gets these addresses from the transaction of the deletion and hands them over to here;
then each message is changed, by the front end of its platform, to the words that a press shows.

The rows are gone by then: no chat that is slow, closed or gone can hold a deletion up. What is left
to do is known in memory alone. A job, or a row that outlived `/forget`, would keep what was to be
deleted: where a person talked. So what fails is taken as done, and a bot that stops in the middle
leaves the rest, which goes at the next press, like every message of which no address is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Iterator, Sequence
from datetime import timedelta
from typing import TypedDict

from chatbot.conversation import share_replies
from chatbot.conversation.language import closest, speaking, spoken
from chatbot.conversation.messages import (
    Message,
    MessageRef,
    MessageUndeliverable,
    Messenger,
    Platform,
)
from storage.errors import DatabaseBusy, RecordMissing
from storage.postings import Posting, Postings

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""So many messages of one deletion are changed at the same time on a platform: others wait there
for their answers."""


class _Bounds(TypedDict):
    most: int
    lifetime: timedelta


class Retracting:
    """Remembers where others see playlists, and takes them away from there."""

    def __init__(
        self, postings: Postings, *, most: int, lifetime: timedelta, seconds: float
    ) -> None:
        """For the settings see `posting_days`, `max_postings_of_playlist`, `retract_seconds`."""
        self._postings = postings
        self._bounds: _Bounds = {"most": most, "lifetime": lifetime}
        self._seconds = seconds
        self._messengers: dict[Platform, Messenger] = {}
        self._running: set[asyncio.Task[None]] = set()

    def serve(self, platform: Platform, messenger: Messenger) -> None:
        """From now on messages of this platform are changed through this messenger."""
        self._messengers[platform] = messenger

    async def stands(self, ref: MessageRef, playlist_id: str) -> None:
        """A playlist's own card stands there, in the language that is spoken.

        To be said after the message was sent or changed: where the playlist was deleted meanwhile,
        it is taken away again.
        """
        message = _posting(ref, spoken(), is_card=True)
        await self._remember(message, self._postings.add(playlist_id, message, **self._bounds))

    async def share_stands(self, ref: MessageRef | None, share_id: str, language: str) -> None:
        """The same, of a shared playlist; without an address nothing can be remembered."""
        if ref is None:
            return
        message = _posting(ref, language, is_card=False)
        await self._remember(
            message, self._postings.add_to_share(share_id, message, **self._bounds)
        )

    async def _remember(self, message: Posting, adding: Awaitable[None]) -> None:
        try:
            await adding
        except RecordMissing:
            self.take_away([message])
        except DatabaseBusy:  # it goes at the next press; what was asked for is there
            logger.warning("where a playlist stands was not remembered")

    async def card(self, playlist_id: str) -> MessageRef | None:
        """Where others read a playlist's own card; None where it is known of none."""
        message = await self._postings.card(playlist_id)
        return _ref(message) if message is not None else None

    async def put_in_place(self, ref: MessageRef, card: Message, playlist_id: str) -> bool:
        """Shows a playlist's card where another one stood; False where that cannot be done."""
        messenger = self._messengers.get(ref.platform)
        if messenger is None:
            return False
        try:
            await messenger.overwrite(ref, card)
        except (MessageUndeliverable, ConnectionError):
            return False
        await self.stands(ref, playlist_id)
        return True

    def take_away(self, messages: Sequence[Posting], but: MessageRef | None = None) -> None:
        """Begins to change messages whose playlist is gone; returns at once.

        Args:
            messages: where it stood.
            but: the message that tells of the deletion itself.
        """
        left: dict[Platform, list[Posting]] = defaultdict(list)
        for message in messages:
            if _ref(message) != but:
                left[Platform(message.platform)].append(message)
        for platform, there in left.items():
            messenger = self._messengers.get(platform)
            if messenger is not None:
                task = asyncio.create_task(self._take_away(messenger, there))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Leaves what is not done yet."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _take_away(self, messenger: Messenger, messages: Sequence[Posting]) -> None:
        waiting = iter(messages)
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.gather(*(_change(messenger, waiting) for _ in range(AT_ONCE)))
        except TimeoutError:
            logger.info("%d messages are left to the next press", len([*waiting]))


async def _change(messenger: Messenger, waiting: Iterator[Posting]) -> None:
    for message in waiting:
        with speaking(closest(message.language)):
            card = share_replies.gone_card()
        try:
            await messenger.overwrite(_ref(message), card)
        except (MessageUndeliverable, ConnectionError):
            logger.info("a message with a deleted playlist is out of reach")
        except Exception as error:  # noqa: BLE001 - the others are still to be changed
            # Only its name: what platforms say may hold the address.
            logger.warning("a deleted playlist stays in a chat (%s)", type(error).__name__)


def _posting(ref: MessageRef, language: str, *, is_card: bool) -> Posting:
    return Posting(ref.platform, ref.chat_id, ref.message_id, language, is_card)


def _ref(message: Posting) -> MessageRef:
    return MessageRef(Platform(message.platform), message.chat_id, message.message_id)
