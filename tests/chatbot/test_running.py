"""How a bot begins and leaves."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from chatbot import running
from chatbot.jobs.child import run_in_child
from chatbot.settings import Settings
from tests.chatbot.jobs import child_functions
from tests.chatbot.jobs.test_child import until_dead


async def test_a_bot_leaves_at_once_while_it_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(running, "is_cold", lambda: True)
    monkeypatch.setattr(running, "compile_once", child_functions.sleep)
    monkeypatch.setattr(running, "run_in_child", partial(run_in_child, on_message=child.set_result))
    stop = asyncio.Event()
    settings = Settings(data=tmp_path, monitoring_port=0)
    serving = asyncio.create_task(running.run_bot(settings, [], with_worker=False, stop=stop))
    process_id = await child
    stop.set()
    await serving
    await until_dead(process_id)


async def test_what_fails_to_compile_is_told_and_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(running, "is_cold", lambda: True)
    monkeypatch.setattr(running, "compile_once", child_functions.stumble)
    await running._warm()
    assert "compiling failed" in caplog.text
