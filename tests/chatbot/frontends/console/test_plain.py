"""The console over a real pipe."""

from __future__ import annotations

import asyncio
import io
import os

import pytest

from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Actor,
    Command,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.console import ConsoleFrontEnd
from tests.chatbot.drivers.console import ConsoleDriver, console_driver
from tests.chatbot.frontends.console.scripted import (
    CARD,
    COMMANDS,
    MARKED,
    Scripted,
    in_memory,
    serving,
)


async def test_a_command_reaches_the_conversation_with_its_argument() -> None:
    script = Scripted()
    async with console_driver(serving(script)) as driver:
        await driver.command("/Playlist Faded; Animals - Maroon 5")
        command = await script.next_command()
    assert command == Command(
        "playlist",
        "Faded; Animals - Maroon 5",
        Actor(Platform.CONSOLE, "me"),
        Place(Platform.CONSOLE, "console", is_private=True, can_share=False),
    )


async def test_an_alias_arrives_as_its_command() -> None:
    script = Scripted()
    await in_memory("/start\n", script)
    assert (await script.next_command()).name == "help"


async def test_words_that_are_no_command_arrive_without_a_name() -> None:
    script = Scripted()
    async with console_driver(serving(script)) as driver:
        await driver.say("hello there")
        command = await script.next_command()
    assert (command.name, command.argument) == ("", "hello there")


async def test_an_unknown_command_is_the_conversations_to_answer() -> None:
    script = Scripted()
    await in_memory("/dance all night\n", script)
    command = await script.next_command()
    assert (command.name, command.argument) == ("dance", "all night")


async def test_a_playlist_is_written_line_by_line_with_its_links() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(CARD)

    script = Scripted({"playlist": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/playlist Faded")
        seen = await driver.wait_for(lambda seen: "Your playlist" in seen.text)
    assert " 1. Alone - Alan Walker" in seen.text
    assert "From: Faded - Alan Walker" in seen.text
    assert "Not found: Fearless." in seen.text
    assert seen.urls == tuple(track.url for track in CARD.tracks)
    assert seen.buttons == ("Another one",)


async def test_a_mark_stands_behind_its_song() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(MARKED)

    script = Scripted({"playlist": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/playlist Faded")
        seen = await driver.wait_for(lambda seen: "Alone" in seen.text)
    assert " 1. Alone - Alan Walker (B1, E)" in seen.text


async def test_what_a_playlist_grew_from_is_said_in_the_language_that_is_spoken() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        with speaking("de"):
            await responder.send(CARD)

    script = Scripted({"playlist": answer})
    assert "Aus: Faded - Alan Walker" in await in_memory("/playlist Faded\n", script)


async def test_an_edit_of_a_message_of_an_earlier_run_is_written_whole() -> None:
    old = MessageRef(Platform.CONSOLE, "console", "0a0b0c0d-1")

    async def answer(command: Command, responder: Responder) -> None:
        ref = await script.front_end.edit(old, Progress("Queued\nReading", title="Import"))
        await script.front_end.edit(ref, Progress("Queued\nReady", title="Import", is_final=True))

    script = Scripted({"help": answer})
    printed = await in_memory("/help\n", script)
    assert printed.splitlines()[2:] == [
        "#2 ... Import",
        "#2 ... Queued",
        "#2 ... Reading",
        "#2 ... Ready",
    ]


async def test_addresses_differ_between_runs() -> None:
    runs = [
        ConsoleFrontEnd(input=io.StringIO(), output=io.StringIO(), plain=True) for _ in range(2)
    ]
    first, second = [(await front_end.post("console", CARD)).message_id for front_end in runs]
    assert first != second


async def test_titles_cannot_give_orders_to_the_terminal() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("a\x1b]0;owned\x07b\x9b31m\u202ec\nd\r#9 forged"))

    printed = await in_memory("/help\n", Scripted({"help": answer}))
    assert printed.splitlines()[2:] == ["#2 a]0;ownedb31mc", "  d", "  #9 forged", ""]


async def test_what_the_output_cannot_encode_is_replaced() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("Пesnja"))

    written = io.BytesIO()
    output = io.TextIOWrapper(written, encoding="ascii")
    front_end = ConsoleFrontEnd(input=io.StringIO("/help\n"), output=output, plain=True)
    await front_end.run(Scripted({"help": answer}), COMMANDS)
    assert b"#2 ?esnja\n" in written.getvalue()


async def test_an_output_that_nobody_reads_ends_the_chat() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as output:
        front_end = ConsoleFrontEnd(input=io.StringIO("/help\n"), output=output, plain=True)
        async with asyncio.timeout(30):
            await front_end.run(Scripted(), COMMANDS)
        with pytest.raises(MessageUndeliverable):
            await front_end.send(Reply("anybody?"))
        with pytest.raises(BrokenPipeError):
            output.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), write_end)


async def test_a_handler_that_breaks_its_promise_does_not_end_the_chat(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        raise RuntimeError("a bug")

    script = Scripted({"help": answer})
    await in_memory("/help\n/playlist a\n", script)
    assert script.received.qsize() == 2
    assert "a command was not answered" in caplog.text


async def test_cancelling_stops_what_is_being_answered() -> None:
    stopped = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    script = Scripted({"help": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/help")
        await script.next_command()
    assert stopped.is_set()


async def test_a_long_answer_arrives_whole() -> None:
    lines = [f"line {number} of many" for number in range(20_000)]

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("\n".join(lines)))

    async with console_driver(serving(Scripted({"help": answer}))) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda seen: "line 0" in seen.text)
    assert seen.text.splitlines() == lines


async def test_the_driver_says_what_it_saw_when_nothing_matches() -> None:
    async with console_driver(serving(Scripted())) as driver:
        with pytest.raises(AssertionError, match=r"songnet\. /help"):
            await driver.wait_for(lambda seen: False, timeout_seconds=0.05)


async def test_the_driver_notices_that_the_console_has_ended() -> None:
    async with console_driver(serving(Scripted())) as driver:
        assert isinstance(driver, ConsoleDriver)
        await driver.command("/quit")
        with pytest.raises(AssertionError, match="ended"):
            await driver.wait_for(lambda seen: False)
