from __future__ import annotations

import asyncio
import json
import os
import pickle
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from storage import Storage, SweepReport, errors, tables
from storage.blobs import Blobs, open_store
from storage.database import Database
from storage.imports import ChatAddress, MessageAddress, NewUpload
from storage.keys import Keys
from storage.pairing import check_keys
from storage.postings import Posting

WORDS = ("Für immer ab jetzt", "Johannes Oerding", "my_spotify_data.zip", "d-4711-e", "chat-4712")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


async def content(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def live(storage: Storage, platform_id: str, words: tuple[str, ...], directory: Path) -> int:
    """A person who has done everything once, and whose every row and blob holds all words."""
    everything = " ".join(words)
    user_id = await storage.users.resolve("discord", platform_id)
    import_id, key = f"i-{user_id}", f"users/{user_id}/uploads/i-{user_id}-0"
    data = everything.encode()
    await storage.blobs.put_stream(key, content(data), max_bytes=1000)
    await storage.imports.create(
        import_id,
        user_id,
        ChatAddress("discord", everything, is_private=True),
        [NewUpload(f"{import_id}-0", everything, len(data), key)],
    )
    await storage.imports.set_message(import_id, MessageAddress("discord", everything, everything))
    await storage.imports.set_report(import_id, {"top": [everything] * 500})
    await storage.imports.set_failure(import_id, "bug", {"near": everything})
    file = directory / f"file-{user_id}"
    file.write_bytes(data)
    await storage.histories.replace(
        user_id, file, plays=1, tracks=1, first_play=NOW, last_play=NOW, expected_version=0
    )
    model = await storage.models.save(user_id, file, history_version=1, facts={"top": everything})
    await storage.models.activate(model.id)
    for number in range(30):  # enough to split pages
        await storage.playlists.add(
            f"p-{user_id}-{number}",
            user_id,
            model_id=model.id,
            seeds=[{"title": everything}],
            tracks=[{"title": f"{everything} {position}"} for position in range(number)],
            options={"query": everything},
        )
    await storage.avoided.add(user_id, {"track_id": "a", "title": everything})
    share_id = await storage.shares.add(f"p-{user_id}-1", user_id)
    await storage.shares.vote(share_id, user_id, is_up=True)
    posted = Posting("discord", everything, everything, "en")
    await storage.postings.add_to_share(share_id, posted, most=5, lifetime=timedelta(days=1))
    for number in range(0, 30, 3):
        await storage.playlists.delete(f"p-{user_id}-{number}")
    await storage.preferences.change(user_id, timezone=everything)
    await storage.undelivered.add(user_id, {"command": everything})
    await storage.gathered.add(f"g-{user_id}", user_id, {"name": everything}, timedelta(days=1))
    await storage.blends.add(f"b-{user_id}", user_id, {"songs": everything}, timedelta(days=1))
    await storage.blends.consent(f"b-{user_id}", user_id, {"asker": everything})
    await storage.join_codes.put(user_id, f"{everything} {user_id}", timedelta(minutes=1))
    await storage.links.put(everything, "spotify:track:1", NOW)
    file.unlink()
    return user_id


def holding(directory: Path, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which words stand in which files, in any form in which we write."""
    return [
        (path.name, word)
        for path in directory.rglob("*")
        for word in words
        if word in path.name
        or (
            path.is_file()
            and any(
                form in path.read_bytes()
                for form in (word.encode(), json.dumps(word)[1:-1].encode(), word.encode("utf-16-le"))
            )
        )
    ]  # fmt: skip


async def sealed_of(storage: Storage, user_id: int) -> list[bytes]:
    """What stands in the database of a person, sealed."""
    async with storage.database.reading() as connection:
        return [
            value
            for table in tables.metadata.sorted_tables
            if "user_id" in table.c
            for row in await connection.execute(table.select().where(table.c.user_id == user_id))
            for value in row
            if isinstance(value, bytes)
        ]


def held(directory: Path, contents: Sequence[bytes]) -> int:
    """How many of the contents stand in some file."""
    files = [path.read_bytes() for path in directory.rglob("*") if path.is_file()]
    # A long one may be split over several pages of a database.
    return sum(any(content[:100] in file for file in files) for content in contents)


async def test_of_a_deleted_person_no_byte_remains(tmp_path: Path) -> None:
    data = tmp_path / "data"
    urls = f"sqlite+aiosqlite:///{data}/songnet.db", (data / "blobs").as_uri()
    storage, worker = await Storage.open(*urls), await Storage.open(*urls)
    try:
        other_words = ("Bohemian Rhapsody", "Queen", "theirs.zip", "d-1-x", "chat-2")
        other_id = await live(storage, "d-1-x", other_words, tmp_path)
        kept = await storage.everything_of(other_id)
        user_id = await live(worker, "d-4711-e", WORDS, tmp_path)
        assert holding(data, (*WORDS, *other_words)) == []
        secret = (data / "keys" / "users" / str(user_id)).read_bytes()
        digest = (await storage.keys.lookup()).digest("discord", "d-4711-e").encode()
        sealed = [*await sealed_of(storage, user_id), secret, digest]
        assert held(data, sealed) == len(sealed)
        others = await sealed_of(storage, other_id)

        await storage.delete_user(user_id)

        assert held(data, sealed) == 0
        assert await storage.everything_of(other_id) == kept
        assert await sealed_of(storage, other_id) == others
        assert held(data, others) == len(others)
    finally:
        await worker.close()
        await storage.close()
    assert held(data, sealed) == 0


async def test_a_deleted_person_has_no_rows_and_no_blobs(
    storage: Storage, other_id: int, tmp_path: Path
) -> None:
    user_id = await live(storage, "d-4711-e", WORDS, tmp_path)
    await storage.delete_user(user_id)
    await storage.delete_user(user_id)
    async with storage.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            if "user_id" in table.c:
                owners = await connection.scalars(table.select().with_only_columns(table.c.user_id))
                assert set(owners) <= {other_id}, table.name
    assert await storage.blobs.list("users/") == []


def test_every_row_of_a_person_goes_with_them() -> None:
    impersonal = {"users", "installation", "spotify_links", "spotify_budget"}
    for table in tables.metadata.sorted_tables:
        if table.name not in impersonal:
            (key,) = table.c.user_id.foreign_keys
            assert (key.target_fullname, key.ondelete) == ("users.id", "CASCADE")


async def test_everything_of_a_person_is_json_and_nothing_of_others(
    storage: Storage, tmp_path: Path
) -> None:
    await live(storage, "d-1-x", ("Bohemian Rhapsody",), tmp_path)
    user_id = await live(storage, "d-4711-e", WORDS, tmp_path)
    found = json.loads(json.dumps(await storage.everything_of(user_id), ensure_ascii=False))
    assert found["user"]["id"] == user_id
    assert found["identities"] == [{"platform": "discord", "platform_id": "d-4711-e"}]
    assert found["history"]["first_play"] == "2026-01-02T00:00:00+00:00"
    assert len(found["imports"]) == len(found["uploads"]) == len(found["models"]) == 1
    assert found["uploads"][0]["file_name"] == " ".join(WORDS)
    assert len(found["playlists"]) == 20
    assert len(found["shares"]) == len(found["votes"]) == 1
    assert found["avoided"][0]["track"]["title"] == " ".join(WORDS)
    assert found["undelivered"][0]["answer"] == {"command": " ".join(WORDS)}
    assert found["gathered"][0]["files"] == {"name": " ".join(WORDS)}
    assert found["preferences"]["chosen"] == {"timezone": " ".join(WORDS)}
    assert found["blends"][0]["request"] == {"songs": " ".join(WORDS)}
    assert found["consents"][0]["names"] == {"asker": " ".join(WORDS)}
    assert found["join_code"]["user_id"] == user_id
    assert "Rhapsody" not in json.dumps(found)


async def test_everything_of_nobody_is_nothing(storage: Storage) -> None:
    found = await storage.everything_of(777)
    assert found.pop("user") == {"id": 777, "created_at": None}
    assert not any(found.values())


async def test_a_sweep_takes_strays_and_leaves_what_is_used(
    storage: Storage, tmp_path: Path
) -> None:
    user_id = await live(storage, "d-4711-e", WORDS, tmp_path)
    before = await storage.everything_of(user_id), await storage.blobs.list()
    for kind in ("uploads", "histories", "models"):
        key = f"users/{user_id}/{kind}/stray"
        await storage.blobs.put_stream(key, content(b"x"), max_bytes=1)
    assert await storage.sweep(min_age=timedelta(0)) == SweepReport(3, 0, 0)
    assert (await storage.everything_of(user_id), await storage.blobs.list()) == before


async def test_a_sweep_leaves_bytes_whose_row_may_still_come(
    storage: Storage, user_id: int
) -> None:
    await storage.blobs.put_stream(f"users/{user_id}/uploads/new", content(b"x"), max_bytes=1)
    assert await storage.sweep() == SweepReport(0, 0, 0)
    assert len(await storage.blobs.list()) == 1


async def test_bytes_that_only_look_old_are_left(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    """As they do once the clock was set forward, or the machine slept, before their row came."""
    for kind in ("uploads", "models"):
        key = f"users/{user_id}/{kind}/new"
        await storage.blobs.put_stream(key, content(b"x"), max_bytes=1)
        os.utime(tmp_path / "data" / "blobs" / key, (0, 0))
    assert await storage.sweep() == SweepReport(0, 0, 0)
    assert await storage.sweep() == SweepReport(0, 0, 0)
    assert await storage.sweep(min_age=timedelta(0)) == SweepReport(2, 0, 0)


async def test_no_sweep_takes_raw_files_that_are_being_taken_in(
    storage: Storage, user_id: int
) -> None:
    prefix = f"users/{user_id}/uploads/i-"
    with storage.uploads.coming(prefix):
        await storage.blobs.put_stream(f"{prefix}0", content(b"x"), max_bytes=1)
        assert await storage.sweep(min_age=timedelta(0)) == SweepReport(0, 0, 0)
    assert await storage.sweep(min_age=timedelta(0)) == SweepReport(1, 0, 0)


async def test_the_only_bot_takes_raw_files_without_a_row_at_once(
    storage: Storage, user_id: int
) -> None:
    for kind in ("uploads", "histories"):
        key = f"users/{user_id}/{kind}/new"
        await storage.blobs.put_stream(key, content(b"x"), max_bytes=1)
    assert await storage.sweep(takes_uploads=False) == SweepReport(1, 0, 0)
    assert [blob.key for blob in await storage.blobs.list()] == [f"users/{user_id}/histories/new"]


@pytest.mark.parametrize(("days", "gone"), [(0, 0), (2, 1)])
async def test_the_only_bot_takes_who_came_to_nothing_a_day_ago(
    storage: Storage, user_id: int, tmp_path: Path, days: int, gone: int
) -> None:
    other_id = await live(storage, "d-4711-e", WORDS, tmp_path)
    async with storage.database.transaction() as connection:
        came = datetime.now(UTC) - timedelta(days=days)
        await connection.execute(update(tables.users).values(created_at=came))
    assert (await storage.sweep()).people == 0
    assert (await storage.sweep(takes_uploads=False)).people == gone
    assert await storage.keys.user_ids() == ({other_id} if gone else {user_id, other_id})


async def test_a_sweep_takes_at_once_what_a_cut_deletion_left(
    storage: Storage, user_id: int, tmp_path: Path
) -> None:
    deleted_id = await live(storage, "d-4711-e", WORDS, tmp_path)
    await storage.users.delete(deleted_id)
    await storage.blobs.put_stream(f"users/{user_id}/uploads/new", content(b"x"), max_bytes=1)
    assert await storage.sweep() == SweepReport(3, 0, 0)
    assert [blob.key for blob in await storage.blobs.list()] == [f"users/{user_id}/uploads/new"]


async def test_a_sweep_takes_rows_whose_bytes_are_gone(storage: Storage, user_id: int) -> None:
    lost = NewUpload("i-0", "lost.zip", 1, f"users/{user_id}/uploads/i-0")
    await storage.imports.create("i", user_id, ChatAddress("discord", "c", True), [lost])
    assert (await storage.sweep()).uploads == 1
    assert await storage.uploads.of_import("i") == []


async def test_opening_sets_everything_up_and_opening_again_finds_it(
    database_url: str, tmp_path: Path
) -> None:
    blobs_url = (tmp_path / "blobs").as_uri()
    storage = await Storage.open(database_url, blobs_url)
    user_id = await storage.users.resolve("console", "me")
    await storage.close()
    storage = await Storage.open(database_url, blobs_url)
    assert await storage.users.find("console", "me") == user_id
    await storage.close()


@pytest.mark.parametrize(
    ("database_url", "blobs_url", "words"),
    [
        ("sqlite+aiosqlite://", "memory://", r"The database cannot be opened: Expected sqlite"),
        ("no url", "memory://", "The database cannot be opened: Could not parse"),
        (
            "sqlite+aiosqlite:////proc/no/s.db",
            "memory://",
            "The database cannot be opened: .*/proc",
        ),
        ("postgresql+asyncpg://u:hush@127.0.0.1:1/s", "memory://", "The database .*127.0.0.1"),
        ("sqlite+aiosqlite:///{}/s.db", "file://a/b", "The place for files .*Expected file:"),
        ("sqlite+aiosqlite:///{}/s.db", "file:///proc/no", "The place for files .*/proc"),
        ("sqlite+aiosqlite:///{}/s.db", "s3://", "The place for files .*s3://"),
    ],
)
async def test_what_cannot_be_opened_is_told_in_one_line(
    tmp_path: Path, database_url: str, blobs_url: str, words: str
) -> None:
    with pytest.raises(errors.CannotOpen, match=words) as caught:
        await Storage.open(database_url.format(tmp_path), blobs_url)
    assert "\n" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.postgres
async def test_a_database_that_does_not_exist_is_told_in_one_line(postgres_url: str) -> None:
    with pytest.raises(errors.CannotOpen, match="does not exist"):
        await Storage.open(f"{postgres_url}_not", "memory://")


async def test_several_may_open_a_new_installation_at_once(
    database_url: str, tmp_path: Path
) -> None:
    blobs_url = (tmp_path / "blobs").as_uri()
    opened = await asyncio.gather(*(Storage.open(database_url, blobs_url) for _ in range(4)))
    async with opened[0].database.reading() as connection:
        (number,) = await connection.scalars(text("SELECT id FROM installation"))
    assert await opened[0].blobs.read("installation") == number.encode()
    await asyncio.gather(*(storage.close() for storage in opened))


async def test_blobs_of_another_database_are_refused_unharmed(
    database_url: str, tmp_path: Path
) -> None:
    blobs_url = (tmp_path / "blobs").as_uri()
    first = await Storage.open(f"sqlite+aiosqlite:///{tmp_path}/first.db", blobs_url)
    await first.blobs.put_stream("models/precious", content(b"x"), max_bytes=1)
    await first.close()
    with pytest.raises(errors.Mismatched, match=r"and this one is new\."):
        await Storage.open(database_url, blobs_url)
    await (await Storage.open(database_url, (tmp_path / "elsewhere" / "others").as_uri())).close()
    with pytest.raises(errors.Mismatched):
        await Storage.open(database_url, blobs_url)
    assert await Blobs.open(blobs_url).read("models/precious") == b"x"


async def test_a_moment_without_a_timezone_is_refused(storage: Storage) -> None:
    with pytest.raises(Exception, match="timezone"):
        await storage.links.put("a", None, datetime(2026, 1, 2))  # noqa: DTZ001 - that is the point


async def test_a_busy_log_is_reported_and_the_rows_are_gone_all_the_same(tmp_path: Path) -> None:
    database = Database.open(
        f"sqlite+aiosqlite:///{tmp_path}/songnet.db", busy_timeout_seconds=0.05
    )
    await database.migrate()
    keys = Keys.open((tmp_path / "keys").as_uri())
    await check_keys(database, keys)
    storage = Storage.over(database, open_store((tmp_path / "blobs").as_uri()), keys)
    user_id = await storage.users.resolve("console", "me")
    async with database.reading() as connection:
        await connection.execute(text("SELECT 1 FROM users"))
        with pytest.raises(errors.DatabaseBusy):
            await storage.delete_user(user_id)
    assert await storage.users.find("console", "me") is None
    await database.close()


@pytest.mark.parametrize(
    "error",
    [
        errors.CannotOpen("database", "nobody answers"),
        errors.DatabaseBusy(),
        errors.NewerSchema("2", "1"),
        errors.Mismatched(None, "a"),
        errors.Conflict("history", 1, 2),
        errors.RecordMissing("user"),
        errors.BlobMissing("a"),
        errors.CorruptBlob("a", "1", "2"),
        errors.CorruptBlob("a", None, "2"),
        errors.KeysMissing(),
        errors.InvalidKey(".."),
        errors.TooLarge("max_bytes", 5),
    ],
    ids=repr,
)
def test_errors_survive_the_way_between_processes(error: errors.StorageError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.__dict__, str(again)) == (type(error), error.__dict__, str(error))
    assert str(error)
