"""Completion of commands, and of paths where files are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from chatbot.conversation.language import _
from chatbot.conversation.messages import CommandSpec
from chatbot.frontends.console.text import clean_line

# The last word before the cursor: in an open quotation mark, or with escaped spaces.
_LAST_WORD = re.compile(
    r"""(?:"(?P<double>[^"]*)|'(?P<single>[^']*)|(?P<bare>(?:\\.|[^\s"'\\])*))$"""
)
_NEEDS_ESCAPE = re.compile(r"""([\s"'\\])""")


class LineCompleter(Completer):
    """Completes what stands before the cursor."""

    def __init__(self, commands: tuple[CommandSpec, ...]) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=True)

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Names of commands; after one that takes files, paths."""
        text = document.text_before_cursor
        if not text.startswith("/"):
            return
        word, space, argument = text[1:].partition(" ")
        if not space:
            yield from self._names(word.casefold())
        elif any(spec.takes_files and word.casefold() == spec.name for spec in self._commands):
            yield from self._files(argument, complete_event)

    def _names(self, beginning: str) -> Iterable[Completion]:
        for spec in self._commands:
            if spec.name.startswith(beginning):
                usage = f"/{spec.name} {spec.argument}".rstrip()
                yield Completion(
                    spec.name,
                    start_position=-len(beginning),
                    display=usage,
                    display_meta=_(spec.description),
                )

    def _files(self, argument: str, complete_event: CompleteEvent) -> Iterable[Completion]:
        match = _LAST_WORD.search(argument)
        if match is None:
            return
        bare = match["bare"]
        written = next(part for part in match.groups() if part is not None)
        beginning = written if bare is None else re.sub(r"\\(.)", r"\1", bare)
        for found in self._paths.get_completions(Document(beginning), complete_event):
            rest = found.text if bare is None else _NEEDS_ESCAPE.sub(r"\\\1", found.text)
            yield Completion(rest, start_position=0, display=clean_line(found.display_text))
