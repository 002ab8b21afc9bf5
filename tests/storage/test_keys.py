from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from storage import Storage
from storage.database import Database
from storage.errors import BlobMissing, KeysMissing, Mismatched, RecordMissing
from storage.imports import ChatAddress
from storage.keys import Keys, keys_url_beside
from tests.storage.test_storage import NOW, content, live


def key_files(data: Path) -> list[Path]:
    return sorted((data / "keys" / "users").iterdir())


async def test_everybody_has_a_secret_that_goes_with_them(
    storage: Storage, user_id: int, other_id: int, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in key_files(tmp_path / "data")}
    assert set(before) == {str(user_id), str(other_id)}
    assert len(set(before.values())) == 2
    await storage.delete_user(user_id)
    (left,) = key_files(tmp_path / "data")
    assert (left.name, left.read_bytes()) == (str(other_id), before[str(other_id)])
    with pytest.raises(RecordMissing):
        await storage.keys.secret(user_id)


async def test_a_secret_is_overwritten_before_it_is_deleted(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    (path,) = key_files(tmp_path / "data")
    with path.open("rb") as still_open:
        await storage.delete_user(user_id)
        assert still_open.read() == bytes(32)
    assert not path.exists()


async def test_what_is_left_of_a_secret_while_it_is_destroyed_opens_and_seals_nothing(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    await storage.avoided.add(user_id, {"track_id": "a"})
    (path,) = key_files(tmp_path / "data")
    path.write_bytes(bytes(32))
    another = Keys.open(keys_url_beside(f"file://{tmp_path / 'data' / 'blobs'}"))
    assert await another.secrets([user_id]) == {}
    with pytest.raises(RecordMissing):
        await another.secret(user_id)


async def test_keys_are_for_their_owner_only(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    keys = tmp_path / "data" / "keys"
    for path in (keys, *keys.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_nothing_is_written_for_a_person_who_is_gone(
    storage: Storage, user_id: int, other_id: int, tmp_path: Path
) -> None:
    await storage.delete_user(user_id)
    file = tmp_path / "file"
    file.write_bytes(b"Faded")
    chat = ChatAddress("console", "me", is_private=True)
    playlist = {"model_id": None, "seeds": [], "tracks": [], "options": {}}
    for writing in (
        storage.blobs.put_stream(f"users/{user_id}/uploads/a", content(b"x"), max_bytes=1),
        storage.blobs.put_file(f"users/{user_id}/models/a", file),
        storage.imports.create("i", user_id, chat, []),
        storage.models.save(user_id, file, history_version=1, facts={}),
        storage.playlists.add("p", user_id, **playlist),
        storage.histories.replace(
            user_id, file, plays=1, tracks=1, first_play=NOW, last_play=NOW, expected_version=0
        ),
    ):
        with pytest.raises(RecordMissing):
            await writing
    assert await storage.blobs.list() == []
    assert [path.name for path in key_files(tmp_path / "data")] == [str(other_id)]


async def test_what_a_gone_person_left_cannot_be_read(storage: Storage, user_id: int) -> None:
    key = f"users/{user_id}/models/a"
    await storage.blobs.put_stream(key, content(b"Faded"), max_bytes=5)
    await storage.keys.destroy([user_id])
    with pytest.raises(BlobMissing):
        await storage.blobs.read(key)


async def test_rows_of_a_person_who_is_just_going_are_passed_over(
    storage: Storage, tmp_path: Path
) -> None:
    user_id = await live(storage, "d-4711", ("Faded",), tmp_path)
    other_id = await live(storage, "d-1", ("Bohemian Rhapsody",), tmp_path)
    await storage.keys.destroy([user_id])
    assert [record.user_id for record in await storage.imports.unannounced()] == [other_id]
    assert await storage.imports.get(f"i-{user_id}") is None
    assert await storage.imports.set_report(f"i-{user_id}", {}) is False
    assert await storage.uploads.of_import(f"i-{user_id}") == []
    assert await storage.models.active(user_id) is None
    assert await storage.playlists.of_user(user_id) == []
    assert await storage.users.identities(user_id) == []


async def test_a_sweep_destroys_the_secret_that_a_cut_deletion_left(
    storage: Storage, user_id: int, other_id: int, tmp_path: Path
) -> None:
    await storage.users.delete(user_id)
    assert len(key_files(tmp_path / "data")) == 2
    await storage.sweep()
    assert [path.name for path in key_files(tmp_path / "data")] == [str(other_id)]


async def test_a_sweep_leaves_the_secret_of_a_person_who_is_being_entered(
    storage: Storage, user_id: int
) -> None:
    sweeps = [asyncio.create_task(storage.sweep()) for _ in range(3)]
    entered = await asyncio.gather(
        *(storage.users.resolve("discord", f"new-{number}") for number in range(10))
    )
    await asyncio.gather(*sweeps)
    for entered_id in entered:
        assert await Keys(lambda: storage.keys.store).secret(entered_id)


async def test_the_database_holds_no_platform_id(
    storage: Storage, database: Database, user_id: int
) -> None:
    async with database.reading() as connection:
        row = (await connection.exec_driver_sql("SELECT * FROM identities")).one()
    assert "d-1" not in repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
    assert await storage.users.find("discord", "d-1") == user_id


async def test_lost_keys_are_refused_and_nothing_is_made_anew(
    database_url: str, tmp_path: Path
) -> None:
    places = database_url, (tmp_path / "blobs").as_uri()
    storage = await Storage.open(*places)
    await storage.users.resolve("discord", "d-1")
    await storage.close()
    kept = {
        path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir() if path.is_file()
    }
    (tmp_path / "keys" / "lookup").unlink()
    with pytest.raises(KeysMissing):
        await Storage.open(*places)
    (tmp_path / "keys" / "lookup").write_bytes(bytes(32))
    with pytest.raises(KeysMissing):
        await Storage.open(*places)
    (tmp_path / "keys" / "lookup").write_bytes(kept["lookup"])
    storage = await Storage.open(*places)
    assert await storage.users.find("discord", "d-1") == 1
    await storage.close()


async def test_keys_of_another_installation_are_refused(database_url: str, tmp_path: Path) -> None:
    other = await Storage.open(
        f"sqlite+aiosqlite:///{tmp_path}/other.db",
        (tmp_path / "other-blobs").as_uri(),
        (tmp_path / "keys").as_uri(),
    )
    await other.users.resolve("discord", "d-1")
    await other.close()
    before = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    with pytest.raises(Mismatched):
        await Storage.open(
            database_url, (tmp_path / "blobs").as_uri(), (tmp_path / "keys").as_uri()
        )
    assert {path: path.read_bytes() for path in before} == before


def test_the_keys_stand_beside_the_blobs() -> None:
    assert keys_url_beside("file:///data/blobs") == "file:///data/keys"
    assert keys_url_beside("s3://bucket/prefix/") == "s3://bucket/prefix/keys"
