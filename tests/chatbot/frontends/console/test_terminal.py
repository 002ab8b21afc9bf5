"""The console in a terminal: prompt_toolkit over a piped keyboard, and a real pty."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pexpect
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from chatbot.conversation.messages import Command, Progress, Reply, Responder
from chatbot.frontends.console import ConsoleFrontEnd
from tests.chatbot.frontends.console.scripted import (
    CARD,
    COMMANDS,
    FORGET_BUTTONS,
    MARKED,
    Scripted,
)

CTRL_C = "\x03"
CTRL_D = "\x04"
REPOSITORY = Path(__file__).parents[4]


class Screen(io.StringIO):
    """A terminal that remembers every byte, and tells when some appear."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str) -> int:
        self._written.set()
        return super().write(text)

    async def shows(self, text: str) -> None:
        try:
            async with asyncio.timeout(30):
                while text not in self.getvalue():
                    self._written.clear()
                    await self._written.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} never came: {self.getvalue()!r}") from None


class Chat:
    def __init__(self, keyboard: PipeInput, screen: Screen, script: Scripted) -> None:
        self.keyboard = keyboard
        self.screen = screen
        self.script = script
        # No answers to cursor position requests come out of a string.
        output = Vt100_Output(
            screen, lambda: Size(rows=40, columns=120), term="xterm", enable_cpr=False
        )
        self.front_end = ConsoleFrontEnd(input=keyboard, output=output)
        self.running = asyncio.create_task(self.front_end.run(script, COMMANDS))


@asynccontextmanager
async def chat(script: Scripted) -> AsyncIterator[Chat]:
    with create_pipe_input() as keyboard:
        talk = Chat(keyboard, Screen(), script)
        script.front_end = talk.front_end
        await talk.front_end.wait_until_ready()
        yield talk
        talk.running.cancel()
        await asyncio.wait([talk.running])


async def test_a_line_becomes_a_command() -> None:
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text("/playlist Faded; Animals\r")
        command = await talk.script.next_command()
    assert (command.name, command.argument) == ("playlist", "Faded; Animals")


async def test_it_runs_without_a_visible_terminal() -> None:
    script = Scripted()
    with create_pipe_input() as keyboard:
        front_end = ConsoleFrontEnd(input=keyboard, output=DummyOutput())
        running = asyncio.create_task(front_end.run(script, COMMANDS))
        keyboard.send_text("/help\r")
        assert (await script.next_command()).name == "help"
        keyboard.send_text(CTRL_D)
        await running


async def test_a_playlist_is_a_table_of_links() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(CARD)

    async with chat(Scripted({"playlist": answer})) as talk:
        talk.keyboard.send_text("/playlist Faded\r")
        await talk.screen.shows("Another one")
        printed = talk.screen.getvalue()
    url = CARD.tracks[0].url
    assert f";{url}\x1b\\" in printed  # the words are linked
    assert printed.count(url) == 2  # and the address is written out
    assert "Alone - Alan Walker" in printed


async def test_a_mark_stands_behind_the_link_of_its_song() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(MARKED)

    async with chat(Scripted({"playlist": answer})) as talk:
        talk.keyboard.send_text("/playlist Faded\r")
        await talk.screen.shows("(B1, E)")


async def test_a_progress_stands_above_the_prompt_and_leaves_its_stages() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Reading", done=0.0))
        await talk.screen.shows("── 0 %")
        await talk.front_end.edit(ref, Progress("Reading", done=0.5))
        await talk.screen.shows("50 %")
        await talk.front_end.edit(ref, Progress("Read 9 plays\nTraining", done=0.0))
        await talk.screen.shows("Read 9 plays\r\n")
        await talk.front_end.edit(ref, Progress("Read 9 plays\nTrained", is_final=True))

    async with chat(Scripted({"import": answer})) as talk:
        talk.keyboard.send_text("/import\r")
        await talk.screen.shows("Trained\r\n")
        printed = talk.screen.getvalue()
    assert printed.count("Read 9 plays") == 1
    assert "Reading\r\n\r\n" not in printed


async def test_the_prompt_answers_while_a_command_is_being_answered() -> None:
    finish = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        await finish.wait()
        await responder.send(Reply("taken"))

    async with chat(Scripted({"import": answer})) as talk:
        talk.keyboard.send_text("/import\r/help\r")
        assert [(await talk.script.next_command()).name for _ in range(2)] == ["import", "help"]
        finish.set()
        await talk.screen.shows("taken")


