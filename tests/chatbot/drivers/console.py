"""A person at the console, over a real pipe: `ConsoleFrontEnd` in plain mode."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from chatbot.frontends.console import ConsoleFrontEnd
from tests.chatbot.drivers.base import ChatDriver, Seen

_NUMBERED = re.compile(r"^#(\d+) (.*)$")
_BUTTON = re.compile(r"\[(?:\d+| )\] (.+?)(?=   \[|$)")
_BUTTON_LINE = re.compile(r"^\[(?:\d+| )\] ")
_SAVED = "Saved: "


@dataclass
class _Block:
    """One message, as its lines have come in."""

    number: str
    lines: list[str] = field(default_factory=list)
    changed_at: int = 0

    def seen(self) -> Seen:
        buttons = [line for line in self.lines if _BUTTON_LINE.match(line)]
        text = "\n".join(line for line in self.lines if not _BUTTON_LINE.match(line))
        return Seen(
            message_id=self.number,
            text=text,
            urls=tuple(re.findall(r"https?://\S+", text)),
            buttons=tuple(label for line in buttons for label in _BUTTON.findall(line)),
            documents=tuple(Path(path).name for path in self.saved()),
        )

    def saved(self) -> list[str]:
        return [line.removeprefix(_SAVED) for line in self.lines if line.startswith(_SAVED)]


class PlainTranscript:
    """Puts the plain console's lines together to messages again."""

    def __init__(self) -> None:
        self.blocks: dict[str, _Block] = {}
        self.changes = 0
        self._growing: _Block | None = None

    def feed(self, line: str) -> None:
        """Takes one line; a message counts as changed when its last line is there."""
        if self._growing is not None:
            if line:
                self._growing.lines.append(line.removeprefix("  "))
                return
            self._change(self._growing)
            self._growing = None
            return
        match = _NUMBERED.match(line)
        assert match, f"the plain console wrote a line without a number: {line!r}"
        number, text = match.groups()
        if text.startswith("... "):
            known = self.blocks.get(number, _Block(number))
            stage = text.removeprefix("... ")
            if _BUTTON_LINE.match(stage):
                kept = [line for line in known.lines if not _BUTTON_LINE.match(line)]
                known.lines = [*kept, stage]
            else:
                known.lines.append(stage)
            self._change(known)
        else:
            self._growing = _Block(number, [text])

    def _change(self, block: _Block) -> None:
        self.changes += 1
        block.changed_at = self.changes
        self.blocks[block.number] = block


class ConsoleDriver:
    """Types lines into the pipe and reads what comes back."""

    platform = "console"

    def __init__(self, keyboard: int, screen: asyncio.StreamReader) -> None:
        self._keyboard = keyboard
        self._screen = screen
        self._transcript = PlainTranscript()
        self._changed = asyncio.Condition()
        self._acted_at = 0
        self.ended: BaseException | None = None

    async def command(self, text: str) -> None:
        await self._type(text)

    async def say(self, text: str) -> None:
        await self._type(text)

    async def send_files(self, *paths: Path) -> None:
        await self._type("/import " + " ".join(shlex.quote(str(path)) for path in paths))

    async def press(self, label: str) -> None:
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(
                lambda: any(
                    label in block.seen().buttons for block in self._transcript.blocks.values()
                )
            )
        await self._type(f"/press {label}")

    async def wait_for(self, matches: Callable[[Seen], bool], timeout_seconds: float = 60) -> Seen:
        found: list[Seen] = []

        def look() -> bool:
            newest_first = sorted(
                self._transcript.blocks.values(), key=lambda block: -block.changed_at
            )
            found[:] = [
                block.seen()
                for block in newest_first
                if block.changed_at > self._acted_at and matches(block.seen())
            ]
            return bool(found) or self.ended is not None

        try:
            async with asyncio.timeout(timeout_seconds), self._changed:
                await self._changed.wait_for(look)
        except TimeoutError:
            raise AssertionError(f"no message matched; on the screen: {self._texts()}") from None
        if not found:
            raise AssertionError(
                f"the console ended; on the screen: {self._texts()}"
            ) from self.ended
        return found[0]

    async def read_document(self, name: str) -> bytes:
        paths = [Path(path) for block in self._transcript.blocks.values() for path in block.saved()]
        path = next(path for path in reversed(paths) if path.name == name)
        return await asyncio.to_thread(path.read_bytes)

    async def history(self) -> list[Seen]:
        return [block.seen() for block in self._transcript.blocks.values()]

    def hang_up(self) -> None:
        """The end of the input, as when a script is through."""
        if self._keyboard >= 0:
            os.close(self._keyboard)
            self._keyboard = -1

    async def read_on(self) -> None:
        """Reads the screen until it is closed."""
        ended: BaseException = EOFError("the console closed its output")
        try:
            while line := await self._screen.readline():
                async with self._changed:
                    self._transcript.feed(line.decode().removesuffix("\n"))
                    self._changed.notify_all()
        except AssertionError as error:
            ended = error
        async with self._changed:
            self.ended = ended
            self._changed.notify_all()

    async def _type(self, line: str) -> None:
        self._acted_at = self._transcript.changes
        await asyncio.to_thread(os.write, self._keyboard, f"{line}\n".encode())

    def _texts(self) -> list[str]:
        return [block.seen().text for block in self._transcript.blocks.values()]


@asynccontextmanager
async def console_driver(
    serve: Callable[[ConsoleFrontEnd], Awaitable[None]], **options: object
) -> AsyncIterator[ChatDriver]:
    """A person at a plain console that `serve` runs; `options` go to `ConsoleFrontEnd`.

    What the bot sends as a file lands in a temporary folder, which ends with the driver.
    """
    typed, keyboard = os.pipe()
    shown, printer = os.pipe()
    loop = asyncio.get_running_loop()
    with (
        tempfile.TemporaryDirectory() as downloads,
        os.fdopen(typed, encoding="utf-8") as source,
        os.fdopen(shown, "rb") as screen,
    ):
        # The stream's limit bounds one line, and a long answer may be one.
        reader = asyncio.StreamReader(limit=1 << 24)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), screen
        )
        driver = ConsoleDriver(keyboard, reader)
        with os.fdopen(printer, "w", encoding="utf-8") as target:
            settings = {"documents_dir": Path(downloads), **options}
            front_end = ConsoleFrontEnd(input=source, output=target, plain=True, **settings)  # type: ignore[arg-type]  # passed on as given
            serving = asyncio.ensure_future(serve(front_end))
            reading = asyncio.create_task(driver.read_on())
            watching = asyncio.create_task(_watch(serving, target))
            try:
                await _ready(front_end, serving)
                yield driver
            finally:
                driver.hang_up()
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving
                await watching
        await reading
        transport.close()


async def _watch(serving: asyncio.Future[None], target: TextIO) -> None:
    """Hangs up when the console leaves, as the end of its process would."""
    await asyncio.wait({serving})
    await asyncio.to_thread(target.close)


async def _ready(front_end: ConsoleFrontEnd, serving: asyncio.Future[None]) -> None:
    """Waits until the console reads, or shows why it does not."""
    ready = asyncio.create_task(front_end.wait_until_ready())
    await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        ready.cancel()
        await serving
        raise AssertionError("the console left before it was ready")
