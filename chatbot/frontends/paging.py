"""Cards that are turned page by page, where a platform cannot hold them in one message (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from chatbot.conversation.messages import Button, PlaylistCard

T = TypeVar("T")

Rows = tuple[tuple[Button, ...], ...]

MOST_ROWS = 5
"""Discord takes no more; where they are all taken, the last one has room for two buttons more."""


def opened(pages: Sequence[T], card: PlaylistCard) -> tuple[Sequence[T], Rows]:
    """What is shown of a card, and the buttons below it.

    Args:
        pages: all pages of the card, at least one, each of them one message of the platform.
        card: the card; one that cannot be turned is shown with all its pages.
    """
    turning = card.turning
    if turning is None or len(pages) == 1:
        return pages, card.buttons
    page = min(turning.page, len(pages) - 1)
    ways = []
    if page > 0:
        ways.append(turning.to(page - 1, f"◀ {page}/{len(pages)}"))
    if page + 1 < len(pages):
        ways.append(turning.to(page + 1, f"{page + 2}/{len(pages)} ▶"))
    return pages[page : page + 1], _with(card.buttons, tuple(ways))


def _with(rows: Rows, ways: tuple[Button, ...]) -> Rows:
    if len(rows) < MOST_ROWS:
        return (ways, *rows)
    return (*rows[:-1], (*rows[-1], *ways))
