"""Files that the console sends and saves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatbot.conversation.messages import (
    AttachmentUnavailable,
    Command,
    Document,
    Reply,
    Responder,
)
from tests.chatbot.drivers.console import console_driver
from tests.chatbot.frontends.console.scripted import (
    Scripted,
    in_memory,
    serving,
)


async def test_files_stream_in_pieces(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "my export.zip").write_bytes(content)
    received: list[bytes] = []

    async def answer(command: Command, responder: Responder) -> None:
        (file,) = command.attachments
        assert (file.name, file.size) == ("my export.zip", 3_000_000)
        received.extend([piece async for piece in file.chunks()])
        await responder.send(Reply("taken"))

    async with console_driver(serving(Scripted({"import": answer}))) as driver:
        await driver.send_files(tmp_path / "my export.zip")
        await driver.wait_for(lambda seen: "taken" in seen.text)
    assert len(received) > 1
    assert b"".join(received) == content


async def test_a_file_that_vanished_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "gone.zip"
    path.write_bytes(b"x")
    reasons = []

    async def answer(command: Command, responder: Responder) -> None:
        path.unlink()
        with pytest.raises(AttachmentUnavailable) as caught:
            [piece async for piece in command.attachments[0].chunks()]
        reasons.append(caught.value.reason)

    await in_memory(f"/import {path}\n", Scripted({"import": answer}))
    assert reasons == ["gone"]


async def test_a_missing_path_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    script = Scripted()
    printed = await in_memory(f"/import {tmp_path}/a.json {tmp_path}/b.json\n", script)
    assert [file.name for file in (await script.next_command()).attachments] == ["a.json"]
    assert f"There is no file '{tmp_path}/b.json'." in printed


async def test_a_document_is_saved_beside_what_was_there(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"new")
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / "songnet.zip").write_bytes(b"old")

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("All of it.", document=Document("songnet.zip", source)))
        source.unlink()

    script = Scripted({"help": answer})
    async with console_driver(serving(script), documents_dir=downloads) as driver:
        await driver.command("/help")
        seen = await driver.wait_for(lambda seen: bool(seen.documents))
        assert seen.documents == ("songnet-1.zip",)
        assert await driver.read_document("songnet-1.zip") == b"new"
    assert (downloads / "songnet.zip").read_bytes() == b"old"


async def test_a_document_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"new")

    async def answer(command: Command, responder: Responder) -> None:
        await responder.send(Reply("All of it.", document=Document("a.zip", source)))

    printed = await in_memory("/help\n", Scripted({"help": answer}), documents_dir=source)
    assert f"a.zip could not be written to {source}: File exists." in printed
