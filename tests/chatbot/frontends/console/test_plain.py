"""The console over a real pipe."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    Actor,
    AttachmentUnavailable,
    Button,
    Command,
    Document,
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
from tests.chatbot.frontends.console.scripted import CARD, COMMANDS, FORGET_BUTTONS, Scripted


def serving(script: Scripted):
    async def serve(front_end: ConsoleFrontEnd) -> None:
        script.front_end = front_end
        await front_end.run(script, COMMANDS)

    return serve


async def in_memory(text: str, script: Scripted, **options: object) -> str:
    """What a console prints for these lines."""
    output = io.StringIO()
    front_end = ConsoleFrontEnd(
        input=io.StringIO(text), output=output, plain=True, **{"quiet_seconds": 0.05, **options}
    )
    script.front_end = front_end
    async with asyncio.timeout(30):
        await front_end.run(script, COMMANDS)
    return output.getvalue()


async def test_a_command_reaches_the_conversation_with_its_argument() -> None:
    script = Scripted()
    async with console_driver(serving(script)) as driver:
        await driver.command("/Playlist Faded; Animals - Maroon 5")
        command = await script.next_command()
    assert command == Command(
        "playlist",
        "Faded; Animals - Maroon 5",
        Actor(Platform.CONSOLE, "me"),
        Place(Platform.CONSOLE, "console", is_private=True),
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


async def test_a_number_presses_the_newest_button() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        if not command.argument:
            await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))

    script = Scripted({"forget": answer})
    printed = await in_memory("/forget\n1\nkeep it\n3\n", script)
    assert [(await script.next_command()).argument for _ in range(3)] == ["", "yes", "no"]
    assert "  [1] Delete everything   [2] Keep it\n" in printed
    assert "There is no button 3; the newest ones go from 1 to 2." in printed


async def test_a_number_without_buttons_is_text() -> None:
    script = Scripted()
    await in_memory("7\n", script)
    assert (await script.next_command()).argument == "7"


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


async def test_press_finds_older_buttons_by_label() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Progress("Reading", buttons=((Button("Cancel", "cancel", "job"),),)))
        await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))

    script = Scripted({"help": answer})
    async with console_driver(serving(script)) as driver:
        await driver.command("/help")
        await script.next_command()
        await driver.press("Cancel")
        assert (await script.next_command()).name == "cancel"


async def test_pressing_what_is_not_there_says_so() -> None:
    assert "There is no button 'Sing'." in await in_memory("/press Sing\n", Scripted())


async def test_a_button_that_an_edit_took_away_cannot_be_pressed() -> None:
    async def answer(command: Command, responder: Responder) -> None:
        ref = await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))
        await script.front_end.edit(ref, Reply("Kept."))

    script = Scripted({"forget": answer})
    assert "There is no button 'Keep it'." in await in_memory("/forget\n/press Keep it", script)


async def test_files_stream_in_pieces(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "my export.zip").write_bytes(content)
    received: list[bytes] = []

    async def answer(command: Command, responder: Responder) -> None:
        (file,) = command.attachments
        assert (file.name, file.size) == ("my export.zip", 3_000_000)
        received.extend([piece async for piece in file.chunks()])
        await responder.send(Reply("taken"))

    async with console_driver(serving(Scripted({"import": answer}))) as driver:
        await driver.send_files(tmp_path / "my export.zip")
        await driver.wait_for(lambda seen: "taken" in seen.text)
    assert len(received) > 1
    assert b"".join(received) == content


async def test_a_file_that_vanished_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "gone.zip"
    path.write_bytes(b"x")
    reasons = []

    async def answer(command: Command, responder: Responder) -> None:
        path.unlink()
        with pytest.raises(AttachmentUnavailable) as caught:
            [piece async for piece in command.attachments[0].chunks()]
        reasons.append(caught.value.reason)

    await in_memory(f"/import {path}\n", Scripted({"import": answer}))
    assert reasons == ["gone"]


async def test_a_missing_path_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    script = Scripted()
    printed = await in_memory(f"/import {tmp_path}/a.json {tmp_path}/b.json\n", script)
    assert [file.name for file in (await script.next_command()).attachments] == ["a.json"]
    assert f"There is no file '{tmp_path}/b.json'." in printed


async def test_a_document_is_saved_beside_what_was_there(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"new")
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / "songnet.zip").write_bytes(b"old")

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("All of it.", document=Document("songnet.zip", source)))
        source.unlink()

    script = Scripted({"help": answer})
    async with console_driver(serving(script), documents_dir=downloads) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda seen: bool(seen.documents))
        assert seen.documents == ("songnet-1.zip",)
        assert await driver.read_document("songnet-1.zip") == b"new"
    assert (downloads / "songnet.zip").read_bytes() == b"old"


async def test_a_document_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"new")

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("All of it.", document=Document("a.zip", source)))

    printed = await in_memory("/help\n", Scripted({"help": answer}), documents_dir=source)
    assert f"a.zip could not be written to {source}: File exists." in printed


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