async def test_a_slow_answer_is_seen_to_be_under_way() -> None:
    finish = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        await finish.wait()

    async with chat(Scripted({"playlist": answer})) as talk:
        talk.keyboard.send_text("/playlist Faded\r")
        await talk.screen.shows("...")
        finish.set()


async def test_a_typed_number_presses_a_button() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        if not command.argument:
            await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))

    async with chat(Scripted({"forget": answer})) as talk:
        talk.keyboard.send_text("/forget\r")
        await talk.screen.shows("[1] Delete everything   [2] Keep it")
        talk.keyboard.send_text("1\r")
        await talk.script.next_command()
        assert (await talk.script.next_command()).argument == "yes"


@pytest.mark.parametrize(
    "title", ["\x1b[2Jgone\x07", "[red]Faded[/red]", "[link=file:///]x", ":smile:"]
)
async def test_a_title_is_only_a_title(title: str) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply(f"<{title}>", title=title))
        await responder.send(Progress(title, title=title, done=0.5))

    async with chat(Scripted({"help": answer})) as talk:
        talk.keyboard.send_text("/help\r")
        await talk.screen.shows("50 %")
        printed = talk.screen.getvalue()
    shown = title.replace("\x1b", "").replace("\x07", "")
    assert f"<{shown}>" in printed
    assert "\x1b[2J" not in printed
    assert "\x07" not in printed


async def test_ctrl_c_explains_and_a_second_one_leaves() -> None:
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text(CTRL_C)
        await talk.screen.shows("Press Ctrl-C once more")
        assert not talk.running.done()
        talk.keyboard.send_text(CTRL_C)
        async with asyncio.timeout(30):
            await talk.running


async def test_a_line_between_two_ctrl_c_keeps_the_chat() -> None:
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text(CTRL_C + "/help\r")
        await talk.script.next_command()
        talk.keyboard.send_text(CTRL_C + "/help\r")
        await talk.script.next_command()
        assert not talk.running.done()


@pytest.mark.parametrize("keys", [CTRL_D, "/quit\r", "/exit\r"])
async def test_other_ways_to_leave(keys: str) -> None:
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text(keys)
        async with asyncio.timeout(30):
            await talk.running


async def test_the_history_is_in_memory_only_by_default(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text("/playlist Faded\r")
        await talk.script.next_command()
        talk.keyboard.send_text("\x1b[A\r")  # the up arrow
        assert (await talk.script.next_command()).argument == "Faded"
    assert list(tmp_path.iterdir()) == []


async def test_the_history_goes_to_a_file_on_request(tmp_path: Path) -> None:
    script = Scripted()
    with create_pipe_input() as keyboard:
        front_end = ConsoleFrontEnd(
            input=keyboard, output=DummyOutput(), history_path=tmp_path / "typed"
        )
        running = asyncio.create_task(front_end.run(script, COMMANDS))
        keyboard.send_text("/playlist Faded\r")
        await script.next_command()
        keyboard.send_text(CTRL_D)
        await running
    assert "+/playlist Faded" in (tmp_path / "typed").read_text()


async def test_tab_completes_commands() -> None:
    async with chat(Scripted()) as talk:
        talk.keyboard.send_text("/pla")
        await talk.screen.shows("playlist songs")
        talk.keyboard.send_text("\t Faded\r")
        assert (await talk.script.next_command()).name == "playlist"


def test_a_chat_in_a_real_terminal(tmp_path: Path) -> None:
    export = tmp_path / "my export.zip"
    export.write_bytes(b"x" * 1000)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.chatbot.frontends.console.terminal_chat"],
        cwd=REPOSITORY,
        env={**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        encoding="utf-8",
        dimensions=(40, 120),
        timeout=30,
    )
    try:
        child.expect_exact("/help tells what I can do")
        child.send(f"'{export}'\r")
        child.expect_exact("Took 1000 bytes")
        child.expect_exact("25 %")
        child.send("/playlist Faded\r")
        child.expect_exact("Alone - Alan Walker")
        child.send("/forget\r")
        child.expect_exact("[1] Delete everything")
        child.send("1\r")
        child.expect_exact("Said yes.")
        child.expect_exact("Ready")
        child.sendintr()
        child.expect_exact("Press Ctrl-C once more")
        child.sendintr()
        child.expect_exact("left cleanly")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
    finally:
        child.close(force=True)
