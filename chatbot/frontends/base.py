"""What a front end is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chatbot.conversation.messages import CommandHandler, CommandSpec, Messenger, Platform

CountResponse = Callable[[int], None]
"""Told the HTTP status of every answer of the platform's API."""


def count_nothing(_status: int) -> None:
    """A `CountResponse` for where nobody counts."""


@dataclass(frozen=True)
class Limits:
    """What a platform can carry."""

    text_characters: int
    button_label_characters: int
    attachment_bytes: int | None
    """The largest file that people can hand to the bot; None for no limit of the platform's."""
    document_bytes: int | None
    """The largest file that the bot can send."""
    seconds_between_edits: float
    """How often one message may be edited at most."""


class FrontEnd(Messenger, Protocol):
    """One chat platform: turns its events into `Command`s, and messages into what it shows."""

    @property
    def platform(self) -> Platform: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def is_connected(self) -> bool:
        """Whether, as far as is known, messages can be sent and received just now."""

    async def run(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        """Connects and serves until it is cancelled, or until the person leaves (console).

        Raises:
            FrontEndRefused: the platform refuses the token.
        """

    async def wait_until_ready(self) -> None:
        """Returns once messages can be sent and received."""


class FrontEndRefused(Exception):
    """The platform refuses to let the bot in; the message says what to mend."""
