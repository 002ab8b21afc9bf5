"""A conversation by script: the tests' other end of the front end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from chatbot.conversation.language import closest
from chatbot.conversation.messages import (
    Actor,
    Button,
    ButtonStyle,
    CardTrack,
    Command,
    CommandSpec,
    PlaylistCard,
    Responder,
)
from chatbot.frontends.console import ConsoleFrontEnd

COMMANDS = (
    CommandSpec("playlist", "Makes a playlist", "songs", "Up to ten songs, separated by ;"),
    CommandSpec("import", "Takes your history", takes_files=True, aliases=("upload",)),
    CommandSpec("forget", "Deletes everything"),
    CommandSpec("help", "Explains", aliases=("start",)),
)
FORGET_BUTTONS = (
    (
        Button("Delete everything", "forget", "yes", ButtonStyle.DANGER),
        Button("Keep it", "forget", "no"),
    ),
)
CARD = PlaylistCard(
    "Your playlist",
    tracks=(
        CardTrack(1, "Alone", "Alan Walker", "https://open.spotify.com/track/" + "a" * 22),
        CardTrack(2, "Animals", "Maroon 5", "https://open.spotify.com/search/Animals%20Maroon%205"),
    ),
    seeds=(CardTrack(1, "Faded", "Alan Walker", "https://open.spotify.com/track/" + "b" * 22),),
    notes=("Not found: Fearless.",),
    buttons=((Button("Another one", "playlist", "again"),),),
)
MARKED = replace(CARD, tracks=(replace(CARD.tracks[0], mark="B1, E"),))

Answer = Callable[[Command, Responder], Awaitable[None]]


@dataclass
class Scripted:
    """Answers by command name, and keeps what came."""

    answers: dict[str, Answer] = field(default_factory=dict)
    received: asyncio.Queue[Command] = field(default_factory=asyncio.Queue)

    async def language(self, actor: Actor) -> str:
        return closest(actor.locale)

    async def handle(self, command: Command, responder: Responder) -> None:
        await self.received.put(command)
        if command.name in self.answers:
            await self.answers[command.name](command, responder)

    async def next_command(self) -> Command:
        async with asyncio.timeout(30):
            return await self.received.get()


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
