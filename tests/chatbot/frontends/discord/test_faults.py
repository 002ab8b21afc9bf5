"""Discord stumbling, refusing, forgetting."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.conversation.messages import (
    Button,
    Command,
    Message,
    MessageRef,
    MessageUndeliverable,
    Platform,
    PlaylistCard,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.base import FrontEndRefused
from chatbot.frontends.discord import DiscordFrontEnd
from tests.chatbot.drivers.discord import DiscordDriver, connected, discord_driver, front_end_on
from tests.chatbot.frontends.discord.scripted import COMMANDS, Script, echo
from tests.chatbot.loopback.discord_server import TOKEN, DiscordServer
from tests.chatbot.loopback.discord_world import DM_CLOSED, Json

MESSAGES = "/channels/[^/]+/messages"
ONE_MESSAGE = f"{MESSAGES}/[^/]+"


async def posted(driver: DiscordDriver, script: Script, message: Message) -> MessageRef:
    assert script.front_end is not None
    return await script.front_end.post(driver.channel.id, message)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "headers"),
    [
        ("PATCH", ONE_MESSAGE, 429, {"retry_after": 0.01, "global": False}, {"Via": "1.1 google"}),
        ("PATCH", ONE_MESSAGE, 429, {"code": 0, "message": "Cloudflare"}, {}),
        ("PATCH", ONE_MESSAGE, 503, {"code": 0, "message": "Unavailable"}, {}),
        ("POST", MESSAGES, 503, {"code": 0, "message": "Unavailable"}, {}),
    ],
)
async def test_a_stumble_is_waited_out(
    method: str, path: str, status: int, body: Json, headers: dict[str, str]
) -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        driver.server.fail_next(method, path, status, body=body, headers=headers)
        ref = await posted(driver, script, Progress("one"))
        assert script.front_end is not None
        assert await script.front_end.edit(ref, Progress("two")) == ref
        assert [seen.text for seen in await driver.history()] == ["two"]


async def test_an_attempt_again_cannot_post_twice() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        driver.server.fail_next("POST", MESSAGES, 503)
        await posted(driver, script, Reply("once"))
        first, second = driver.server.calls_to("POST", MESSAGES)
    assert first.body["nonce"] == second.body["nonce"]
    assert first.body["enforce_nonce"]


async def test_an_answer_is_there_once_where_discords_word_of_it_is_lost() -> None:
    async def act(_command: Command, responder: Responder) -> None:
        await responder.send(Reply("once"))
        await responder.send(Reply("and again", title="More"))

    async with discord_driver(Script(act).serve) as driver:
        lost = driver.server.fail_next("PATCH", "/webhooks/.*", 503, after=True)
        await driver.command("/help")
        await driver.wait_for(lambda seen: "and again" in seen.text)
        assert lost.hit.is_set()
        assert [seen.text for seen in await driver.history()] == ["once", "More\nand again"]


async def test_a_long_stumble_is_said_to_be_one() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        for _ in range(3):
            driver.server.fail_next("POST", MESSAGES, 503)
        with pytest.raises(ConnectionError, match="HTTP 503"):
            await posted(driver, script, Reply("x"))


async def test_an_old_message_that_takes_no_more_edits_is_replaced() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        ref = await posted(driver, script, Progress("one"))
        driver.server.fail_next("PATCH", ONE_MESSAGE, 400, code=30046)
        assert script.front_end is not None
        anew = await script.front_end.edit(ref, Progress("two"))
        assert anew != ref
        assert [seen.text for seen in await driver.history()] == ["two"]


async def test_what_is_taken_away_is_changed_where_it_stands() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        again = Button("Again", "playlist", "b")
        ref = await posted(driver, script, Reply("songs", title="Mine", buttons=((again,),)))
        assert script.front_end is not None
        await script.front_end.overwrite(ref, PlaylistCard("Gone", ()))
        (seen,) = await driver.history()
    assert (seen.message_id, seen.text, seen.buttons) == (ref.message_id, "Gone", ())


async def test_what_is_gone_already_is_not_posted_anew() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        ref = await posted(driver, script, Reply("songs"))
        await driver.world.delete_message(ref.message_id)
        assert script.front_end is not None
        with pytest.raises(MessageUndeliverable):
            await script.front_end.overwrite(ref, PlaylistCard("Gone", ()))
        assert await driver.history() == []


async def test_an_old_message_that_takes_no_more_edits_is_deleted_where_it_has_to_go() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        ref = await posted(driver, script, Reply("songs"))
        driver.server.fail_next("PATCH", ONE_MESSAGE, 429, code=30046)
        assert script.front_end is not None
        await script.front_end.overwrite(ref, PlaylistCard("Gone", ()))
        assert await driver.history() == []


@pytest.mark.parametrize("chat_id", ["999999", "@1001"])
async def test_what_cannot_be_reached_cannot_be_taken_away(chat_id: str) -> None:
    script = Script(echo)
    async with discord_driver(script.serve):
        assert script.front_end is not None
        ref = MessageRef(Platform.DISCORD, chat_id, "1")
        with pytest.raises(MessageUndeliverable):
            await script.front_end.overwrite(ref, PlaylistCard("Gone", ()))


@pytest.mark.parametrize("chat_id", ["999999", "@1001"])
async def test_a_chat_that_is_gone_or_closed_is_undeliverable(chat_id: str) -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        driver.channel.refusal = DM_CLOSED
        assert script.front_end is not None
        with pytest.raises(MessageUndeliverable):
            await script.front_end.post(chat_id, Reply("x"))
        with pytest.raises(MessageUndeliverable):
            await script.front_end.edit(MessageRef(Platform.DISCORD, chat_id, "1"), Reply("x"))


async def test_a_person_who_is_gone_is_undeliverable() -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        driver.server.fail_next("POST", "/users/@me/channels", 400, code=50033)
        assert script.front_end is not None
        with pytest.raises(MessageUndeliverable):
            await script.front_end.post("@1001", Reply("x"))


@pytest.mark.parametrize("code", [10062, 40060])
async def test_an_interaction_that_came_too_late_is_dropped(code: int) -> None:
    script = Script(echo)
    async with discord_driver(script.serve) as driver:
        refusal = driver.server.fail_next("POST", "/interactions/.*", 404, code=code)
        driver.expects_acknowledgement = False
        await driver.command("/playlist late")
        await refusal.hit.wait()
        await driver.command("/playlist again")
        await driver.wait_for(lambda each: each.text == "playlist|again")
    assert [each.argument for each in script.commands] == ["again"]


async def test_a_command_is_answered_although_its_acknowledgement_failed() -> None:
    async with discord_driver(Script(echo).serve) as driver:
        driver.server.fail_next("POST", "/interactions/.*", 403)
        driver.expects_acknowledgement = False
        await driver.command("/playlist a")
        await driver.wait_for(lambda each: each.text == "playlist|a")


async def test_commands_work_although_their_list_could_not_be_synced() -> None:
    server = DiscordServer()
    too_many_creations_today = 30034
    server.fail_next("PUT", "/applications/.*", 400, code=too_many_creations_today)
    async with discord_driver(Script(echo).serve, server) as driver:
        await driver.say("/help")
        await driver.wait_for(lambda each: each.text == "help|")


@pytest.mark.parametrize("token", ["wrong", "", "two words\n2", "not ascii é"])
async def test_a_bad_token_is_refused_with_advice(token: str) -> None:
    async with DiscordServer().run() as server:
        with pytest.raises(FrontEndRefused, match="DISCORD_TOKEN") as refused:
            await front_end_on(server, token).run(Script(echo), COMMANDS)
    assert not token or token not in str(refused.value)


@pytest.mark.parametrize(("code", "word"), [(4004, "token"), (4014, "intents"), (4013, "intents")])
async def test_a_gateway_that_refuses_ends_it(code: int, word: str) -> None:
    async with DiscordServer().run() as server:
        server.gateway.close_codes = [code]
        with pytest.raises(FrontEndRefused, match=word):
            await front_end_on(server).run(Script(echo), COMMANDS)


async def test_a_start_without_discord_waits_for_it() -> None:
    script = Script(echo)
    async with DiscordServer().run() as server:
        for _ in range(5):
            server.fail_next("GET", "/users/@me", 403)
        async with connected(front_end_on(server), script.serve) as front_end:
            driver = DiscordDriver(server)
            await front_end.post(driver.channel.id, Reply("here"))
            assert [seen.text for seen in await driver.history()] == ["here"]


async def test_a_start_without_a_network_waits_for_it() -> None:
    refused = "http://127.0.0.1:9/api/v10"
    front_end = DiscordFrontEnd(TOKEN, api_url=refused, first_pause_seconds=0.0)
    running = asyncio.create_task(front_end.run(Script(echo), COMMANDS))
    done, _ = await asyncio.wait({running}, timeout=0.2)
    assert not done
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
