"""What people do on Discord, through the real client over a loopback Discord."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.conversation.commands import COMMANDS as ALL_COMMANDS
from chatbot.conversation.messages import (
    AttachmentUnavailable,
    Button,
    ButtonStyle,
    CardTrack,
    Command,
    CommandSpec,
    Document,
    OptionSpec,
    PlaylistCard,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.base import FrontEnd
from tests.chatbot.drivers.discord import (
    DiscordDriver,
    Serve,
    connected,
    discord_driver,
    front_end_on,
)
from tests.chatbot.frontends.discord.scripted import Script, echo
from tests.chatbot.loopback.discord_server import TOKEN, DiscordServer
from tests.chatbot.loopback.discord_world import OTHER_ID, PERSON_ID


async def test_a_slash_command_arrives_with_its_argument_and_is_answered() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        await driver.command("/playlist Faded; Bad *Liar*")
        seen = await driver.wait_for(lambda each: "playlist" in each.text)
    assert seen.text == "playlist|Faded; Bad *Liar*"
    assert script.last.actor.platform_id == PERSON_ID
    assert script.last.place.is_private


async def test_words_in_direct_messages_are_commands_or_not() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        for said, heard in (("hello you", "|hello you"), ("/Unknown\na b", "unknown|a b")):
            await driver.say(said)
            seen = await driver.wait_for(lambda each: True)
            assert seen.text == heard


async def test_files_in_a_direct_message_are_an_import(tmp_path: Path) -> None:
    script = Script(echo)
    paths = [tmp_path / f"{number}.json" for number in range(7)]
    for path in paths:
        path.write_bytes(b"[]")
    async with discord_driver(script.serve) as driver:
        await driver.send_files(*paths)
        await driver.wait_for(lambda each: each.text == "import|")
    assert [each.name for each in script.last.attachments] == [path.name for path in paths]


async def test_an_import_is_streamed_and_followed_by_one_message(tmp_path: Path) -> None:
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
        await script.finished()
        assert len(await driver.history()) == 1, "the progress message is the only one"
    assert received == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("silently", [True, False])
async def test_a_broken_download_is_taken_up_where_it_broke(
    tmp_path: Path, *, silently: bool
) -> None:
    content = bytes(range(256)) * 1_000

    async def read(command: Command, responder: Responder) -> None:
        (attachment,) = command.attachments
        same = b"".join([chunk async for chunk in attachment.chunks()]) == content
        await responder.send(Reply(f"same: {same}"))

    (tmp_path / "a.zip").write_bytes(content)
    server = DiscordServer()
    server.cdn.cut_after = 70_000
    server.cdn.cuts_silently = silently
    async with discord_driver(Script(read).serve, server) as driver:
        await driver.send_files(tmp_path / "a.zip")
        await driver.wait_for(lambda each: each.text == "same: True")
    assert server.cdn.downloads[0] == ""
    assert server.cdn.downloads[1].startswith("bytes=")
    assert server.cdn.downloads[1] != "bytes=0-"


async def test_a_file_that_discord_no_longer_has_says_so(tmp_path: Path) -> None:
    async def read(command: Command, responder: Responder) -> None:
        server.world.files.clear()
        try:
            _ = [chunk async for chunk in command.attachments[0].chunks()]
        except AttachmentUnavailable as error:
            await responder.send(Reply(error.reason))

    (tmp_path / "a.zip").write_bytes(b"x")
    server = DiscordServer()
    async with discord_driver(Script(read).serve, server) as driver:
        await driver.send_files(tmp_path / "a.zip")
        await driver.wait_for(lambda each: each.text == "gone")


async def test_a_playlist_has_links_and_buttons_that_work() -> None:
    tracks = tuple(
        CardTrack(number, f"Title {number}", "Artist", f"https://example.org/{number}")
        for number in range(1, 21)
    )
    again = Button("Again", "playlist", "id7", ButtonStyle.PRIMARY)

    async def card(command: Command, responder: Responder) -> None:
        if command.argument == "id7":
            await responder.send(Reply("pressed"))
        else:
            await responder.send(PlaylistCard("For you", tracks, buttons=((again,),)))

    async with discord_driver(Script(card).serve) as driver:
        await driver.command("/playlist x")
        seen = await driver.wait_for(lambda each: "For you" in each.text)
        assert "1. Title 1 - Artist" in seen.text
        assert seen.urls == tuple(track.url for track in tracks)
        await driver.press("Again")
        await driver.wait_for(lambda each: each.text == "pressed")


async def test_a_document_is_received_whole(tmp_path: Path) -> None:
    path = tmp_path / "stored.bin"
    path.write_bytes(bytes(range(256)) * 2_000)

    async def export(command: Command, responder: Responder) -> None:
        await responder.send(Reply("yours", document=Document("export.zip", path)))

    async with discord_driver(Script(export).serve) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda each: each.text == "yours")
        assert seen.documents == ("export.zip",)
        assert await driver.read_document("export.zip") == path.read_bytes()


async def test_a_document_over_the_limit_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.touch()
    refusals: list[str] = []

    async def export(command: Command, responder: Responder) -> None:
        assert script.front_end is not None
        with path.open("r+b") as file:
            file.truncate((script.front_end.limits.document_bytes or 0) + 1)
        try:
            await responder.send(Reply("yours", document=Document("export.zip", path)))
        except ValueError as error:
            refusals.append(str(error))

    script = Script(export)
    async with discord_driver(script.serve) as driver:
        await driver.command("/help")
        await script.finished()
    assert "split or compress it" in refusals[0]


async def test_a_button_works_after_a_restart() -> None:
    async def act(command: Command, responder: Responder) -> None:
        buttons = ((Button("Again", "playlist", "id7"),),)
        await responder.send(Reply(f"{command.name} {command.argument}", buttons=buttons))

    async with DiscordServer().run() as server:
        driver = DiscordDriver(server)
        async with connected(front_end_on(server), Script(act).serve):
            await driver.command("/help")
            await driver.wait_for(lambda each: "help" in each.text)
        async with connected(front_end_on(server), Script(act).serve):
            await driver.press("Again")
            await driver.wait_for(lambda each: each.text == "playlist id7")


async def test_a_message_is_edited_after_a_restart_and_posted_anew_where_it_was_deleted() -> None:
    async with DiscordServer().run() as server:
        driver = DiscordDriver(server)
        script = Script(echo)
        async with connected(front_end_on(server), script.serve) as front_end:
            ref = await front_end.post(driver.channel.id, Progress("one"))
        async with connected(front_end_on(server), script.serve) as front_end:
            assert await front_end.edit(ref, Progress("two")) == ref
            assert [seen.text for seen in await driver.history()] == ["two"]
            await server.world.delete_message(ref.message_id)
            anew = await front_end.edit(ref, Progress("three"))
            assert anew != ref
            assert [seen.text for seen in await driver.history()] == ["three"]


async def test_commands_are_told_to_discord_only_when_they_changed() -> None:
    async def serve_fewer(front_end: FrontEnd) -> None:
        await front_end.run(Script(echo), (CommandSpec("help", "Another text"),))

    async with DiscordServer().run() as server:
        for serve, puts in ((Script(echo).serve, 1), (Script(echo).serve, 1), (serve_fewer, 2)):
            async with connected(front_end_on(server), serve):
                assert len(server.calls_to("PUT", "/applications/901/commands")) == puts


async def test_the_menu_speaks_every_language_of_the_bot() -> None:
    async def serve(front_end: FrontEnd) -> None:
        await front_end.run(Script(echo), ALL_COMMANDS)

    async with discord_driver(serve) as driver:
        commands = {command["name"]: command for command in driver.world.commands}
    assert commands["Import this file"]["name_localizations"] == {"de": "Diese Datei importieren"}
    playlist = commands["playlist"]
    assert not playlist.get("name_localizations"), "sentences name it"
    descriptions = [playlist, *playlist["options"], *commands["import"]["options"]]
    assert {*map(tuple, (each["description_localizations"] for each in descriptions))} == {("de",)}
    (adventure,) = (each for each in playlist["options"] if each["name"] == "adventure")
    assert [choice["value"] for choice in adventure["choices"]] == [
        "familiar",
        "balanced",
        "adventurous",
    ]
    assert [choice["name_localizations"]["de"] for choice in adventure["choices"]] == [
        "vertraut",
        "ausgewogen",
        "abenteuerlich",
    ]


async def test_new_fields_of_a_command_are_a_change_once() -> None:
    def serving(spec: CommandSpec) -> Serve:
        async def serve(front_end: FrontEnd) -> None:
            await front_end.run(Script(echo), (spec,))

        return serve

    old = CommandSpec("settings", "What holds", argument="choices")
    new = replace(old, options=(OptionSpec("timezone", "Where"),), takes_options_only=True)
    async with DiscordServer().run() as server:
        for spec, puts in ((old, 1), (new, 2), (new, 2)):
            async with connected(front_end_on(server), serving(spec)):
                assert len(server.calls_to("PUT", "/applications/901/commands")) == puts


async def test_all_commands_are_told_to_discord_once() -> None:
    async def serve(front_end: FrontEnd) -> None:
        await front_end.run(Script(echo), ALL_COMMANDS)

    async with DiscordServer().run() as server:
        for _ in range(2):
            async with connected(front_end_on(server), serve):
                assert len(server.calls_to("PUT", "/applications/901/commands")) == 1
    assert server.violations == []


async def test_every_command_can_be_used_everywhere_and_files_have_five_options() -> None:
    async with discord_driver(Script(echo).serve) as driver:
        commands = {command["name"]: command for command in driver.world.commands}
    assert {"help", "playlist", "import", "status", "Import this file"} == commands.keys()
    for command in commands.values():
        assert command["contexts"] == [0, 1, 2]
        assert command["integration_types"] == [0, 1]
    assert [option["type"] for option in commands["import"]["options"]] == [11] * 5


async def test_a_command_that_the_menu_still_shows_is_handed_on_by_its_name() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        driver.world.commands.append({"id": "1", "name": "retired", "options": []})
        await driver.command("/retired")
        await driver.wait_for(lambda each: each.text == "retired|")


async def test_only_unprivileged_intents_are_asked_for() -> None:
    async with discord_driver(Script(echo).serve) as driver:
        identify = next(each for each in driver.server.gateway.received if each["op"] == 2)
    guilds, direct_messages = 1 << 0, 1 << 12
    assert identify["d"]["intents"] == guilds | direct_messages


async def test_two_people_are_answered_at_the_same_time() -> None:
    release = asyncio.Event()

    async def act(command: Command, responder: Responder) -> None:
        if command.actor.platform_id == PERSON_ID:
            await release.wait()
        await responder.send(Reply(command.actor.platform_id))

    async with discord_driver(Script(act).serve) as driver:
        await driver.command("/help")
        other = DiscordDriver(driver.server, person=OTHER_ID)
        await other.command("/help")
        await other.wait_for(lambda each: each.text == OTHER_ID)
        release.set()
        await driver.wait_for(lambda each: each.text == PERSON_ID)


async def test_stopping_the_bot_stops_its_commands() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def act(command: Command, responder: Responder) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(100):
                await asyncio.sleep(0)
            stopped.set()

    async with discord_driver(Script(act).serve) as driver:
        await driver.command("/help")
        await started.wait()
    assert stopped.is_set()


async def test_a_command_that_runs_when_the_bot_stops_is_answered_if_it_is_quick() -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def act(_command: Command, responder: Responder) -> None:
        started.set()
        await go_on.wait()
        await responder.send(Reply("just in time"))

    script = Script(act)
    async with DiscordServer().run() as server:
        front_end = front_end_on(server, stop_seconds=30)
        async with connected(front_end, script.serve):
            driver = DiscordDriver(server)
            await driver.command("/help")
            await started.wait()
            # Later than the stop, which begins when this block ends.
            asyncio.get_running_loop().call_later(0.2, go_on.set)
        assert [seen.text for seen in await driver.history()] == ["just in time"]


async def test_a_failing_handler_is_logged_without_the_persons_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def act(command: Command, responder: Responder) -> None:
        raise RuntimeError("a bug")

    script = Script(act)
    async with discord_driver(script.serve) as driver:
        await driver.command("/playlist secret song")
        await script.finished()
        await driver.command("/playlist secret song")
    assert "the handler failed" in caplog.text
    assert "secret song" not in caplog.text


async def test_no_token_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with discord_driver(Script(echo).serve) as driver:
        await driver.command("/help")
        await driver.wait_for(lambda each: each.text == "help|")
        tokens = [TOKEN, *driver.world.interactions]
    assert caplog.records
    assert not [token for token in tokens if token in caplog.text]
