"""Files that people sent."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from chatbot.conversation.messages import Attachment, AttachmentUnavailable
from chatbot.frontends.telegram.attachments import safe_name
from chatbot.frontends.telegram.timing import Tempo
from tests.chatbot.frontends.telegram.clock import ManualClock
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_server import write_local_file

CONTENT = bytes(range(256)) * 4000


async def attachment(bench: Bench, **file: Any) -> Attachment:
    """What the conversation gets for a file."""
    name = file.pop("name", "my_data.zip")
    content = file.pop("content", CONTENT)
    bench.world.send_file(bench.person, name, content, **file)
    (command,) = await bench.script.wait_for()
    return command.attachments[0]


async def read(file: Attachment) -> bytes:
    return b"".join([chunk async for chunk in file.chunks()])


async def test_name_and_size_are_known_before_anything_is_fetched(bench: Bench) -> None:
    async with bench.serving():
        file = await attachment(bench)
        assert (file.name, file.size) == ("my_data.zip", len(CONTENT))
        assert bench.server.of("getFile") == []
        assert await read(file) == CONTENT


async def test_the_content_comes_in_pieces(bench: Bench) -> None:
    async with bench.serving():
        file = await attachment(bench)
        pieces = [len(piece) async for piece in file.chunks()]
    assert sum(pieces) == len(CONTENT)
    assert max(pieces) <= 256 * 1024


async def test_reading_can_stop_early(bench: Bench) -> None:
    async with bench.serving():
        file = await attachment(bench)
        async with aclosing(file.chunks()) as pieces:  # type: ignore[type-var]
            assert await anext(pieces)


async def test_a_file_over_the_limit_is_never_asked_for(bench: Bench) -> None:
    async with bench.serving() as front_end:
        file = await attachment(bench, claimed_size=20_000_001)
        with pytest.raises(AttachmentUnavailable) as refusal:
            await read(file)
        assert front_end.limits.attachment_bytes == 20_000_000
    assert (refusal.value.reason, refusal.value.limit_bytes) == ("too_large", 20_000_000)
    assert bench.server.of("getFile") == []


async def test_a_file_that_telegram_finds_too_big_is_too_large(bench: Bench) -> None:
    async with bench.serving():
        file = await attachment(bench, content=bytes(20_000_001), claimed_size=5)
        with pytest.raises(AttachmentUnavailable) as refusal:
            await read(file)
    assert refusal.value.reason == "too_large"


async def test_a_file_that_is_gone(bench: Bench) -> None:
    async with bench.serving():
        file = await attachment(bench)
        bench.world.files.clear()
        with pytest.raises(AttachmentUnavailable) as refusal:
            await read(file)
    assert refusal.value.reason == "gone"


async def test_a_broken_download_goes_on_where_it_broke(bench: Bench, clock: ManualClock) -> None:
    tempo = Tempo(gather_files=1)
    async with bench.serving(clock=clock, tempo=tempo):
        file = await attachment(bench)
        bench.server.broken_downloads = 2
        reading = asyncio.create_task(read(file))
        for seconds in (1, 2):
            await clock.wait_for_sleepers(1)
            assert clock.sleeping == [seconds]
            clock.advance(seconds)
            await asyncio.sleep(0)
        assert await reading == CONTENT


async def test_a_download_that_breaks_off_every_time_is_gone(bench: Bench) -> None:
    tempo = Tempo(gather_files=1, retries=0)
    async with bench.serving(tempo=tempo):
        file = await attachment(bench)
        bench.server.broken_downloads = 1
        with pytest.raises(AttachmentUnavailable) as refusal:
            await read(file)
    assert refusal.value.reason == "gone"
    assert bench.server.token not in repr(refusal.value.__context__)


async def test_a_local_server_hands_out_its_own_disk_and_big_files(
    bench: Bench, tmp_path: Path
) -> None:
    bench.server.local_mode = True
    content = bytes(21_000_000)
    path = write_local_file(tmp_path, "file_1.zip", content)
    async with bench.serving(local_mode=True) as front_end:
        file = await attachment(bench, content=content, path=path)
        assert len(await read(file)) == len(content)
        assert front_end.limits.attachment_bytes == 2_000_000_000


async def test_a_local_servers_disk_that_is_not_shared(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench.serving(local_mode=True):
        file = await attachment(bench, path="/var/lib/telegram-bot-api/x/file_1.zip")
        with pytest.raises(AttachmentUnavailable) as refusal:
            await read(file)
    assert refusal.value.reason == "gone"
    assert "local Bot API server" in caplog.text


async def test_a_path_that_happens_to_lie_in_the_current_folder_is_not_read(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "documents").mkdir()
    write_local_file(tmp_path / "documents", "file_1.bin", b"somebody else's")
    async with bench.serving():
        file = await attachment(bench, path="documents/file_1.bin")
        assert await read(file) == CONTENT


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my_spotify_data.zip", "my_spotify_data.zip"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\data.zip", "data.zip"),
        ("a\x00b\n<c>.json", "ab c.json"),
        ("\u202egpj.zip", "gpj.zip"),
        ("...", "file"),
        (".json", "json"),
        ("", "file"),
        (None, "file"),
        ("音楽 データ.zip", "音楽 データ.zip"),
        ("x" * 300 + ".json", "x" * 119 + "….json"),
    ],
)
def test_names_are_made_safe(name: str | None, expected: str) -> None:
    assert safe_name(name) == expected
