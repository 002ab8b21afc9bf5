"""The limiter of python-telegram-bot as the bot builds it: Telegram's limits are kept.

It waits by the event loop's time, which stands still here but for what a test says; what the bot
itself waits for has the clock of the other tests.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from chatbot.conversation.messages import Reply
from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.frontends.telegram.clock import ManualClock, loop_time_standing_still
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_server import Request

GROUP, OTHER_GROUP = -1001234, -1005678
A_MINUTE = 20
"""Messages in one group; the limiter lets so many go at once, and then one each three seconds."""
A_SECOND = 30
"""Messages in all chats together."""


def sent(bench: Bench, chat_id: int | None = None) -> list[Request]:
    requests = bench.server.of("sendMessage")
    if chat_id is None:
        return requests
    return [request for request in requests if request.parameters["chat_id"] == str(chat_id)]


def texts(bench: Bench, chat_id: int) -> list[str]:
    return [message.text for message in bench.world.in_chat(chat_id)]


async def telegram_answers(bench: Bench) -> None:
    """A round trip that no limit is for: what was to be sent by now has arrived after it."""
    query_id = bench.world.type_inline(bench.person, "")
    await bench.until(
        lambda: any(
            request.parameters["inline_query_id"] == query_id
            for request in bench.server.of("answerInlineQuery")
        )
    )


@pytest.fixture
def open_bench(bench: Bench) -> Bench:
    """Two groups, and many people who have started the bot."""
    bench.world.add_group(GROUP)
    bench.world.add_group(OTHER_GROUP)
    bench.world.started.update(range(2000, 2000 + A_SECOND + 1))
    return bench


async def test_a_group_gets_twenty_messages_a_minute_and_none_is_lost(
    open_bench: Bench, real_tempo: Tempo
) -> None:
    expected = [str(number) for number in range(A_MINUTE + 2)]
    async with open_bench.serving(tempo=real_tempo) as front_end:
        with loop_time_standing_still() as time:
            posts = [
                asyncio.create_task(front_end.post(str(GROUP), Reply(text))) for text in expected
            ]
            await open_bench.until(lambda: len(sent(open_bench, GROUP)) == A_MINUTE)
            for number in range(A_MINUTE, len(expected)):
                time.advance(2.9)
                await telegram_answers(open_bench)
                assert len(sent(open_bench, GROUP)) == number
                time.advance(0.2)
                await open_bench.until(lambda n=number: len(sent(open_bench, GROUP)) == n + 1)
            await asyncio.gather(*posts)
    assert sorted(texts(open_bench, GROUP), key=int) == expected


async def test_a_group_at_its_limit_holds_up_no_other_chat(
    open_bench: Bench, real_tempo: Tempo
) -> None:
    async with open_bench.serving(tempo=real_tempo) as front_end:
        with loop_time_standing_still() as time:
            posts = [
                asyncio.create_task(front_end.post(str(GROUP), Reply("x")))
                for _ in range(A_MINUTE + 1)
            ]
            await open_bench.until(lambda: len(sent(open_bench, GROUP)) == A_MINUTE)
            await front_end.post("2000", Reply("to a person"))
            await front_end.post(str(OTHER_GROUP), Reply("to others"))
            assert len(sent(open_bench, GROUP)) == A_MINUTE
            time.advance(3)
            await asyncio.gather(*posts)
    assert texts(open_bench, 2000) == ["to a person"]
    assert texts(open_bench, OTHER_GROUP) == ["to others"]
    assert len(texts(open_bench, GROUP)) == A_MINUTE + 1


async def test_all_chats_together_get_thirty_messages_a_second(
    open_bench: Bench, real_tempo: Tempo
) -> None:
    async with open_bench.serving(tempo=real_tempo) as front_end:
        with loop_time_standing_still() as time:
            posts = [
                asyncio.create_task(front_end.post(str(2000 + number), Reply("x")))
                for number in range(A_SECOND + 1)
            ]
            await open_bench.until(lambda: len(sent(open_bench)) == A_SECOND)
            await telegram_answers(open_bench)
            assert len(sent(open_bench)) == A_SECOND
            time.advance(1 / A_SECOND + 0.001)
            await asyncio.gather(*posts)
    assert Counter(message.chat_id for message in open_bench.world.messages) == Counter(
        range(2000, 2000 + A_SECOND + 1)
    )


@pytest.mark.parametrize("chat_id", [2000, GROUP])
async def test_too_many_requests_in_a_chat_are_waited_for_there_alone(
    open_bench: Bench, clock: ManualClock, caplog: pytest.LogCaptureFixture, chat_id: int
) -> None:
    expected = ["0", "1", "2"]
    async with open_bench.serving(clock=clock) as front_end:
        open_bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=17)
        posts = [asyncio.create_task(front_end.post(str(chat_id), Reply("0")))]
        await clock.wait_for_sleepers(1)
        assert clock.sleeping == [17.0]
        posts += [
            asyncio.create_task(front_end.post(str(chat_id), Reply(text))) for text in expected[1:]
        ]
        await clock.wait_for_sleepers(3)
        for other in (2001, OTHER_GROUP):
            await front_end.post(str(other), Reply("elsewhere"))
        clock.advance(16)
        await telegram_answers(open_bench)
        assert len(sent(open_bench, chat_id)) == 1
        clock.advance(1)
        await asyncio.gather(*posts)
    assert sorted(texts(open_bench, chat_id)) == expected
    assert len(sent(open_bench, chat_id)) == 1 + len(expected), "the refused one, and each once"
    assert "AIORateLimiter" not in {record.name.rpartition(".")[2] for record in caplog.records}


async def test_of_messages_that_are_refused_one_by_one_each_arrives_once(
    open_bench: Bench, clock: ManualClock
) -> None:
    expected = ["0", "1", "2"]
    async with open_bench.serving(clock=clock) as front_end:
        for _ in expected:
            open_bench.server.fail("sendMessage", 429, "Too Many Requests", retry_after=5)
        posts = [asyncio.create_task(front_end.post(str(GROUP), Reply(text))) for text in expected]
        await clock.wait_for_sleepers(3)
        clock.advance(5)
        await asyncio.gather(*posts)
    assert sorted(texts(open_bench, GROUP)) == expected
