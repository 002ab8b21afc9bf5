"""A chat for the pty test: `python -m tests.chatbot.frontends.console.terminal_chat`."""

from __future__ import annotations

import asyncio
import signal
import sys

from chatbot.conversation.messages import Command, Progress, Reply, Responder
from chatbot.frontends.console import ConsoleFrontEnd
from tests.chatbot.frontends.console.scripted import CARD, COMMANDS, FORGET_BUTTONS, Scripted


async def main() -> None:
    front_end = ConsoleFrontEnd()
    finish = asyncio.Event()
    background: set[asyncio.Task[None]] = set()

    async def playlist(command: Command, responder: Responder) -> None:
        await responder.send(CARD)

    async def take(command: Command, responder: Responder) -> None:
        (file,) = command.attachments
        size = sum([len(piece) async for piece in file.chunks()])
        ref = await responder.send(Progress(f"Took {size} bytes\nTraining", done=0.25))

        async def go_on() -> None:
            await finish.wait()
            text = f"Took {size} bytes\nTrained\nReady"
            await front_end.edit(ref, Progress(text, is_final=True))

        background.add(asyncio.create_task(go_on()))

    async def forget(command: Command, responder: Responder) -> None:
        if command.argument:
            finish.set()
            await responder.send(Reply(f"Said {command.argument}."))
        else:
            await responder.send(Reply("Really?", buttons=FORGET_BUTTONS))

    script = Scripted({"playlist": playlist, "import": take, "forget": forget})
    running = asyncio.create_task(front_end.run(script, COMMANDS))
    # As the bot itself does: between two prompts, Ctrl-C is a signal.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, running.cancel)
    await asyncio.wait([running])
    sys.stdout.write("left cleanly\n")


if __name__ == "__main__":
    asyncio.run(main())
