"""Buttons of the console: pressed by number and by label."""

from __future__ import annotations

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
