"""One file for all that a trained recommender is: safetensors, which runs no code when it is read.

The header's metadata hold the format's version, a JSON document (`facts`) and a SHA-256 over
everything else, so that a damaged file is noticed and not believed. The library stands in the
tensor `library` as the bytes of a JSON document. https://huggingface.co/docs/safetensors
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

from songnet.errors import BrokenModel, UnknownModelVersion

FORMAT: Final = "songnet"
VERSION: Final = 1
KNOWN_VERSIONS: Final = (VERSION,)
_HEADER_LENGTH_BYTES: Final = 8

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds."""

    facts: dict[str, Any]
    """Plain JSON values."""
    arrays: Arrays
    library: dict[str, list[Any]]
    """The columns of the library."""


def encode(content: ModelFile) -> bytes:
    """The bytes of a model file."""
    library = np.frombuffer(msgspec.json.encode(content.library), np.uint8)
    arrays = {name: np.ascontiguousarray(array) for name, array in content.arrays.items()}
    arrays["library"] = library
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "facts": msgspec.json.encode(content.facts, order="deterministic").decode(),
    }
    return safetensors.save(arrays, metadata | {"sha256": _digest(metadata, arrays)})


def decode(data: bytes, name: str) -> ModelFile:
    """Reads the bytes of a model file.

    Args:
        data: the whole file.
        name: what to call the file in an error.

    Raises:
        BrokenModel: truncated, changed, or no model file at all.
        UnknownModelVersion: written by another version of songnet.
    """
    try:
        metadata = _metadata(data)
    except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise BrokenModel(name, "no header of a model file") from error
    if metadata.get("format") != FORMAT or not metadata.get("version", "").isdecimal():
        raise BrokenModel(name, "no header of a songnet model")
    version = int(metadata["version"])
    if version not in KNOWN_VERSIONS:
        raise UnknownModelVersion(name, version, KNOWN_VERSIONS)
    try:
        arrays = safetensors.load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BrokenModel(name, "truncated or changed") from error
    expected = metadata.pop("sha256", "")
    if _digest(metadata, arrays) != expected:
        raise BrokenModel(name, "its checksum does not fit its content")
    library = msgspec.json.decode(arrays.pop("library").tobytes())
    return ModelFile(msgspec.json.decode(metadata["facts"]), arrays, library)


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


def _metadata(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    header = data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length]
    if length > len(data):
        raise ValueError("the header is longer than the file")
    metadata = msgspec.json.decode(header)["__metadata__"]
    return msgspec.convert(metadata, dict[str, str])


def _digest(metadata: Mapping[str, str], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for key, value in sorted(metadata.items()):
        digest.update(f"{key}\0{value}\0".encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
