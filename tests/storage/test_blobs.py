from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.blobs import Blobs
from storage.errors import BlobMissing, InvalidKey, TooLarge
from tests.storage import bucket


@pytest.fixture(params=["directory", "memory", "bucket"])
def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Blobs]:
    if request.param == "directory":
        yield Blobs.open((tmp_path / "blobs").as_uri())
    elif request.param == "memory":
        yield Blobs.open("memory://")
    else:
        with bucket.serving() as served:
            monkeypatch.setenv("AWS_ENDPOINT", served.endpoint)
            monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            yield Blobs.open("s3://music/songnet")
            assert served.parts == {}
            assert all(key.startswith("songnet/") for key in served.objects)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def directory(root: Path) -> Blobs:
    return Blobs.open(root.as_uri())


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_stream_comes_back_as_it_went(blobs: Blobs) -> None:
    info = await blobs.put_stream("users/1/uploads/a", stream(b"one", b"", b"two"), max_bytes=6)
    assert await blobs.read("users/1/uploads/a") == b"onetwo"
    assert (info.key, info.byte_size) == ("users/1/uploads/a", 6)
    assert info.sha256 == hashlib.sha256(b"onetwo").hexdigest()


async def test_an_empty_stream_is_a_blob(blobs: Blobs) -> None:
    assert (await blobs.put_stream("empty", stream(), max_bytes=0)).byte_size == 0
    assert await blobs.read("empty") == b""


async def test_a_file_of_many_chunks_goes_and_comes_back(blobs: Blobs, tmp_path: Path) -> None:
    content = os.urandom(7_000_001)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    stored = await blobs.put_file("big", source)
    fetched = await blobs.fetch("big", target)
    assert target.read_bytes() == content
    assert stored == fetched
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_a_stream_over_the_cap_leaves_nothing(blobs: Blobs) -> None:
    with pytest.raises(TooLarge) as caught:
        await blobs.put_stream("users/1/a", stream(b"123", b"456"), max_bytes=5)
    assert (caught.value.limit, caught.value.allowed) == ("max_bytes", 5)
    assert await blobs.list() == []
    assert await blobs.sweep_temporary() == 0


async def test_a_stream_that_breaks_leaves_nothing_and_says_why(blobs: Blobs) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError("the platform hung up")

    with pytest.raises(ConnectionError, match="hung up"):
        await blobs.put_stream("users/1/a", broken(), max_bytes=100)
    assert await blobs.list() == []
    assert await blobs.sweep_temporary() == 0


async def test_a_cancelled_stream_leaves_nothing(blobs: Blobs) -> None:
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"half"
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put_stream("users/1/a", endless(), max_bytes=100))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await blobs.list() == []
    assert await blobs.sweep_temporary() == 0


