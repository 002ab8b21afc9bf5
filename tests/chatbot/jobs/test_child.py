"""Work in a child process: results, refusals, crashes, and no orphans."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.jobs.child import DEFAULT_NICE, ChildCrashed, ChildFailed, run_in_child
from songnet.errors import TrainingFailed
from tests.chatbot.jobs import child_functions as functions


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process_id}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


async def until_dead(process_id: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(process_id):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def started(function: Callable[..., None]) -> tuple[asyncio.Task[None], int]:
    """A child that has sent its process id."""
    loop = asyncio.get_running_loop()
    process_id: asyncio.Future[int] = loop.create_future()
    work = asyncio.create_task(run_in_child(function, on_message=process_id.set_result))
    return work, await asyncio.wait_for(process_id, 20)


async def test_the_result_comes_back() -> None:
    assert await run_in_child(functions.add, 1, 2) == 3


async def test_messages_come_in_their_order_and_before_the_result() -> None:
    messages: list[int] = []
    assert await run_in_child(functions.count, 200, on_message=messages.append) == "counted"
    assert messages == list(range(200))


async def test_large_arguments_pass_without_blocking_the_loop() -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    watcher = asyncio.create_task(watch())
    began = time.monotonic()
    assert await run_in_child(functions.measure, bytes(30_000_000)) == 30_000_000
    watcher.cancel()
    assert longest < (time.monotonic() - began) / 2  # the child's start is most of the time


async def test_the_child_gives_way() -> None:
    most = 19  # whatever is asked for
    assert await run_in_child(functions.give_way) == min(os.nice(0) + DEFAULT_NICE, most)


async def test_a_refusal_comes_back_as_itself() -> None:
    with pytest.raises(TrainingFailed, match="too quiet") as raised:
        await run_in_child(functions.refuse)
    assert raised.value.facts() == {"reason": "too quiet"}


async def test_a_bug_comes_back_with_its_traceback() -> None:
    with pytest.raises(ChildFailed, match="ZeroDivisionError: by design") as raised:
        await run_in_child(functions.stumble)
    assert "in stumble" in raised.value.traceback_text


async def test_a_result_that_cannot_travel_is_a_bug() -> None:
    with pytest.raises(ChildFailed, match="pickle"):
        await run_in_child(functions.give_a_lambda)


async def test_a_function_that_cannot_travel_is_refused_here() -> None:
    with pytest.raises(AttributeError, match="pickle"):
        await run_in_child(lambda _send: None)


@pytest.mark.parametrize("exit_code", [0, 3])
async def test_a_child_that_leaves_without_a_word_has_crashed(exit_code: int) -> None:
    with pytest.raises(ChildCrashed) as raised:
        await run_in_child(functions.die, exit_code)
    assert raised.value.exit_code == exit_code


async def test_a_crash_names_the_signal() -> None:
    with pytest.raises(ChildCrashed, match="SIGSEGV") as raised:
        await run_in_child(functions.crash)
    assert raised.value.exit_code == -signal.SIGSEGV


async def test_a_child_that_is_killed_from_outside_has_crashed() -> None:
    work, process_id = await started(functions.sleep)
    os.kill(process_id, signal.SIGKILL)
    with pytest.raises(ChildCrashed, match="SIGKILL"):
        await work


@pytest.mark.parametrize("function", [functions.sleep, functions.spin, functions.sleep_stubbornly])
async def test_cancelling_kills_and_reaps_the_child(function: Callable[..., None]) -> None:
    work, process_id = await started(function)
    asked = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - asked < 4  # less than a child is given to leave by itself
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_cancelling_before_the_child_has_started_leaves_none() -> None:
    work = asyncio.create_task(run_in_child(functions.sleep))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


async def test_a_listener_that_fails_ends_the_child() -> None:
    seen: list[int] = []

    def listen(process_id: int) -> None:
        seen.append(process_id)
        raise LookupError("nobody listens")

    with pytest.raises(LookupError, match="nobody listens"):
        await run_in_child(functions.sleep, on_message=listen)
    await until_dead(seen[0])


async def test_a_child_does_not_wait_for_its_threads() -> None:
    assert await asyncio.wait_for(run_in_child(functions.leave_a_thread), 10) == "left"


async def test_ctrl_c_is_the_parents_affair() -> None:
    assert await run_in_child(functions.ignore_interrupts) == "unmoved"


async def test_a_terminal_signals_the_parent_alone() -> None:
    assert await run_in_child(functions.process_group) != os.getpgrp()


async def test_logs_go_through_the_parents_logging(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        await run_in_child(functions.log)
    assert ("child", logging.WARNING, "song 1 of 2") in caplog.record_tuples
    assert capfd.readouterr().out == ""


async def test_libraries_are_as_quiet_as_in_the_parent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await run_in_child(functions.log_as_library, "numba.core")
    assert [record.message for record in caplog.records if record.name == "numba.core"] == [
        "a word of weight"
    ]


async def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    note = tmp_path / "process id"
    program = (
        "import asyncio, pathlib, sys\n"
        "from chatbot.jobs.child import run_in_child\n"
        "from tests.chatbot.jobs import child_functions\n"
        "note = pathlib.Path(sys.argv[1])\n"
        "asyncio.run(run_in_child(child_functions.write_own_id, note))\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(note))
    deadline = time.monotonic() + 20
    while not note.exists() or not note.read_text():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    parent.kill()
    await parent.wait()
    await until_dead(int(note.read_text()))
