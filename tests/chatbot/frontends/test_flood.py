"""A thousand commands of a hundred people: none is lost, each is answered once."""

from __future__ import annotations

import asyncio
from collections import Counter

from chatbot.conversation.language import closest
from chatbot.conversation.messages import Actor, Command, CommandSpec, Reply, Responder
from chatbot.frontends.base import FrontEnd
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.services.gathered import GatheredService
from chatbot.services.newcomers import Newcomers
from storage import Storage
from tests.chatbot.drivers.discord import DiscordDriver, connected, front_end_on
from tests.chatbot.drivers.telegram import QUICK, serving
from tests.chatbot.loopback.discord_server import DiscordServer
from tests.chatbot.loopback.telegram_server import TelegramServer
from tests.chatbot.loopback.telegram_world import Person, TelegramWorld

PEOPLE, COMMANDS_OF_EACH = 100, 10
SPECS = (CommandSpec("echo", "Says it again", argument="words"),)
EXPECTED = Counter(f"{p}-{n}" for p in range(PEOPLE) for n in range(COMMANDS_OF_EACH))


class Echo:
    def __init__(self, storage: Storage) -> None:
        self.gathered = GatheredService(storage, Newcomers(storage), hours=1)

    async def language(self, actor: Actor) -> str:
        return closest(actor.locale)

    async def handle(self, command: Command, responder: Responder) -> None:
        await responder.send(Reply(command.argument))

    async def serve(self, front_end: FrontEnd) -> None:
        await front_end.run(self, SPECS)


async def test_telegram(storage: Storage) -> None:
    async with TelegramServer(TelegramWorld()).running() as server:
        front_end = TelegramFrontEnd(server.token, base_url=server.url, tempo=QUICK)
        async with serving(Echo(storage).serve(front_end), front_end):
            for number in range(COMMANDS_OF_EACH):
                for person in range(PEOPLE):
                    server.world.say(Person(2000 + person), f"/echo {person}-{number}")
            await server.world.wait_until(lambda: len(server.world.messages) >= 1000, 150)
            await server.world.wait_until(lambda: server.world.updates == [], 20)
        assert Counter(message.text for message in server.world.messages) == EXPECTED
        assert {m.text.split("-")[0] for m in server.world.in_chat(2042)} == {"42"}
        assert server.violations == []


async def test_discord(storage: Storage) -> None:
    async with DiscordServer().run() as server:
        async with connected(front_end_on(server), Echo(storage).serve):
            people = [
                DiscordDriver(server, channel=server.world.channels["600"], person=str(5000 + n))
                for n in range(PEOPLE)
            ]
            for person in people:
                person.expects_acknowledgement = False  # how fast is a matter of the machine
            for number in range(COMMANDS_OF_EACH):
                await asyncio.gather(
                    *(
                        person.command(f"/echo {place}-{number}")
                        for place, person in enumerate(people)
                    )
                )
            async with asyncio.timeout(150), server.world.changed:
                await server.world.changed.wait_for(lambda: len(answers(server)) >= 1000)
        assert Counter(answers(server)) == EXPECTED
        assert server.violations == []


def answers(server: DiscordServer) -> list[str]:
    """What stands on the screen: Markdown's escapes removed."""
    return [
        message.payload["content"].replace("\\", "")
        for message in server.world.messages.values()
        if not message.is_loading
    ]