async def test_what_is_not_there_is_named(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(BlobMissing) as caught:
        await blobs.read("users/1/nothing")
    assert caught.value.key == "users/1/nothing"
    with pytest.raises(BlobMissing):
        await blobs.fetch("users/1/nothing", tmp_path / "target")
    assert not (tmp_path / "target").exists()


async def test_a_folder_is_no_blob(directory: Blobs) -> None:
    await directory.put_stream("users/1/a", stream(b"1"), max_bytes=9)
    with pytest.raises(BlobMissing):
        await directory.read("users/1")
    with pytest.raises(BlobMissing):
        await directory.read("users/1/a/b")


async def test_deleting_is_idempotent(blobs: Blobs) -> None:
    for key in ("a", "b", "c"):
        await blobs.put_stream(key, stream(b"x"), max_bytes=9)
    await blobs.delete(["missing", "a", "b"])
    await blobs.delete(["a", "b"])
    await blobs.delete([])
    assert [blob.key for blob in await blobs.list()] == ["c"]


async def test_a_prefix_names_whole_words(blobs: Blobs) -> None:
    for key in ("users/1/a", "users/1/b/c", "users/12/a", "other"):
        await blobs.put_stream(key, stream(b"xy"), max_bytes=9)
    listed = await blobs.list("users/1/")
    assert [(blob.key, blob.byte_size) for blob in listed] == [("users/1/a", 2), ("users/1/b/c", 2)]
    await blobs.delete_prefix("users/1/")
    await blobs.delete_prefix("users/1/")
    assert [blob.key for blob in await blobs.list()] == ["other", "users/12/a"]


async def test_a_prefix_goes_while_others_delete_in_it(directory: Blobs) -> None:
    keys = [f"users/1/uploads/{number}" for number in range(200)]
    for key in keys:
        await directory.put_stream(key, stream(b"x"), max_bytes=9)
    await asyncio.gather(directory.delete(keys[::2]), directory.delete_prefix("users/1/"))
    assert await directory.list() == []


async def test_a_prefix_goes_while_others_write_into_it(directory: Blobs) -> None:
    async def write() -> None:
        for number in range(100):
            await directory.put_stream(f"users/1/{number}", stream(b"x"), max_bytes=9)

    writing = asyncio.create_task(write())
    while not writing.done():
        await directory.delete_prefix("users/1/")
    await directory.delete_prefix("users/1/")
    assert await directory.list() == []


@pytest.mark.parametrize(
    "key",
    ["", "/", "/a", "a/", "a//b", "..", "a/../b", "../a", ".temporary/a", "a/.b", "a b", "a\\b",
     "a\n", "ä", "a\0", "-a", "x" * 513],
)  # fmt: skip
async def test_keys_that_could_leave_the_store_are_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(InvalidKey):
        await blobs.put_stream(key, stream(b"x"), max_bytes=9)
    with pytest.raises(InvalidKey):
        await blobs.read(key)
    with pytest.raises(InvalidKey):
        await blobs.delete([key])


@pytest.mark.parametrize("prefix", ["", "users", "../", "/", "a/../"])
async def test_a_prefix_that_could_delete_too_much_is_refused(blobs: Blobs, prefix: str) -> None:
    with pytest.raises(InvalidKey):
        await blobs.delete_prefix(prefix)


async def test_files_and_directories_are_for_their_owner_only(directory: Blobs, root: Path) -> None:
    await directory.put_stream("users/1/uploads/a", stream(b"x"), max_bytes=9)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()}
    folders = {
        stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")] if path.is_dir()
    }
    assert modes == {0o600}
    assert folders == {0o700}


async def test_a_sweep_takes_what_the_dead_left_and_nothing_that_is_being_written(
    directory: Blobs, root: Path
) -> None:
    dying = (
        "import asyncio, os, sys\n"
        "from storage.blobs import Blobs\n"
        "async def stream():\n"
        "    yield b'half a file'\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(Blobs.open(sys.argv[1]).put_stream('a', stream(), max_bytes=99))\n"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", dying, root.as_uri()])
    assert len(list((root / ".temporary").iterdir())) == 1

    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"half"
        reached.set()
        await go_on.wait()
        yield b" and the rest"

    writing = asyncio.create_task(directory.put_stream("b", slow(), max_bytes=99))
    await reached.wait()
    assert await directory.sweep_temporary() == 1
    go_on.set()
    await writing
    assert [blob.key for blob in await directory.list()] == ["b"]
    assert await directory.read("b") == b"half and the rest"
    assert list((root / ".temporary").iterdir()) == []


def folders_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir()}


async def test_no_empty_folder_stays(directory: Blobs, root: Path) -> None:
    for key in ("users/1/uploads/a", "users/1/uploads/b", "users/2/uploads/c"):
        await directory.put_stream(key, stream(b"x"), max_bytes=9)
    await directory.delete(["users/1/uploads/a", "users/2/uploads/c"])
    assert folders_in(root) == {".temporary", "users", "users/1", "users/1/uploads"}


async def test_a_sweep_takes_folders_that_a_kill_left_empty(directory: Blobs, root: Path) -> None:
    await directory.put_stream("users/2/uploads/c", stream(b"x"), max_bytes=9)
    (root / "users/1/uploads").mkdir(parents=True)
    await directory.sweep_temporary()
    assert folders_in(root) == {".temporary", "users", "users/2", "users/2/uploads"}


async def test_folders_that_come_and_go_lose_nothing(directory: Blobs) -> None:
    async def come_and_go(name: str) -> None:
        for _ in range(50):
            await directory.put_stream(f"users/1/uploads/{name}", stream(b"x"), max_bytes=9)
            assert await directory.read(f"users/1/uploads/{name}") == b"x"
            await directory.delete([f"users/1/uploads/{name}"])

    await asyncio.gather(*map(come_and_go, "abc"))


@pytest.mark.parametrize("url", ["file://host/path", "file:relative", "nonsense"])
def test_a_url_that_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Blobs.open(url)


def test_a_path_with_spaces_and_signs_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "my données #1 %20"
    Blobs.open(path.as_uri())
    assert path.is_dir()
