"""Noticing that an answer did not reach its person."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from chatbot.conversation.messages import (
    Message,
    MessageRef,
    MessageUndeliverable,
    PlaylistCard,
    Responder,
)

T = TypeVar("T")


class WatchedResponder:
    """Hands on to another responder, and keeps what could not be delivered."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._lost: Message | None = None
        self._failure: Exception | None = None

    def lost_to(self, failure: Exception) -> Message | None:
        """What was lost when this was raised; None where it has nothing to do with delivery."""
        return self._lost if failure is self._failure else None

    async def send(self, message: Message) -> MessageRef | None:
        """See `Responder.send`."""
        return await self._watched(message, self._responder.send(message))

    async def replace(self, message: Message) -> None:
        """See `Responder.replace`."""
        await self._watched(message, self._responder.replace(message))

    async def publish(self, message: Message) -> MessageRef | None:
        """See `Responder.publish`."""
        return await self._watched(message, self._responder.publish(message))

    async def _watched(self, message: Message, delivery: Awaitable[T]) -> T:
        try:
            return await delivery
        except (MessageUndeliverable, ConnectionError) as failure:
            self._lost, self._failure = message, failure
            raise


def playlist_of(message: Message) -> str | None:
    """The id of the playlist that a message shows."""
    return (message.playlist_id or None) if isinstance(message, PlaylistCard) else None
