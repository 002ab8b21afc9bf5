"""What the first schema stored in the open is sealed on the way to the second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage import Storage, migrations
from storage.errors import Mismatched
from storage.users import Identity

WORDS = ("Für immer ab jetzt", "my_spotify_data.zip", "d-4711-e", "chat-4712")
MOMENT = "2026-01-02 00:00:00"
NUMBER = "0123456789abcdef0123456789abcdef"


def _first_schema(connection: Connection) -> None:
    config = migrations._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


async def _write(database_url: str, blobs: Path) -> None:
    """Two people, as the first schema kept them."""
    blobs.parent.mkdir(exist_ok=True)
    (blobs / "users/1/histories").mkdir(parents=True)
    (blobs / "users/1/histories/a").write_bytes(b"PAR1 Faded " * 200_000)
    (blobs / "users/1/models").mkdir()
    (blobs / "users/1/models/a").write_bytes(b"weights Faded")
    (blobs / "installation").write_text(NUMBER)
    chat = {"platform": "discord", "chat_id": "chat-4712", "is_private": True}
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(_first_schema)
        insertions: Sequence[tuple[str, dict[str, Any]]] = [
            ('installation ("only", id) VALUES (1, :id)', {"id": NUMBER}),
            (f"users (created_at) VALUES ('{MOMENT}')", {}),
            (f"users (created_at) VALUES ('{MOMENT}')", {}),
            ("identities VALUES ('discord', 'd-4711-e', 1)", {}),
            ("identities VALUES ('telegram', '7', 1)", {}),
            ("identities VALUES ('console', 'you', 2)", {}),
            (
                (
                    "imports (id, user_id, created_at, chat, file_names, report) "
                    f"VALUES ('i', 1, '{MOMENT}', :chat, :names, NULL)"
                ),
                {"chat": _as_json(chat), "names": _as_json([WORDS[1]])},
            ),
            (
                (
                    "uploads (id, import_id, user_id, position, file_name, byte_size, blob_key, "
                    f"created_at) VALUES ('i-0', 'i', 1, 0, :name, 1, 'users/1/uploads/i', '{MOMENT}')"
                ),
                {"name": _as_json(WORDS[1])},
            ),
            (
                (
                    "playlists (id, user_id, created_at, seeds, tracks, options) "
                    f"VALUES ('p', 2, '{MOMENT}', :seeds, :tracks, :options)"
                ),
                {
                    "seeds": _as_json([{"title": WORDS[0]}]),
                    "tracks": _as_json([]),
                    "options": _as_json({}),
                },
            ),
        ]
        for insertion, values in insertions:
            await connection.execute(text(f"INSERT INTO {insertion}"), values)
    await engine.dispose()


def _found(directory: Path) -> list[tuple[str, str]]:
    return [
        (path.name, word)
        for path in directory.rglob("*")
        if path.is_file()
        for word in (*WORDS, "Faded")
        if word.encode() in path.read_bytes()
    ]


async def test_old_rows_and_blobs_are_sealed_and_still_read(
    database_url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await _write(database_url, data / "blobs")
    assert _found(data)
    storage = await Storage.open(database_url, (data / "blobs").as_uri())
    try:
        assert _found(data) == []
        assert await storage.users.find("discord", "d-4711-e") == 1
        assert await storage.users.find("console", "you") == 2
        assert set(await storage.users.identities(1)) == {
            Identity("discord", "d-4711-e"),
            Identity("telegram", "7"),
        }
        (record,) = await storage.imports.of_user(1)
        assert (record.chat.chat_id, record.file_names) == ("chat-4712", (WORDS[1],))
        assert (record.report, record.message) == (None, None)
        assert [upload.file_name for upload in await storage.uploads.of_import("i")] == [WORDS[1]]
        (playlist,) = await storage.playlists.of_user(2)
        assert playlist.seeds == [{"title": WORDS[0]}]
        assert await storage.blobs.read("users/1/models/a") == b"weights Faded"
        assert await storage.blobs.read("users/1/histories/a") == b"PAR1 Faded " * 200_000
        await storage.users.resolve("discord", "new")
    finally:
        await storage.close()


async def test_sealing_goes_on_where_it_was_cut(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _write(database_url, tmp_path / "data" / "blobs")

    async def cut_short(self: Storage) -> None:
        await self.blobs._seal_open_one("users/1/histories/a")
        raise OSError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "seal_blobs", cut_short)
        with pytest.raises(OSError, match="the power went"):
            await Storage.open(database_url, (tmp_path / "data" / "blobs").as_uri())
    storage = await Storage.open(database_url, (tmp_path / "data" / "blobs").as_uri())
    try:
        assert await storage.blobs.read("users/1/histories/a") == b"PAR1 Faded " * 200_000
        assert await storage.blobs.read("users/1/models/a") == b"weights Faded"
        assert await storage.users.find("discord", "d-4711-e") == 1
    finally:
        await storage.close()


async def test_old_rows_are_not_sealed_with_the_keys_of_another_installation(
    database_url: str, tmp_path: Path
) -> None:
    await _write(database_url, tmp_path / "data" / "blobs")
    keys = tmp_path / "data" / "keys"
    keys.mkdir()
    (keys / "installation").write_text("f" * 32)
    with pytest.raises(Mismatched):
        await Storage.open(database_url, (tmp_path / "data" / "blobs").as_uri())
    assert [path.name for path in keys.iterdir() if path.is_file()] == ["installation"]
