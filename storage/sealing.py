"""How bytes are sealed under a person's secret: authenticated encryption, AES-256-GCM.

Once the secret is destroyed, what was sealed under it is noise wherever a copy lies: in a
database's log, in a replica, in a freed block of the disk.

A sealed *value* is `01`, a nonce of 12 bytes, the ciphertext with its tag. A sealed *stream* is
the magic, a salt of 32 bytes, and segments of one MiB with a tag each, under a key that is derived
from secret, salt and name for this stream alone. A segment's nonce is its number and whether it is
the last, so that none can be left out, repeated or moved; the construction is that of
Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance" (2015), as age and Tink use it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
MAGIC = b"snsealed"

_VALUE_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SALT_BYTES = 32
_SEGMENT_BYTES = 1 << 20


class Unsealable(Exception):
    """The bytes were not sealed under this secret and name, or they are damaged."""


class Secret:
    """What everything of one person is sealed under."""

    def __init__(self, key: bytes) -> None:
        # Zeros are what stands there for a moment while a secret is being destroyed.
        if len(key) != SECRET_BYTES or not any(key):
            raise Unsealable
        self._key = key
        self._values = AESGCM(key)

    def seal(self, value: bytes) -> bytes:
        """Seals a short value."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VALUE_VERSION + nonce + self._values.encrypt(nonce, value, None)

    def unseal(self, sealed: bytes) -> bytes:
        """The value again.

        Raises:
            Unsealable: it was sealed under another secret, or it is damaged.
        """
        if sealed[:1] != _VALUE_VERSION:
            raise Unsealable
        nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._values.decrypt(nonce, content, None)
        except (InvalidTag, ValueError):
            raise Unsealable from None

    def digest(self, name: str, value: bytes) -> str:
        """The value's HMAC-SHA-256, in hex, under a key that is derived for this use alone."""
        key = HKDF(
            algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=b"digest " + name.encode()
        )
        return hmac.new(key.derive(self._key), value, hashlib.sha256).hexdigest()

    def for_stream(self, name: str, salt: bytes) -> AESGCM:
        """The cipher of one stream alone."""
        derivation = HKDF(
            algorithm=SHA256(), length=SECRET_BYTES, salt=salt, info=b"stream " + name.encode()
        )
        return AESGCM(derivation.derive(self._key))


async def seal_stream(
    secret: Secret, name: str, chunks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """A stream, sealed under a name that it has to be read with."""
    salt = os.urandom(_SALT_BYTES)
    cipher = secret.for_stream(name, salt)
    yield MAGIC + salt
    waiting = bytearray()
    number = 0
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) > _SEGMENT_BYTES:
            segment = bytes(waiting[:_SEGMENT_BYTES])
            del waiting[:_SEGMENT_BYTES]
            yield await asyncio.to_thread(cipher.encrypt, _nonce(number, last=False), segment, None)
            number += 1
    yield await asyncio.to_thread(cipher.encrypt, _nonce(number, last=True), bytes(waiting), None)


async def unseal_stream(
    secret: Secret, name: str, chunks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The stream again, piece by piece; each piece is authentic.

    Raises:
        Unsealable: at the first segment that is not what was sealed, and at a missing end.
    """
    waiting = bytearray()
    cipher: AESGCM | None = None
    number = 0
    try:
        async for chunk in chunks:
            waiting += chunk
            if cipher is None and len(waiting) >= len(MAGIC) + _SALT_BYTES:
                cipher = _read_head(secret, name, waiting)
            while cipher is not None and len(waiting) > _SEGMENT_BYTES + _TAG_BYTES:
                segment = bytes(waiting[: _SEGMENT_BYTES + _TAG_BYTES])
                del waiting[: _SEGMENT_BYTES + _TAG_BYTES]
                nonce = _nonce(number, last=False)
                yield await asyncio.to_thread(cipher.decrypt, nonce, segment, None)
                number += 1
        if cipher is None:
            raise Unsealable
        nonce = _nonce(number, last=True)
        yield await asyncio.to_thread(cipher.decrypt, nonce, bytes(waiting), None)
    except (InvalidTag, ValueError):
        raise Unsealable from None


def _read_head(secret: Secret, name: str, waiting: bytearray) -> AESGCM:
    """Takes magic and salt from the front."""
    if waiting[: len(MAGIC)] != MAGIC:
        raise Unsealable
    salt = bytes(waiting[len(MAGIC) : len(MAGIC) + _SALT_BYTES])
    del waiting[: len(MAGIC) + _SALT_BYTES]
    return secret.for_stream(name, salt)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([last])
