"""A screen in a terminal: prompt_toolkit reads, rich draws."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console, RenderableType
from rich.text import Text

from chatbot.conversation import console_replies
from chatbot.conversation.messages import CommandSpec, MessageUndeliverable, Progress
from chatbot.frontends.console.completion import LineCompleter
from chatbot.frontends.console.rendering import live_lines, rendered
from chatbot.frontends.console.screen import Shown
from chatbot.frontends.console.text import clean_line

PROMPT = "> "
BUSY = "...\n"


class TerminalScreen:
    """A prompt with what is under way above it, and everything else above that."""

    in_turn = False
    settles_at_end = False
    seconds_between_edits = 0.2

    def __init__(
        self, source: Input | None, target: Output | None, *, history_path: Path | None = None
    ) -> None:
        self._owns_streams = target is None
        # What people type names their songs: it goes to a file only where they asked for one.
        history: History = FileHistory(str(history_path)) if history_path else InMemoryHistory()
        self._session: PromptSession[str] = PromptSession(
            self._above_the_line,
            history=history,
            complete_in_thread=True,
            erase_when_done=True,
            input=source,
            output=target,
        )
        self._under_way: dict[int, Shown] = {}
        self._busy = False

    @asynccontextmanager
    async def opened(self, commands: tuple[CommandSpec, ...]) -> AsyncIterator[None]:
        """Sends what others print above the prompt too."""
        self._session.completer = LineCompleter(commands)
        with _others_above_the_prompt() if self._owns_streams else _nothing():
            yield

    async def next_line(self) -> str | None:
        """What the person enters; None when they leave."""
        interrupted = False
        while True:
            try:
                # At the prompt Ctrl-C comes as a key. The signal, which it is between two prompts,
                # stays the program's: prompt_toolkit would take its handler away for good.
                line = await self._session.prompt_async(handle_sigint=False)
            except EOFError:
                return None
            except KeyboardInterrupt:
                if interrupted:
                    return None
                interrupted = True
                await self._print(Text(console_replies.how_to_leave(), style="dim"))
                continue
            await self._print(Text(PROMPT + clean_line(line), style="dim"))
            return line

    async def show(self, shown: Shown) -> None:
        """Prints what is new, and moves the bar.

        Raises:
            MessageUndeliverable: the terminal is closed.
        """
        if isinstance(shown.message, Progress) and not shown.message.is_final:
            self._under_way[shown.number] = shown
        else:
            self._under_way.pop(shown.number, None)
        new = rendered(shown, self._width)
        if new is not None:
            await self._print(new)
        self._session.app.invalidate()

    def set_busy(self, busy: bool) -> None:
        """Shows that somebody is at work, until the answer comes."""
        self._busy = busy
        self._session.app.invalidate()

    def _above_the_line(self) -> StyleAndTextTuples:
        newest = max(self._under_way, default=0)
        fragments: StyleAndTextTuples = []
        for number, shown in self._under_way.items():
            for style, line in live_lines(shown, self._width):
                fragments.append((style, f"{line}\n"))
            if number != newest:
                fragments.append(("", "\n"))
        if self._busy:
            fragments.append(("fg:ansibrightblack", BUSY))
        return [*fragments, ("", PROMPT)]

    @property
    def _width(self) -> int:
        return max(self._session.output.get_size().columns, 20)

    async def _print(self, content: RenderableType) -> None:
        # rich draws into memory, and only prompt_toolkit touches the terminal: two who both move
        # the cursor would write over each other.
        drawing = Console(file=io.StringIO(), force_terminal=True, width=self._width)
        drawing.print(content)
        assert isinstance(drawing.file, io.StringIO)
        text = drawing.file.getvalue().replace("\n", "\r\n")
        try:
            async with in_terminal():
                self._session.output.write_raw(text)
                self._session.output.flush()
        except (OSError, ValueError) as error:
            raise MessageUndeliverable from error


@contextmanager
def _others_above_the_prompt() -> Iterator[None]:
    errors = sys.stderr
    with patch_stdout():
        if not errors.isatty():
            sys.stderr = errors  # sent elsewhere by the person; there it stays
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield
