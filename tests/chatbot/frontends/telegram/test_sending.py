"""Posts and edits against a Telegram that refuses, forgets and asks for patience."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    Button,
    Document,
    MessageRef,
    MessageUndeliverable,
    Platform,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.frontends.telegram.requests import TelegramUnreachable
from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_server import CONNECTION_CUT

CHAT = "1001"
GROUP = -1001234


@pytest.fixture
def open_bench(bench: Bench) -> Bench:
    """The person has started the bot."""
    bench.world.started.add(int(CHAT))
    return bench


async def test_a_post_returns_where_it_stands(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Reply("a"))
    (message,) = open_bench.world.messages
    assert ref == MessageRef(Platform.TELEGRAM, CHAT, str(message.message_id))


async def test_edits_keep_the_pace_and_the_end_does_not_wait(
    open_bench: Bench, clock: ManualClock, real_tempo: Tempo
) -> None:
    open_bench.server._now = clock.now
    async with open_bench.serving(clock=clock, tempo=real_tempo) as front_end:
        ref = await front_end.post(CHAT, Progress("0"))
        await front_end.edit(ref, Progress("1"))
        waiting = [asyncio.create_task(front_end.edit(ref, Progress(t))) for t in ("2", "3", "4")]
        await clock.wait_for_sleepers(3)
        clock.advance(3)
        assert await asyncio.gather(*waiting) == [ref] * 3
        slow = asyncio.create_task(front_end.edit(ref, Progress("5")))
        await clock.wait_for_sleepers(1)
        await front_end.edit(ref, Progress("6", is_final=True))
        clock.advance(3)
        await slow
    edits = open_bench.server.of("editMessageText")
    assert [request.parameters["text"] for request in edits] == ["1", "4", "6"]
    assert [request.at - edits[0].at for request in edits] == [0, 3, 3]
    assert open_bench.world.messages[0].text == "6"


async def test_groups_are_edited_more_rarely(
    bench: Bench, clock: ManualClock, real_tempo: Tempo
) -> None:
    bench.world.add_group(GROUP)
    async with bench.serving(clock=clock, tempo=real_tempo) as front_end:
        ref = await front_end.post(str(GROUP), Progress("0"))
        await front_end.edit(ref, Progress("1"))
        waiting = asyncio.create_task(front_end.edit(ref, Progress("2")))
        await clock.wait_for_sleepers(1)
        assert clock.sleeping == [10.0]
        clock.advance(10)
        await waiting


async def test_an_edit_that_changes_nothing_is_no_error(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Reply("same"))
        assert await front_end.edit(ref, Reply("same")) == ref


async def test_an_edit_takes_the_buttons_away(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Reply("a", buttons=((Button("B", "b"),),)))
        await front_end.edit(ref, Reply("b"))
    assert open_bench.world.messages[0].buttons == []


async def test_a_deleted_message_is_posted_anew(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Progress("a"))
        open_bench.world.delete(open_bench.world.messages[0])
        new = await front_end.edit(ref, Progress("b"))
        assert new != ref
        assert await front_end.edit(new, Progress("c")) == new
        # Whoever keeps the old address does not make the bot post again and again.
        assert await front_end.edit(ref, Progress("d", is_final=True)) == new
    assert [m.text for m in open_bench.world.messages] == ["d"]


async def test_an_edit_of_what_grew_too_long_goes_on_below(open_bench: Bench) -> None:
    text = "\n".join("x" * 100 for _ in range(60))
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Progress("a"))
        assert await front_end.edit(ref, Reply(text, buttons=((Button("B", "b"),),))) == ref
    first, second = open_bench.world.messages
    assert f"{first.text}\n{second.text}" == text
    assert (first.buttons, [b["text"] for b in second.buttons]) == ([], ["B"])


async def test_an_edit_can_bring_a_document(open_bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"zip")
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Progress("a"))
        await front_end.edit(ref, Reply("done", document=Document("a.zip", tmp_path / "a.zip")))
    first, second = open_bench.world.messages
    assert (first.text, second.document) == ("done", ("a.zip", b"zip"))


async def test_too_many_requests_are_waited_for(open_bench: Bench, clock: ManualClock) -> None:
    async with open_bench.serving(clock=clock) as front_end:
        open_bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=17)
        posting = asyncio.create_task(front_end.post(CHAT, Reply("a")))
        await clock.wait_for_sleepers(1)
        assert clock.sleeping == [17.0]
        second = asyncio.create_task(front_end.post(CHAT, Reply("b")))
        await clock.wait_for_sleepers(2)
        assert len(open_bench.server.of("sendMessage")) == 1
        clock.advance(17)
        await asyncio.gather(posting, second)
    assert sorted(m.text for m in open_bench.world.messages) == ["a", "b"]


async def test_one_chats_patience_is_not_anothers(open_bench: Bench, clock: ManualClock) -> None:
    open_bench.world.started.add(1002)
    async with open_bench.serving(clock=clock) as front_end:
        open_bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=17)
        posting = asyncio.create_task(front_end.post(CHAT, Reply("a")))
        await clock.wait_for_sleepers(1)
        await front_end.post("1002", Reply("b"))
        clock.advance(17)
        await posting


async def test_an_edit_that_waited_for_patience_gives_way_to_a_newer_one(
    open_bench: Bench, clock: ManualClock
) -> None:
    async with open_bench.serving(clock=clock) as front_end:
        ref = await front_end.post(CHAT, Progress("0"))
        open_bench.server.fail("editMessageText", 429, "Too Many Requests", retry_after=17)
        old = asyncio.create_task(front_end.edit(ref, Progress("old")))
        await clock.wait_for_sleepers(1)
        new = asyncio.create_task(front_end.edit(ref, Progress("new", is_final=True)))
        await asyncio.sleep(0)
        clock.advance(17)
        await asyncio.gather(old, new)
    texts = [request.parameters["text"] for request in open_bench.server.of("editMessageText")]
    assert texts == ["old", "new"]


@pytest.mark.parametrize("status", [502, 504, CONNECTION_CUT])
async def test_a_stumble_of_telegram_or_the_network_is_waited_out(
    open_bench: Bench, clock: ManualClock, status: int
) -> None:
    async with open_bench.serving(clock=clock) as front_end:
        open_bench.server.fail("sendMessage", status, "Bad Gateway")
        posting = asyncio.create_task(front_end.post(CHAT, Reply("a")))
        await clock.wait_for_sleepers(1)
        clock.advance(1)
        await posting
    assert [m.text for m in open_bench.world.messages] == ["a"]


async def test_a_telegram_that_stays_away_is_given_up(
    open_bench: Bench, clock: ManualClock
) -> None:
    async with open_bench.serving(clock=clock, tempo=Tempo(retries=2)) as front_end:
        for _ in range(3):
            open_bench.server.fail("sendMessage", 502, "Bad Gateway")
        posting = asyncio.create_task(front_end.post(CHAT, Reply("a")))
        for _ in range(2):
            await clock.wait_for_sleepers(1)
            clock.advance(10)
            await asyncio.sleep(0)
        with pytest.raises(TelegramUnreachable):
            await posting
    assert len(open_bench.server.of("sendMessage")) == 3


async def test_who_asks_for_too_much_patience_is_given_up(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        open_bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=9999)
        with pytest.raises(TelegramUnreachable):
            await front_end.post(CHAT, Reply("a"))


async def test_a_person_who_blocked_the_bot_is_out_of_reach(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        ref = await front_end.post(CHAT, Progress("a"))
        open_bench.world.closed_chats.add(int(CHAT))
        with pytest.raises(MessageUndeliverable):
            await front_end.edit(ref, Progress("b"))
        with pytest.raises(MessageUndeliverable):
            await front_end.post(CHAT, Reply("c"))


async def test_a_chat_that_is_not_there_is_out_of_reach(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        with pytest.raises(MessageUndeliverable):
            await front_end.post("-42", Reply("a"))
        with pytest.raises(MessageUndeliverable):
            await front_end.post("no number", Reply("a"))


async def test_private_words_never_go_to_a_group(bench: Bench) -> None:
    bench.world.add_group(GROUP)
    async with bench.serving() as front_end:
        ref = await front_end.post(str(GROUP), Reply("public"))
        with pytest.raises(MessageUndeliverable):
            await front_end.post(str(GROUP), Reply("secret", private=True))
        with pytest.raises(MessageUndeliverable):
            await front_end.edit(ref, Reply("secret", private=True))
    assert [m.text for m in bench.world.messages] == ["public"]


async def test_a_document_has_its_text_as_a_caption(open_bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"zip")
    document = Document("you.zip", tmp_path / "x")
    async with open_bench.serving() as front_end:
        await front_end.post(CHAT, Reply("Yours <3", document=document))
        await front_end.post(CHAT, Reply("long " * 300, document=document))
        await front_end.post(CHAT, Reply("", document=document))
    assert [(m.text[:8], m.document) for m in open_bench.world.messages] == [
        ("Yours <3", ("you.zip", b"zip")),
        ("long lon", None),
        ("", ("you.zip", b"zip")),
        ("", ("you.zip", b"zip")),
    ]


async def test_a_document_survives_a_second_attempt(
    open_bench: Bench, clock: ManualClock, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"zip" * 100_000)
    async with open_bench.serving(clock=clock) as front_end:
        open_bench.server.fail("sendDocument", 502, "Bad Gateway")
        document = Document("you.zip", tmp_path / "x")
        posting = asyncio.create_task(front_end.post(CHAT, Reply("a", document=document)))
        await clock.wait_for_sleepers(1)
        clock.advance(1)
        await posting
    assert open_bench.world.messages[0].document == ("you.zip", b"zip" * 100_000)


async def test_a_document_over_the_limit_is_a_clear_error(
    open_bench: Bench, tmp_path: Path
) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(50_000_001)
    async with open_bench.serving() as front_end:
        assert front_end.limits.document_bytes == 50_000_000
        with pytest.raises(ValueError, match="at most 50,000,000"):
            await front_end.post(CHAT, Reply("a", document=Document("x", tmp_path / "x")))
    assert open_bench.server.of("sendDocument") == []


async def test_a_message_of_nothing_is_a_clear_error(open_bench: Bench) -> None:
    async with open_bench.serving() as front_end:
        with pytest.raises(ValueError, match="text or a document"):
            await front_end.post(CHAT, Reply(" \n"))


GONE = PlaylistCard("Gone", (), notes=("Its owner has deleted it.",))


async def test_what_is_taken_away_is_changed_where_it_stands(open_bench: Bench) -> None:
    open_bench.world.add_group(GROUP)
    again = Button("Again", "playlist", "b")
    async with open_bench.serving() as front_end:
        ref = await front_end.post(str(GROUP), Reply("songs", buttons=((again,),)))
        await front_end.overwrite(ref, GONE)
        await front_end.overwrite(ref, GONE)  # a second time changes nothing
    (message,) = open_bench.world.messages
    assert message.text.startswith("Gone")
    assert message.buttons == []


@pytest.mark.parametrize("what", ["gone", "closed", "migrated", "inline"])
async def test_what_cannot_be_reached_is_not_posted_anew(open_bench: Bench, what: str) -> None:
    world = open_bench.world
    world.add_group(GROUP)
    async with open_bench.serving() as front_end:
        ref = await front_end.post(str(GROUP), Reply("songs"))
        if what == "gone":
            world.delete(world.messages[0])
        elif what == "closed":
            world.closed_chats.add(GROUP)
        elif what == "migrated":
            world.migrated[GROUP] = world.add_group(GROUP - 1)
        else:
            ref = MessageRef(Platform.TELEGRAM, "inline", "never")
        with pytest.raises(MessageUndeliverable):
            await front_end.overwrite(ref, GONE)
    assert len(open_bench.server.of("sendMessage")) == 1
