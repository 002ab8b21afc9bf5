"""A person at a keyboard, whatever the platform: what the behaviour tests are written against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Seen:
    """One message as the person sees it now (edits replace it)."""

    message_id: str
    text: str
    """All visible words, titles and link texts included, markup removed."""
    urls: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    """Labels."""
    documents: tuple[str, ...] = ()
    """File names."""


class ChatDriver(Protocol):
    """Acts as one person in a private chat with the real client over a loopback server or a pipe."""

    platform: str

    async def command(self, text: str) -> None:
        """Sends `/name argument`, the way that the platform's people do."""

    async def say(self, text: str) -> None:
        """Sends text that is no command; where the platform has no such thing, does nothing."""

    async def send_files(self, *paths: Path) -> None:
        """Sends files for an import."""

    async def press(self, label: str) -> None:
        """Presses the newest button with that label."""

    async def wait_for(self, matches: Callable[[Seen], bool], timeout_seconds: float = 60) -> Seen:
        """The newest message, sent or edited after the driver's last action, that matches."""

    async def read_document(self, name: str) -> bytes:
        """The content of the newest received file of that name."""

    async def history(self) -> list[Seen]:
        """Everything on the screen, oldest first."""
