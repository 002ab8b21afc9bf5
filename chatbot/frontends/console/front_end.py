"""The console as a chat platform."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from pathlib import Path
from typing import TextIO

from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from chatbot.conversation import console_replies
from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Actor,
    Command,
    CommandHandler,
    CommandSpec,
    Message,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    Progress,
    Reply,
)
from chatbot.frontends.base import Limits
from chatbot.frontends.console.buttons import ButtonBoard
from chatbot.frontends.console.files import save_document
from chatbot.frontends.console.lines import (
    LOCAL_COMMANDS,
    Ask,
    Leave,
    Mistake,
    Settle,
    understand,
)
from chatbot.frontends.console.plain import PlainScreen
from chatbot.frontends.console.screen import Screen, Shown
from chatbot.frontends.console.terminal import TerminalScreen
from chatbot.frontends.console.text import clean_line

logger = logging.getLogger(__name__)

CHAT_ID = "console"
SETTLE_SECONDS = 3600.0
QUIET_SECONDS = 0.5
"""How long nothing may come after the last unfinished progress: a summary often follows."""
MAX_KNOWN_MESSAGES = 500
"""A message beyond that is forgotten, and an edit of it is printed as a new one."""


class ConsoleFrontEnd:
    """A chat with the person at this terminal, or with the script at the other end of a pipe.

    `input` and `output` are prompt_toolkit's for a terminal and text streams for a pipe; by
    default they are the standard ones. `plain` chooses; by default a pipe is told from a terminal
    by looking. `documents_dir` receives the files that the bot sends (default: the current
    folder). `settle_seconds` is how long the end of a script waits for what is still under way.
    """

    platform = Platform.CONSOLE

    def __init__(
        self,
        *,
        input: Input | TextIO | None = None,  # noqa: A002  # prompt_toolkit's own name for it
        output: Output | TextIO | None = None,
        plain: bool | None = None,
        documents_dir: Path | None = None,
        history_path: Path | None = None,
        person: str = "me",
        settle_seconds: float = SETTLE_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._screen = _screen(input, output, plain, history_path)
        self._documents_dir = documents_dir
        self._actor = Actor(Platform.CONSOLE, person)
        self._place = Place(Platform.CONSOLE, CHAT_ID, is_private=True, can_share=False)
        self._settle_seconds = settle_seconds
        self._quiet_seconds = quiet_seconds
        # A counter alone would let the address of a message of an earlier run, kept with a job,
        # name another message of this one.
        self._run_id = secrets.token_hex(4)
        self._count = 0
        self._shows = 0
        self._known: dict[str, tuple[int, Message]] = {}
        self._buttons = ButtonBoard()
        self._open: set[str] = set()
        self._settled = asyncio.Event()
        self._settled.set()
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def limits(self) -> Limits:
        """A console has none but patience."""
        return Limits(
            text_characters=1_000_000,
            button_label_characters=80,
            attachment_bytes=None,
            document_bytes=None,
            seconds_between_edits=self._screen.seconds_between_edits,
        )

    @property
    def is_connected(self) -> bool:
        """Whether the person at the terminal is there."""
        return self._ready.is_set()

    async def wait_until_ready(self) -> None:
        """Returns once lines are read."""
        await self._ready.wait()

    async def wait_until_settled(self, timeout_seconds: float) -> bool:
        """Waits until no progress message is unfinished, and what follows it is shown.

        Returns:
            False where the time was too short.
        """
        if self._settled.is_set():
            return True
        try:
            async with asyncio.timeout(timeout_seconds):
                seen = -1
                while seen != self._shows:
                    await self._settled.wait()
                    seen = self._shows
                    await asyncio.sleep(self._quiet_seconds)
        except TimeoutError:
            return self._settled.is_set()
        return True

    async def run(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        """Serves until it is cancelled, the person leaves, or a script has ended and settled."""
        try:
            async with self._screen.opened((*commands, *LOCAL_COMMANDS)):
                with speaking(await handler.language(self._actor)):
                    await self._say(console_replies.greeting())
                self._ready.set()
                await self._serve(handler, commands)
        except MessageUndeliverable:
            logger.info("nobody reads the console any more")
        finally:
            self._ready.clear()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def send(self, message: Message) -> MessageRef:
        """Shows a new message.

        Raises:
            MessageUndeliverable: nobody can see it any more.
        """
        ref = MessageRef(Platform.CONSOLE, CHAT_ID, f"{self._run_id}-{self._count + 1}")
        return await self.edit(ref, message)

    async def replace(self, message: Message) -> None:
        """Shows it anew: what has been printed stays where it is.

        Raises:
            MessageUndeliverable: nobody can see it any more.
        """
        await self.send(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """Refuses: there is one person at a console.

        Raises:
            MessageUndeliverable: always.
        """
        del message
        raise MessageUndeliverable("nobody else reads the console")

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        """Shows a new message; there is only one chat.

        Raises:
            MessageUndeliverable: nobody can see it any more.
        """
        del chat_id
        return await self.send(message)

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Shows what has changed; a message of an earlier run is shown whole, and lives on here.

        Raises:
            MessageUndeliverable: nobody can see it any more.
        """
        number, previous = self._known.get(ref.message_id, (0, None))
        if not number:
            self._count += 1
            number = self._count
        self._remember(ref.message_id, number, message)
        self._shows += 1
        try:
            saved = await self._save(message)
            numbered = self._buttons.has_numbers(ref.message_id)
            await self._screen.show(Shown(number, message, previous, numbered, saved))
        finally:
            # Only now: the end of a script waits until the last word is written.
            self._close_if_final(ref.message_id)
        return ref

    def _remember(self, message_id: str, number: int, message: Message) -> None:
        self._known[message_id] = (number, message)
        if len(self._known) > MAX_KNOWN_MESSAGES:
            del self._known[next(iter(self._known))]
        self._buttons.put(message_id, message)
        if isinstance(message, Progress) and not message.is_final:
            self._open.add(message_id)
            self._settled.clear()

    def _close_if_final(self, message_id: str) -> None:
        _, message = self._known.get(message_id, (0, None))
        if not isinstance(message, Progress) or message.is_final:
            self._open.discard(message_id)
            if not self._open:
                self._settled.set()

    async def _save(self, message: Message) -> str:
        if not isinstance(message, Reply) or message.document is None:
            return ""
        name = clean_line(message.document.name)
        folder = self._documents_dir or Path.cwd()
        try:
            path = await asyncio.to_thread(save_document, message.document, folder)
        except OSError as error:
            return console_replies.not_saved(name, clean_line(str(folder)), error.strerror or "")
        return console_replies.saved(clean_line(str(path)))

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Refuses: what has been printed stays where it is.

        Raises:
            MessageUndeliverable: always.
        """
        del ref, message
        raise MessageUndeliverable("what has been printed stays where it is")

    async def _next_line(self, handler: CommandHandler) -> str | None:
        with speaking(await handler.language(self._actor)):
            return await self._screen.next_line()

    async def _serve(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        while (line := await self._next_line(handler)) is not None:
            with speaking(await handler.language(self._actor)):
                if not await self._take(line, handler, commands):
                    break
        else:
            if self._screen.settles_at_end:
                with speaking(await handler.language(self._actor)):
                    await self._settle()
                return
        if self._open:
            with speaking(await handler.language(self._actor)):
                await self._say(console_replies.goes_on_later())

    async def _take(
        self, line: str, handler: CommandHandler, commands: tuple[CommandSpec, ...]
    ) -> bool:
        """Does what a line asks for; False where the person leaves."""
        meaning = await asyncio.to_thread(understand, line, commands, self._buttons.newest_first)
        match meaning:
            case Leave():
                return False
            case Settle():
                await self._settle()
            case Mistake():
                await self._say(meaning.sentence)
            case Ask():
                await self._ask(handler, meaning)
        return True

    async def _ask(self, handler: CommandHandler, ask: Ask) -> None:
        for problem in ask.found.problems:
            await self._say(problem)
        command = Command(ask.name, ask.argument, self._actor, self._place, ask.found.files)
        task = asyncio.create_task(handler.handle(command, self))
        self._tasks.add(task)
        self._screen.set_busy(True)
        task.add_done_callback(self._answered)
        if self._screen.in_turn:
            await asyncio.wait([task])

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._screen.set_busy(bool(self._tasks))
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a command was not answered", exc_info=error)

    async def _settle(self) -> None:
        if not self._screen.in_turn:
            await self._say(console_replies.shown_above())
        elif not await self.wait_until_settled(self._settle_seconds):
            await self._say(console_replies.not_done(self._settle_seconds))

    async def _say(self, sentence: str) -> None:
        await self.send(Reply(sentence))


def _screen(
    source: Input | TextIO | None,
    target: Output | TextIO | None,
    plain: bool | None,
    history_path: Path | None,
) -> Screen:
    """A terminal needs both its ends: `songnet-bot | tee log` is a pipe."""
    if plain is None:
        streams = (source or sys.stdin, target or sys.stdout)
        plain = not all(isinstance(end, Input | Output) or end.isatty() for end in streams)
    if plain:
        lines_in, lines_out = source or sys.stdin, target or sys.stdout
        if isinstance(lines_in, Input) or isinstance(lines_out, Output):
            raise TypeError("a plain console reads and writes text streams")
        return PlainScreen(lines_in, lines_out)
    if not isinstance(source, Input | None) or not isinstance(target, Output | None):
        raise TypeError("a console in a terminal needs prompt_toolkit's input and output")
    return TerminalScreen(source, target, history_path=history_path)
