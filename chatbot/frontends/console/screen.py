"""What the front end needs of a screen; a terminal is one, a pipe the other."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from chatbot.conversation.messages import CommandSpec, Message, Progress
from chatbot.frontends.console.text import clean_line, clean_text


@dataclass(frozen=True)
class Shown:
    """A message on its way to the screen."""

    number: int
    """Counts the messages of this run, from 1; an edit keeps its message's number."""
    message: Message
    previous: Message | None
    """What the message said before; None when it is new."""
    numbered_buttons: bool
    """Its buttons are the ones that a typed number presses."""
    saved: str = ""
    """What became of the message's document, in a sentence."""


class Screen(Protocol):
    """Shows messages and reads lines."""

    in_turn: bool
    """A line is answered before the next one is read: a script expects its answers in order."""
    settles_at_end: bool
    """The end of the input is the end of a script, not somebody who wants to leave now."""
    seconds_between_edits: float

    def opened(self, commands: tuple[CommandSpec, ...]) -> AbstractAsyncContextManager[None]:
        """Ready for use as long as it is entered; the commands are offered for completion."""

    async def next_line(self) -> str | None:
        """What the person enters next; None at the end."""

    async def show(self, shown: Shown) -> None:
        """Shows a new message, or what has changed about an old one.

        Raises:
            MessageUndeliverable: nobody can see it any more.
        """

    def set_busy(self, busy: bool) -> None:
        """Whether a command is being answered right now."""


def button_lines(shown: Shown) -> list[str]:
    """A line for each row of buttons: `[1] Delete everything   [2] Keep it`."""
    lines = []
    number = 0
    for row in shown.message.buttons:
        cells = []
        for button in row:
            number += 1
            mark = str(number) if shown.numbered_buttons else " "
            cells.append(f"[{mark}] {clean_line(button.label)}")
        lines.append("   ".join(cells))
    return lines


def progress_lines(progress: Progress, *, finished_only: bool = False) -> list[str]:
    """The title and the stages; `finished_only` leaves out the one that still changes."""
    stages = clean_text(progress.text).split("\n")
    if finished_only and not progress.is_final:
        stages = stages[:-1]
    return [clean_line(progress.title), *stages]


def fresh_lines(previous: Message | None, progress: Progress, *, finished_only: bool) -> list[str]:
    """The lines of a progress that are not on the screen yet, empty ones left out.

    A line that has only moved, because another one came or went above it, is on the screen.
    """
    before: list[str] = []
    if isinstance(previous, Progress):
        before = progress_lines(previous, finished_only=finished_only)
    lines = progress_lines(progress, finished_only=finished_only)
    return [line for line in lines if line.strip() and line not in before]
