"""What people do on Discord, through the real client over a loopback Discord."""

from __future__ import annotations

from pathlib import Path

from chatbot.conversation.messages import (
    AttachmentUnavailable,
    Button,
    Command,
    Document,
    MessageRef,
    Progress,
    Reply,
    Responder,
)
from tests.chatbot.drivers.discord import DiscordDriver, discord_driver
from tests.chatbot.frontends.discord.scripted import Script
from tests.chatbot.loopback.discord_world import DM_CLOSED, PERSON_ID


async def echo(command: Command, responder: Responder) -> None:
    await responder.send(Reply(f"{command.name}|{command.argument}"))


async def test_a_slash_command_arrives_with_its_argument_and_is_answered() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        await driver.command("/playlist Faded; Bad *Liar*")
        seen = await driver.wait_for(lambda each: "playlist" in each.text)
    assert seen.text == "playlist|Faded; Bad *Liar*"
    assert script.last.actor.platform_id == PERSON_ID
    assert script.last.place.is_private


async def test_an_import_streams_every_file(tmp_path: Path) -> None:
    received: dict[str, bytes] = {}

    async def read(command: Command, responder: Responder) -> None:
        for attachment in command.attachments:
            content = b"".join([chunk async for chunk in attachment.chunks()])
            assert attachment.size == len(content)
            received[attachment.name] = content
        ref = await responder.send(Progress("reading", title="Import", done=0.1))
        assert ref is not None
        assert script.front_end is not None
        await script.front_end.edit(ref, Progress("reading\ntraining", title="Import", done=0.5))
        await script.front_end.edit(ref, Reply("ready", buttons=((Button("Go", "playlist"),),)))

    script = Script(read)
    (tmp_path / "a.zip").write_bytes(bytes(range(256)) * 3_000)
    (tmp_path / "b.json").write_bytes(b"[]")
    async with discord_driver(script.serve) as driver:
        await driver.send_files(tmp_path / "a.zip", tmp_path / "b.json")
        await driver.wait_for(lambda each: each.text == "ready" and each.buttons == ("Go",))
        assert len(await driver.history()) == 1, "the progress message is the only one"
    assert received == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
