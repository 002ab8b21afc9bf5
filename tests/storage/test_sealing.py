from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from storage.sealing import SECRET_BYTES, Secret, Unsealable, seal_stream, unseal_stream

MEGABYTE = 1 << 20


def a_secret() -> Secret:
    return Secret(os.urandom(SECRET_BYTES))


async def pieces(content: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def sealed(secret: Secret, content: bytes, name: str = "a") -> bytes:
    return b"".join([chunk async for chunk in seal_stream(secret, name, pieces(content))])


async def unsealed(secret: Secret, content: bytes, name: str = "a") -> bytes:
    return b"".join([chunk async for chunk in unseal_stream(secret, name, pieces(content))])


def test_a_value_comes_back_and_never_looks_the_same() -> None:
    secret = a_secret()
    assert secret.unseal(secret.seal(b"Faded")) == b"Faded"
    assert secret.seal(b"Faded") != secret.seal(b"Faded")
    assert b"Faded" not in secret.seal(b"Faded")


def test_a_digest_is_the_same_for_the_same_secret_use_and_value_alone() -> None:
    secret = a_secret()
    assert secret.digest("a", b"Faded") == secret.digest("a", b"Faded")
    others = [
        secret.digest("b", b"Faded"),
        secret.digest("a", b"x"),
        a_secret().digest("a", b"Faded"),
    ]
    assert len({secret.digest("a", b"Faded"), *others}) == 4


@pytest.mark.parametrize("change", [b"", b"\x01", b"\x02" + b"x" * 40, b"\x01" + b"x" * 40])
def test_a_value_of_somebody_else_is_refused(change: bytes) -> None:
    with pytest.raises(Unsealable):
        a_secret().unseal(change)
    with pytest.raises(Unsealable):
        a_secret().unseal(a_secret().seal(b"Faded"))


@pytest.mark.parametrize("size", [0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE + 7])
async def test_a_stream_comes_back(size: int) -> None:
    secret, content = a_secret(), os.urandom(size)
    stored = await sealed(secret, content)
    assert await unsealed(secret, stored) == content
    assert size == 0 or content[:1000] not in stored or size < 8


async def test_a_stream_is_bound_to_secret_and_name() -> None:
    secret = a_secret()
    stored = await sealed(secret, b"Faded", "users/7/models/a")
    for other, name in ((a_secret(), "users/7/models/a"), (secret, "users/7/models/b")):
        with pytest.raises(Unsealable):
            await unsealed(other, stored, name)


async def test_a_stream_cannot_be_cut_turned_or_lengthened() -> None:
    secret = a_secret()
    content = os.urandom(2 * MEGABYTE + 5)
    stored = await sealed(secret, content)
    head, segment = 40, MEGABYTE + 16
    first, second = (
        stored[head + number * segment : head + (number + 1) * segment] for number in (0, 1)
    )
    last = stored[head + 2 * segment :]
    flipped = bytearray(stored)
    flipped[-1] ^= 1
    for damaged in (
        b"",
        stored[:10],
        stored[:-1],
        stored[: head + segment],
        stored[: head + 2 * segment],
        stored[:head] + second + first + last,
        stored[:head] + first + last,
        stored + b"x",
        bytes(flipped),
        content,
    ):
        with pytest.raises(Unsealable):
            await unsealed(secret, damaged)
