"""A screen without a terminal: lines in, lines out, no control characters.

Every message begins with its number and ends with an empty line; its further lines are indented.
A message that grows adds lines `#3 ... Reading my_spotify_data.zip`; where a number returns as a
whole block, that message was replaced. So a person can read along, and a script can tell the
messages apart, whatever a title contains.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TextIO

from chatbot.conversation import console_replies
from chatbot.conversation.messages import (
    CardTrack,
    CommandSpec,
    Message,
    MessageUndeliverable,
    PlaylistCard,
    Progress,
)
from chatbot.frontends.console.screen import Shown, button_lines, fresh_lines
from chatbot.frontends.console.text import clean_line, clean_text

READ_BYTES = 1 << 16


class PlainScreen:
    """Reads and writes text streams; the reading stands in a thread of its own."""

    in_turn = True
    settles_at_end = True
    seconds_between_edits = 0.25

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source = source
        self._target = target
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def opened(self, commands: tuple[CommandSpec, ...]) -> AsyncIterator[None]:
        """Starts the reading; nothing completes commands here."""
        del commands
        loop = asyncio.get_running_loop()
        # A daemon: nothing can interrupt a read of standard input, and leaving must not wait.
        threading.Thread(target=self._read, args=(loop,), name="console", daemon=True).start()
        yield

    async def next_line(self) -> str | None:
        """The next line; None at the end of the input."""
        return await self._lines.get()

    async def show(self, shown: Shown) -> None:
        """Writes the message, or the lines of it that are new.

        Raises:
            MessageUndeliverable: the reader of the output is gone.
        """
        text = "".join(f"{line}\n" for line in plain_lines(shown))
        if not text:
            return
        async with self._writing:
            try:
                # A pipe that nobody empties blocks the writer: never the event loop.
                await asyncio.to_thread(self._write, text)
            except (OSError, ValueError) as error:
                raise MessageUndeliverable from error

    def set_busy(self, busy: bool) -> None:
        """A script waits without being told to."""

    def _write(self, text: str) -> None:
        encoding = self._target.encoding or "utf-8"
        self._target.write(text.encode(encoding, "replace").decode(encoding))
        self._target.flush()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for line in self._read_lines():
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            loop.call_soon_threadsafe(self._lines.put_nowait, None)
        except RuntimeError:  # the loop is closed: nobody waits for lines any more
            return

    def _read_lines(self) -> Iterator[str]:
        try:
            descriptor = self._source.fileno()
        except OSError:
            yield from self._source
            return
        # Not through the stream: a thread that waits inside one holds a lock that the
        # interpreter needs when it ends.
        decoder = codecs.getincrementaldecoder(self._source.encoding or "utf-8")("replace")
        rest = ""
        while True:
            try:
                piece = os.read(descriptor, READ_BYTES)
            except OSError:
                piece = b""
            *lines, rest = (rest + decoder.decode(piece, final=not piece)).split("\n")
            yield from lines
            if not piece:
                if rest:
                    yield rest
                return


def plain_lines(shown: Shown) -> list[str]:
    """What to write for a message."""
    message = shown.message
    if isinstance(message, Progress):
        lines = fresh_lines(shown.previous, message, finished_only=False)
        if not isinstance(shown.previous, Progress) or shown.previous.buttons != message.buttons:
            lines += button_lines(shown)
        return [f"#{shown.number} ... {line}" for line in lines]
    first, *rest = [*_content(message), *button_lines(shown), *filter(None, [shown.saved])]
    return [f"#{shown.number} {first}", *(f"  {line}" for line in rest), ""]


def _content(message: Message) -> list[str]:
    lines = [clean_line(message.title)] if message.title else []
    if isinstance(message, PlaylistCard):
        if message.seeds:
            seeds = "; ".join(_words(track) for track in message.seeds)
            lines.append(console_replies.grown_from() + seeds)
        lines += [
            f"{track.position:2d}. {_words(track)}  {clean_line(track.url)}".rstrip()
            for track in message.tracks
        ]
        said = [*message.notes, message.words] if message.words else message.notes
        lines += [line for note in said for line in clean_text(note).split("\n")]
    else:
        lines += clean_text(message.text).split("\n")
    return lines or [""]


def _words(track: CardTrack) -> str:
    mark = f" ({clean_line(track.mark)})" if track.mark else ""
    return f"{clean_line(track.title)} - {clean_line(track.artist)}{mark}"
