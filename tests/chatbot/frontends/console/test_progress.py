"""Progress in the console, and how long the end of a script waits for it."""

from __future__ import annotations

import asyncio

from chatbot.conversation.messages import (
    Button,
    Command,
    Progress,
    Reply,
    Responder,
)
from tests.chatbot.drivers.console import console_driver
from tests.chatbot.frontends.console.scripted import (
    FORGET_BUTTONS,
    Scripted,
    in_memory,
    serving,
)


async def test_a_progress_writes_each_changed_line_once() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Queued", title="Import", done=0.0))
        for text, done in (
            ("Queued\nReading", 0.1),
            ("Queued\nReading", 0.7),
            ("Queued\nReading\nTraining, epoch 1", 0.2),
            ("Queued\nReading\nTraining, epoch 2", 0.9),
        ):
            await script.front_end.edit(ref, Progress(text, title="Import", done=done))
        await script.front_end.edit(
            ref, Progress("Queued\nReading\nReady", title="Import", is_final=True)
        )

    script = Scripted({"import": answer})
    printed = await in_memory("/import\n", script)
    assert printed.splitlines()[2:] == [
        "#2 ... Import",
        "#2 ... Queued",
        "#2 ... Reading",
        "#2 ... Training, epoch 1",
        "#2 ... Training, epoch 2",
        "#2 ... Ready",
    ]


async def test_the_driver_sees_a_progress_as_one_message() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Queued"))
        await script.front_end.edit(ref, Progress("Queued\nReady", is_final=True))

    script = Scripted({"help": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda seen: "Ready" in seen.text)
        assert seen.text == "Queued\nReady"
        assert len(await driver.history()) == 2


async def test_a_progress_that_becomes_a_reply_is_replaced() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Queued"))
        await script.front_end.edit(ref, Reply("Ready\n\nwith much to say"))

    script = Scripted({"help": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda seen: "Ready" in seen.text)
        assert seen.text == "Ready\n\nwith much to say"


async def test_the_end_of_a_script_waits_for_unfinished_progress() -> None:
    finishing = asyncio.Event()
    background: list[asyncio.Task[None]] = []

    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Training"))

        async def finish() -> None:
            await finishing.wait()
            await script.front_end.edit(ref, Progress("Training\nReady", is_final=True))

        background.append(asyncio.create_task(finish()))

    script = Scripted({"import": answer})
    running = asyncio.create_task(in_memory("/import\n", script))
    await script.next_command()
    done, _ = await asyncio.wait({running}, timeout=0.1)
    assert not done
    finishing.set()
    assert (await running).endswith("#2 ... Ready\n")


async def test_the_end_of_a_script_hears_what_follows_the_last_progress() -> None:
    background: list[asyncio.Task[None]] = []

    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Training"))

        async def finish() -> None:
            await script.front_end.edit(ref, Progress("Training\nReady", is_final=True))
            await asyncio.sleep(0)
            await script.front_end.post("console", Reply("A summary."))

        background.append(asyncio.create_task(finish()))

    script = Scripted({"import": answer})
    assert (await in_memory("/import\n", script)).endswith("#3 A summary.\n\n")


async def test_a_stage_that_only_moves_is_not_written_again() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Got a.zip\nWaiting"))
        final = Progress("Got a.zip\nGot b.zip\nWaiting", is_final=True)
        await script.front_end.edit(ref, final)

    script = Scripted({"import": answer})
    printed = await in_memory("/import\n", script)
    assert printed.splitlines()[2:] == [
        "#2 ... Got a.zip",
        "#2 ... Waiting",
        "#2 ... Got b.zip",
    ]


async def test_the_end_of_a_script_does_not_wait_for_ever() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Progress("Training"))

    printed = await in_memory("/import\n", Scripted({"import": answer}), settle_seconds=0.01)
    assert "Not done after 0.01 seconds; it goes on at the next start." in printed


async def test_wait_holds_the_next_line_back_until_all_is_done() -> None:
    finishing = asyncio.Event()
    background: list[asyncio.Task[None]] = []

    async def take(command: Command, responder: Responder) -> None:
        ref = await responder.send(Progress("Training"))

        async def finish() -> None:
            await finishing.wait()
            await script.front_end.edit(ref, Progress("Ready", is_final=True))

        background.append(asyncio.create_task(finish()))

    script = Scripted({"import": take})
    running = asyncio.create_task(in_memory("/import\n/wait\n/playlist Faded\n", script))
    assert (await script.next_command()).name == "import"
    await asyncio.wait({running}, timeout=0.1)
    assert script.received.empty()
    finishing.set()
    assert (await script.next_command()).name == "playlist"
    await running


async def test_quit_leaves_without_waiting() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Progress("Training"))

    script = Scripted({"import": answer})
    printed = await in_memory("/import\n/quit\n/help\n", script)
    assert printed.endswith("What is under way goes on at the next start.\n\n")
    assert script.received.qsize() == 1


async def test_leaving_cancels_nothing_that_a_script_asked_for() -> None:
    answered = []

    async def answer(command: Command, responder: Responder) -> None:
        await asyncio.sleep(0)
        answered.append(command.argument)

    await in_memory("/playlist a\n/playlist b", Scripted({"playlist": answer}))
    assert answered == ["a", "b"]


async def test_a_moving_progress_does_not_take_the_numbers_away() -> None:
    cancel = ((Button("Cancel", "cancel", "job"),),)

    async def answer(command: Command, responder: Responder) -> None:
        if command.argument:
            return
        ref = await responder.send(Progress("Reading", buttons=cancel))
        await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))
        await script.front_end.edit(ref, Progress("Training", buttons=cancel))
        await script.front_end.edit(ref, Progress("Training on", buttons=cancel, is_final=True))

    script = Scripted({"forget": answer})
    await in_memory("/forget\n1\n", script)
    await script.next_command()
    assert (await script.next_command()).argument == "yes"
