"""The same client in simcord's Discord: time that passes, restarts, servers with members."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import simcord

from chatbot.conversation.messages import Button, Command, MessageRef, Progress, Reply, Responder
from chatbot.frontends.discord import DiscordFrontEnd
from chatbot.frontends.discord.client import BotClient
from tests.chatbot.drivers.discord import read_markup
from tests.chatbot.frontends.discord.scripted import COMMANDS, Script, echo


class Simulation:
    """A front end in simcord's Discord, and a member of a server there."""

    def __init__(self) -> None:
        self.front_end = DiscordFrontEnd("a-token", retry_seconds=())
        self.clients: list[BotClient] = []

    def client(self, script: Script) -> BotClient:
        client = self.front_end.build_client(script, COMMANDS)
        client.shard_count = 1
        self.clients.append(client)
        return client

    @asynccontextmanager
    async def run(self, script: Script) -> AsyncIterator[simcord.Env]:
        try:
            async with simcord.run(self.client(script)) as env:
                self.channel = env.create_guild().create_text_channel("music")
                self.alice = env.guild.add_member(env.create_user("alice"))
                yield env
        finally:
            for client in self.clients:  # simcord leaves its bots without closing them
                assert client._downloads is not None
                await client._downloads.close()


async def test_a_command_in_a_server_is_answered() -> None:
    simulation = Simulation()
    async with simulation.run(Script(echo)):
        result = await simulation.alice.slash(simulation.channel, "playlist", songs="Faded")
        assert not result.ephemeral
        assert read_markup(result.response.content)[0] == "playlist|Faded"


async def test_a_private_command_is_answered_privately() -> None:
    simulation, script = Simulation(), Script(echo)
    async with simulation.run(script):
        result = await simulation.alice.slash(simulation.channel, "status")
        assert result.ephemeral
    assert script.last.place.is_private


async def test_progress_is_edited_a_day_later() -> None:
    refs: list[MessageRef | None] = []

    async def act(command: Command, responder: Responder) -> None:
        refs.append(await responder.send(Progress("reading")))

    simulation = Simulation()
    async with simulation.run(Script(act)) as env:
        await simulation.alice.slash(simulation.channel, "status")
        await env.advance_time(24 * 60 * 60)
        (ref,) = refs
        assert ref is not None
        outbox = simulation.clients[0].outbox
        assert await outbox.edit(ref, Reply("ready")) == ref
        assert simulation.alice.user.dm_channel.last_message.content == "ready"


async def test_an_answer_after_a_quarter_of_an_hour_still_arrives() -> None:
    async def slow(command: Command, responder: Responder) -> None:
        await responder.send(Reply("soon"))
        await asyncio.sleep(20 * 60)  # of simcord's time
        await responder.send(Reply("at last"))

    simulation = Simulation()
    async with simulation.run(Script(slow)) as env:
        await simulation.alice.slash(simulation.channel, "playlist", songs="x")
        assert simulation.channel.last_message.content == "soon"
        await env.advance_time(20 * 60)
        assert simulation.channel.last_message.content == "at last"


async def test_a_button_is_pressed_after_a_restart() -> None:
    async def act(command: Command, responder: Responder) -> None:
        buttons = ((Button("Again", "playlist", "id7"),),)
        await responder.send(Reply(f"{command.name} {command.argument}", buttons=buttons))

    simulation, again = Simulation(), Script(act)
    async with simulation.run(Script(act)) as env:
        await simulation.alice.slash(simulation.channel, "playlist", songs="x")
        await env.restart_bot(simulation.client(again))
        await simulation.alice.click(simulation.channel.last_message, label="Again")
        assert simulation.channel.last_message.content == "playlist id7"
    assert again.last.argument == "id7"


async def test_files_arrive_through_the_options_of_import() -> None:
    simulation, script = Simulation(), Script(echo)
    async with simulation.run(script):
        files = {"file": ("a.zip", b"zip"), "file3": ("b.json", b"[]")}
        await simulation.alice.slash(simulation.channel, "import", **files)
    assert [each.name for each in script.last.attachments] == ["a.zip", "b.json"]
