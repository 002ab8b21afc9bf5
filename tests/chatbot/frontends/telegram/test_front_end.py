"""The whole front end, with the real python-telegram-bot, over a loopback server."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    Attachment,
    Button,
    CardTrack,
    Command,
    Document,
    MessageUndeliverable,
    PlaylistCard,
    Progress,
    Reply,
    Responder,
)
from chatbot.frontends.base import FrontEndRefused
from chatbot.frontends.telegram import TelegramFrontEnd
from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import COMMANDS, Answer, Bench, Script, settle
from tests.chatbot.loopback import telegram_spec
from tests.chatbot.loopback.telegram_world import BOT_NAME, Person

GROUP = -1001234


def test_requests_are_held_against_the_official_description() -> None:
    if not telegram_spec.is_available():
        pytest.skip(f"no API description at {telegram_spec.SPEC.name}: only the prose is checked")
    assert telegram_spec.problems("sendMessage", {"chat_id": "1"}, {}) != []


async def read(attachment: Attachment) -> bytes:
    return b"".join([chunk async for chunk in attachment.chunks()])


def answering(*messages: Reply | Progress | PlaylistCard) -> Answer:
    async def answer(_command: Command, responder: Responder) -> None:
        for message in messages:
            await responder.send(message)

    return answer


# ---- a conversation


async def test_a_command_is_answered(bench: Bench) -> None:
    bench.script.answer = answering(Reply("Hello <you> & me", title="Hi"))
    async with bench.serving():
        bench.world.say(bench.person, "/playlist Faded; a < b")
        await bench.until(lambda: bench.world.messages)
    (command,) = bench.script.commands
    assert (command.name, command.argument) == ("playlist", "Faded; a < b")
    assert command.actor.platform_id == "1001"
    assert command.actor.locale == "en"
    assert command.place.is_private
    assert bench.world.messages[0].text == "Hi\n\nHello <you> & me"


async def test_an_import_from_files_to_the_report(bench: Bench, tmp_path: Path) -> None:
    contents = {f"Streaming_History_Audio_{n}.json": bytes([n]) * 300_000 for n in range(4)}
    (tmp_path / "report.txt").write_text("all of it")
    got: dict[str, bytes] = {}

    async def answer(command: Command, responder: Responder) -> None:
        for attachment in command.attachments:
            got[attachment.name] = await read(attachment)
        ref = await responder.send(Progress("Got it", buttons=((Button("Cancel", "cancel"),),)))
        assert ref is not None
        ref = await front_end.edit(ref, Progress("Got it\nReading", done=0.5))
        await front_end.edit(ref, Progress("Got it\nReady", is_final=True))
        report = Document("report.txt", tmp_path / "report.txt")
        await front_end.post(command.place.chat_id, Reply("What I found", document=report))

    bench.script.answer = answer
    async with bench.serving() as front_end:
        for name, content in contents.items():
            bench.world.send_file(bench.person, name, content, album="77")
        await bench.until(lambda: bench.world.messages)
        bench.world.press(bench.person, bench.world.messages[0], "Start")
        await bench.until(lambda: len(bench.world.messages) == 2)
    assert len(bench.script.commands) == 1
    assert bench.script.commands[0].name == "import"
    assert got == contents
    progress, report = bench.world.messages
    assert progress.text == "Got it\nReady"
    assert progress.buttons == []
    assert any("50%" in text for text in progress.edits)
    assert (report.text, report.document) == ("What I found", ("report.txt", b"all of it"))


async def test_two_peoples_files_stay_apart(bench: Bench) -> None:
    async with bench.serving():
        bench.world.send_file(bench.person, "mine.zip", b"mine")
        bench.world.send_file(Person(1002), "yours.zip", b"yours")
        await bench.script.wait_for(2)
    got = {c.actor.platform_id: [a.name for a in c.attachments] for c in bench.script.commands}
    assert got == {"1001": ["mine.zip"], "1002": ["yours.zip"]}


async def test_a_slow_command_holds_up_nobody(bench: Bench) -> None:
    release = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "status":
            await release.wait()
        await responder.send(Reply(command.name))

    bench.script.answer = answer
    async with bench.serving():
        bench.world.say(bench.person, "/status")
        bench.world.say(bench.person, "/playlist Faded")
        await bench.until(lambda: [m.text for m in bench.world.messages] == ["playlist"])
        release.set()
        await bench.until(lambda: len(bench.world.messages) == 2)


async def test_a_button_is_acknowledged_before_its_command_ends(bench: Bench) -> None:
    ask = Reply("Sure?", buttons=((Button("Delete", "forget", "yes 7"),),))
    release = asyncio.Event()

    async def answer(command: Command, responder: Responder) -> None:
        if command.name == "forget":
            await release.wait()
        await responder.send(ask)

    bench.script.answer = answer
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.until(lambda: bench.world.messages)
        query_id = bench.world.press(Person(1002), bench.world.messages[0], "Delete")
        await bench.until(lambda: bench.server.of("answerCallbackQuery"))
        pressed = (await bench.script.wait_for(2))[1]
        release.set()
    assert bench.server.of("answerCallbackQuery")[0].parameters["callback_query_id"] == query_id
    assert (pressed.name, pressed.argument) == ("forget", "yes 7")
    assert pressed.actor.platform_id == "1002"


async def test_a_button_works_although_it_cannot_be_acknowledged(bench: Bench) -> None:
    bench.script.answer = answering(Reply("Sure?", buttons=((Button("Yes", "forget"),),)))
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.until(lambda: bench.world.messages)
        bench.server.fail("answerCallbackQuery", 400, "Bad Request: query is too old")
        bench.world.press(bench.person, bench.world.messages[0], "Yes")
        await bench.script.wait_for(2)


async def test_fifty_long_titles_in_many_scripts_arrive_whole(bench: Bench) -> None:
    scripts = ["<b>&amp;", "音楽", "موسيقى", "Ж&<", "𝔐🎵", "`@everyone`"]
    tracks = tuple(
        CardTrack(n, (scripts[n % 6] * 200)[:200], "A & B", f"https://open.spotify.com/{n}?a&b=<")
        for n in range(1, 51)
    )
    card = PlaylistCard("Yours", tracks, notes=("not found: <x>",), buttons=((Button("M", "m"),),))
    bench.script.answer = answering(card)
    async with bench.serving():
        bench.world.say(bench.person, "/playlist Faded")
        await bench.until(lambda: bench.world.messages and bench.world.messages[-1].buttons)
    messages = bench.world.messages
    assert 2 < len(messages) < 8
    assert [url for m in messages for url in m.urls] == [track.url for track in tracks]
    lines = "\n".join(message.text for message in messages).splitlines()
    numbered = [line for line in lines if line.partition(".")[0].isdigit()]
    assert [line.partition(".")[0] for line in numbered] == [str(n) for n in range(1, 51)]
    assert "<b>&amp;<b>&amp;" in messages[0].text + messages[1].text
    assert [bool(message.buttons) for message in messages] == [False] * (len(messages) - 1) + [True]


def voting() -> Answer:
    async def answer(command: Command, responder: Responder) -> None:
        votes = ((Button(f"+{len(command.argument)}", "playlist", f"{command.argument}!"),),)
        if command.argument == "a":
            await responder.send(Reply("vote", buttons=votes))
        else:
            await responder.replace(Reply("voted", buttons=votes))

    return answer


async def test_a_pressed_message_is_replaced_where_it_stands(bench: Bench) -> None:
    bench.script.answer = voting()
    bench.world.add_group(GROUP)
    async with bench.serving():
        bench.world.say(bench.person, f"/playlist@{BOT_NAME} a", chat_id=GROUP)
        await bench.until(lambda: bench.world.messages)
        bench.world.press(Person(1002), bench.world.messages[0], "+1")
        await bench.until(lambda: bench.world.messages[0].text == "voted")
        bench.world.press(Person(1002), bench.world.messages[0], "+2")
        await bench.until(lambda: bench.world.messages[0].buttons[0]["text"] == "+3")
    assert len(bench.world.messages) == 1


async def test_a_pressed_message_that_is_gone_is_sent_anew(bench: Bench) -> None:
    bench.script.answer = voting()
    async with bench.serving():
        bench.world.say(bench.person, "/playlist a")
        await bench.until(lambda: bench.world.messages)
        message = bench.world.messages[0]
        bench.world.delete(message)
        bench.world.press(bench.person, message, "+1")
        await bench.until(lambda: [m.text for m in bench.world.messages] == ["voted"])


async def test_only_in_a_group_there_is_somebody_to_publish_to(bench: Bench) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        try:
            await responder.publish(Reply("for all"))
        except MessageUndeliverable:
            await responder.send(Reply("nobody"))

    bench.script.answer = answer
    bench.world.add_group(GROUP)
    async with bench.serving():
        bench.world.say(bench.person, "/playlist a")
        await bench.until(lambda: bench.world.messages)
        bench.world.say(bench.person, f"/playlist@{BOT_NAME} a", chat_id=GROUP)
        await bench.until(lambda: len(bench.world.messages) == 2)
    said = {message.chat_id: message.text for message in bench.world.messages}
    assert said == {bench.person.id: "nobody", GROUP: "for all"}


# ---- groups


async def test_a_private_answer_of_a_group_goes_to_the_private_chat(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    bench.world.started.add(1001)
    bench.script.answer = answering(Reply("your secrets", private=True))
    async with bench.serving():
        bench.world.say(bench.person, f"/status@{BOT_NAME}", chat_id=GROUP)
        await bench.until(lambda: bench.world.messages)
    assert [(m.chat_id, m.text) for m in bench.world.messages] == [(1001, "your secrets")]
    assert not bench.script.commands[0].place.is_private


async def test_whom_the_bot_may_not_write_to_gets_a_button_instead(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    bench.script.answer = answering(Reply("your secrets", private=True))
    async with bench.serving():
        asked = bench.world.say(bench.person, "/playlist x", chat_id=GROUP)
        await bench.until(lambda: bench.world.messages)
    (pointer,) = bench.world.messages
    assert pointer.chat_id == GROUP
    assert pointer.reply_to == asked
    assert pointer.buttons[0]["url"] == f"https://t.me/{BOT_NAME}?start=private"
    assert all("secrets" not in m.text for m in bench.world.messages)


async def test_in_a_topic_the_answer_stays_in_the_topic(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    bench.script.answer = answering(Reply("a playlist"))
    async with bench.serving():
        bench.world.say(
            bench.person, "/playlist x", chat_id=GROUP, message_thread_id=5, is_topic_message=True
        )
        await bench.until(lambda: bench.world.messages)
    assert bench.world.messages[0].thread_id == 5


async def test_a_file_in_a_group_is_not_touched(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    async with bench.serving():
        bench.world.send_file(bench.person, "a.zip", b"a", chat_id=GROUP, caption="/import")
        (command,) = await bench.script.wait_for()
    assert (command.name, command.attachments) == ("import", ())
    assert not command.place.is_private
    assert bench.server.of("getFile") == []


async def test_an_anonymous_admin_is_told_why_there_is_no_answer(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    async with bench.serving():
        sender_chat = bench.world.chat(GROUP)
        bench.world.say(bench.person, "/playlist x", chat_id=GROUP, sender_chat=sender_chat)
        await bench.until(lambda: bench.world.messages)
    assert bench.script.commands == []
    assert "anonymously" in bench.world.messages[0].text


async def test_a_group_that_became_a_supergroup_gets_its_answer(bench: Bench) -> None:
    bench.world.add_group(-55, "group")
    bench.world.add_group(GROUP)
    bench.world.migrated[-55] = GROUP
    bench.script.answer = answering(Reply("a playlist"))
    async with bench.serving():
        bench.world.say(bench.person, "/playlist x", chat_id=-55)
        await bench.until(lambda: bench.world.messages)
    assert bench.world.messages[0].chat_id == GROUP


# ---- the menu


async def test_the_menu_is_set_for_each_kind_of_chat_and_only_when_it_changed(bench: Bench) -> None:
    async with bench.serving():
        await bench.until(lambda: len(bench.server.commands) == 4)
    names = {scope: [c["command"] for c in menu] for scope, menu in bench.server.commands.items()}
    assert names == {
        "all_private_chats": ["playlist", "import", "status", "share", "help"],
        "all_group_chats": ["playlist", "share"],
        "all_private_chats de": ["playlist", "import", "status", "share", "help"],
        "all_group_chats de": ["playlist", "share"],
    }
    async with bench.serving():
        await bench.until(lambda: len(bench.server.of("getMyCommands")) == 8)
    assert len(bench.server.of("setMyCommands")) == 4


# ---- coming and going


async def test_what_came_while_the_bot_was_down_is_answered(bench: Bench) -> None:
    ask = Reply("Sure?", buttons=((Button("Yes", "forget", "7"),),))
    bench.script.answer = answering(ask)
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.until(lambda: bench.world.messages)
    bench.world.say(bench.person, "/playlist Faded")
    bench.world.press(bench.person, bench.world.messages[0], "Yes")
    async with bench.serving():
        await bench.script.wait_for(3)
    assert [c.name for c in bench.script.commands] == ["help", "playlist", "forget"]


async def test_nothing_is_answered_twice_after_a_restart(bench: Bench) -> None:
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for(1)
    async with bench.serving():
        bench.world.say(bench.person, "/status")
        await bench.script.wait_for(2)
    assert [c.name for c in bench.script.commands] == ["help", "status"]


async def test_messages_of_an_earlier_run_can_be_edited(bench: Bench) -> None:
    bench.world.started.add(1001)
    async with bench.serving() as front_end:
        ref = await front_end.post("1001", Progress("Reading"))
    async with bench.serving() as front_end:
        assert await front_end.edit(ref, Progress("Ready", is_final=True)) == ref
    assert [m.text for m in bench.world.messages] == ["Ready"]


async def test_stopping_lets_a_running_command_finish(bench: Bench) -> None:
    release = asyncio.Event()

    async def answer(_command: Command, responder: Responder) -> None:
        await release.wait()
        await responder.send(Reply("done"))

    bench.script.answer = answer
    front_end = bench.front_end()
    running = asyncio.create_task(front_end.run(bench.script, COMMANDS))
    bench.world.say(bench.person, "/help")
    await bench.script.wait_for()
    running.cancel()
    await settle()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [m.text for m in bench.world.messages] == ["done"]


async def test_stopping_does_not_wait_for_a_command_that_hangs(bench: Bench) -> None:
    cancelled = asyncio.Event()

    async def answer(_command: Command, _responder: Responder) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    bench.script.answer = answer
    async with bench.serving(tempo=Tempo(stop_seconds=0.2)):
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for()
    assert cancelled.is_set()


async def test_files_that_are_being_gathered_are_not_lost_by_a_stop(bench: Bench) -> None:
    async with bench.serving(tempo=Tempo(gather_seconds=3600)):
        bench.world.send_file(bench.person, "a.zip", b"a")
        await bench.until(lambda: len(bench.server.of("getUpdates")) > 2)
    assert [[a.name for a in c.attachments] for c in bench.script.commands] == [["a.zip"]]
    assert bench.world.updates == []


async def test_a_refused_token_is_a_clear_refusal(bench: Bench) -> None:
    bench.server.token = "123:" + "y" * 35
    front_end = TelegramFrontEnd("123:" + "x" * 35, base_url=bench.server.url)
    with pytest.raises(FrontEndRefused, match="BotFather") as refusal:
        await front_end.run(bench.script, COMMANDS)
    assert "xxx" not in repr(refusal.value)
    assert refusal.value.__context__ is None
    with pytest.raises(FrontEndRefused):
        await front_end.wait_until_ready()


@pytest.mark.parametrize("token", ["", "hello", "123:short", "123:" + "x" * 30 + "\n"])
async def test_what_cannot_be_a_token_is_refused_without_asking(bench: Bench, token: str) -> None:
    front_end = TelegramFrontEnd(token, base_url=bench.server.url)
    with pytest.raises(FrontEndRefused, match="does not look like"):
        await front_end.run(bench.script, COMMANDS)
    assert bench.server.requests == []


async def test_a_token_that_is_revoked_later_ends_the_run(bench: Bench) -> None:
    front_end = bench.front_end()
    running = asyncio.create_task(front_end.run(bench.script, COMMANDS))
    await front_end.wait_until_ready()
    bench.server.token = "123:" + "y" * 35
    bench.world.say(bench.person, "/help")
    with pytest.raises(FrontEndRefused, match="BotFather"):
        await running


async def test_the_start_waits_for_the_network(bench: Bench, clock: ManualClock) -> None:
    bench.server.fail("getMe", 502, "Bad Gateway")
    front_end = bench.front_end(clock=clock)
    running = asyncio.create_task(front_end.run(bench.script, COMMANDS))
    await clock.wait_for_sleepers(1)
    clock.advance(1)
    await front_end.wait_until_ready()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_bug_in_the_conversation_stops_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Script):
        async def handle(self, command: Command, responder: Responder) -> None:
            if command.name == "help":
                raise RuntimeError
            await responder.send(Reply("fine"))

    front_end = bench.front_end()
    running = asyncio.create_task(front_end.run(Broken(bench.world, bench.storage), COMMANDS))
    bench.world.say(bench.person, "/help")
    bench.world.say(bench.person, "/status")
    await bench.until(lambda: bench.world.messages)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "update" in caplog.text


async def test_own_logs_hold_neither_token_nor_names_nor_text(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="chatbot")
    bench.script.answer = answering(Reply("a very private answer"))
    async with bench.serving():
        bench.server.fail("sendMessage", 502, "Bad Gateway")
        bench.world.say(Person(1001, "Ada Lovelace"), "/playlist my secret song")
        await bench.until(lambda: bench.world.messages)
    own = [r.getMessage() for r in caplog.records if r.name.startswith("chatbot")]
    assert own
    for secret in (bench.server.token, "Lovelace", "secret", "private answer", "1001"):
        assert not any(secret in line for line in own)


async def test_a_second_program_with_the_same_token_is_named(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.server.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.script.wait_for()
    assert "another program receives this bot's messages" in caplog.text


async def test_a_hundred_people_at_once_get_one_answer_each(bench: Bench) -> None:
    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply(command.argument))

    bench.script.answer = answer
    async with bench.serving():
        for n in range(100):
            bench.world.say(Person(2000 + n), f"/playlist song {n}")
        await bench.until(lambda: len(bench.world.messages) == 100)
    answers = {message.chat_id: message.text for message in bench.world.messages}
    assert answers == {2000 + n: f"song {n}" for n in range(100)}


async def test_links_have_no_previews_and_only_needed_updates_are_asked_for(bench: Bench) -> None:
    bench.script.answer = answering(Reply("https://open.spotify.com"))
    async with bench.serving():
        bench.world.say(bench.person, "/help")
        await bench.until(lambda: bench.world.messages)
    (sent,) = bench.server.of("sendMessage")
    assert json.loads(sent.parameters["link_preview_options"]) == {"is_disabled": True}
    asked = {r.parameters["allowed_updates"] for r in bench.server.of("getUpdates")}
    assert [json.loads(names) for names in asked] == [
        ["message", "callback_query", "inline_query", "chosen_inline_result"]
    ]
