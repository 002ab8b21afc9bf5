"""One file for all that a trained recommender is: safetensors, which runs no code when it is read.

The header's metadata hold one JSON document with the format's version, the facts, and a SHA-256
over everything else, so that a damaged file is noticed and not believed. The library stands in the
tensor `library` as the bytes of another one. https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from songnet.errors import BrokenModel, NotAModel, UnknownModelVersion

KEY: Final = "songnet"
LIBRARY: Final = "library"
VERSION: Final = 2
KNOWN_VERSIONS: Final = (1, VERSION)
"""1 held counts of transitions in place of the plays, until songnet 0.1.0."""
_HEADER_LENGTH_BYTES: Final = 8
_MARKS: Final = (b"__metadata__", KEY.encode())
"""Both stand at the beginning of a model file, so that one flipped bit leaves one of them."""
_BEGINNING_BYTES: Final = 64

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds."""

    facts: dict[str, Any]
    """Plain JSON values."""
    arrays: Arrays
    library: dict[str, list[Any]]
    """The columns of the library."""
    version: int = VERSION
    """Which version of the format it was read from."""


class _Header(msgspec.Struct):
    """What stands in the metadata, under `KEY`: safetensors keeps no order among several keys."""

    version: int
    facts: dict[str, Any]
    sha256: str = ""


class _Metadata(msgspec.Struct):
    """The part of a safetensors header that describes no tensor."""

    metadata: dict[str, str] = msgspec.field(default_factory=dict, name="__metadata__")


def encode(content: ModelFile) -> bytes:
    """The bytes of a model file; equal content gives equal bytes."""
    arrays = {name: np.ascontiguousarray(array) for name, array in content.arrays.items()}
    arrays[LIBRARY] = np.frombuffer(msgspec.json.encode(content.library), np.uint8)
    header = _Header(VERSION, content.facts)
    header.sha256 = _digest(header, arrays)
    return safetensors.save(arrays, {KEY: _json(header)})


def decode(data: bytes, name: str) -> ModelFile:
    """Reads the bytes of a model file.

    Args:
        data: the whole file.
        name: what to call the file in an error.

    Raises:
        BrokenModel: truncated or changed.
        NotAModel: no model file at all.
        UnknownModelVersion: written by another version of songnet.
    """
    beginning = data[:_BEGINNING_BYTES]
    # What is shorter may be the first bytes of anything.
    if len(beginning) == _BEGINNING_BYTES and not any(mark in beginning for mark in _MARKS):
        raise NotAModel(name, "no header of a songnet model")
    try:
        header = _header(data)
    except (ValueError, LookupError, TypeError, msgspec.MsgspecError) as error:
        raise BrokenModel(name, "no header of a songnet model") from error
    if header.version not in KNOWN_VERSIONS:
        raise UnknownModelVersion(name, header.version, KNOWN_VERSIONS)
    try:
        arrays = safetensors.load(data)
    except (SafetensorError, ValueError, LookupError, TypeError) as error:
        raise BrokenModel(name, "truncated or changed") from error
    expected, header.sha256 = header.sha256, ""
    if _digest(header, arrays) != expected:
        raise BrokenModel(name, "its checksum does not fit its content")
    library = msgspec.json.decode(arrays.pop(LIBRARY).tobytes())
    return ModelFile(header.facts, arrays, library, header.version)


def metadata_of(data: bytes) -> dict[str, str]:
    """The metadata of the bytes of a safetensors file, of which `safetensors.load` tells nothing.

    Raises:
        ValueError, msgspec.MsgspecError: it is no such file.
    """
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    if length > len(data):
        raise ValueError("the header is longer than the file")
    header = data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length]
    return msgspec.json.decode(header, type=_Metadata).metadata


def write(path: Path, data: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one, never a half."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


def _header(data: bytes) -> _Header:
    return msgspec.json.decode(metadata_of(data)[KEY], type=_Header)


def _json(header: _Header) -> str:
    return msgspec.json.encode(header, order="deterministic").decode()


def _digest(header: _Header, arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(_json(header).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
