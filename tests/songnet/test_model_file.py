"""A model file is believed only when every bit of it is as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import numpy as safetensors

from songnet import model_file
from songnet.errors import BrokenModel, ModelError, NotAModel, UnknownModelVersion
from songnet.model_file import ModelFile, decode, encode

CONTENT = ModelFile(
    facts={"epochs": 3, "name": "Zoë"},
    arrays={
        "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
        "bounds": np.arange(4, dtype=np.int32),
    },
    library={"title": ["a", "÷", None]},
)
DATA = encode(CONTENT)


def test_what_is_written_is_read_again():
    content = decode(DATA, "me.songnet")

    assert content.facts == CONTENT.facts
    assert content.library == CONTENT.library
    assert content.arrays.keys() == CONTENT.arrays.keys()
    for name, array in CONTENT.arrays.items():
        np.testing.assert_array_equal(content.arrays[name], array)


def test_it_is_a_plain_safetensors_file():
    assert set(safetensors.load(DATA)) == {"weights", "bounds", "library"}


def test_equal_content_gives_equal_bytes():
    assert encode(CONTENT) == DATA


@settings(max_examples=300)
@given(st.integers(0, 8 * len(DATA) - 1))
def test_a_single_flipped_bit_is_noticed(bit: int):
    damaged = bytearray(DATA)
    damaged[bit // 8] ^= 1 << bit % 8

    with pytest.raises(ModelError):
        decode(bytes(damaged), "me.songnet")


@settings(max_examples=100)
@given(st.integers(0, len(DATA) - 1))
def test_a_truncated_file_is_noticed(length: int):
    with pytest.raises(BrokenModel) as refusal:
        decode(DATA[:length], "me.songnet")

    assert refusal.value.file == "me.songnet"


@given(st.binary(max_size=200))
def test_any_other_file_is_refused(data: bytes):
    with pytest.raises(BrokenModel):
        decode(data, "me.songnet")


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(100), b"[" + b" " * 100 + b"]"])
def test_another_file_is_not_called_damaged(data: bytes):
    with pytest.raises(NotAModel) as refusal:
        decode(data, "full.zip")

    assert "damaged" not in str(refusal.value)
    assert "'full.zip' is no model of songnet" in str(refusal.value)


def test_a_flipped_bit_at_the_beginning_leaves_a_damaged_model():
    for bit in range(8 * 64):
        damaged = bytearray(DATA)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ModelError) as refusal:
            decode(bytes(damaged), "me.songnet")
        assert not isinstance(refusal.value, NotAModel)


def test_bytes_after_the_end_are_noticed():
    with pytest.raises(BrokenModel):
        decode(DATA + b"x", "me.songnet")


def test_a_safetensors_file_of_somebody_else_is_refused():
    with pytest.raises(BrokenModel):
        decode(safetensors.save({"weights": np.zeros(3, np.float32)}), "foreign.safetensors")


def test_another_version_is_refused_with_both_versions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_file, "VERSION", 99)
    newer = encode(CONTENT)

    with pytest.raises(UnknownModelVersion) as refusal:
        decode(newer, "me.songnet")

    assert (refusal.value.file, refusal.value.version) == ("me.songnet", 99)
    assert refusal.value.known == (1, 2)


def test_changed_facts_are_noticed():
    length = int.from_bytes(DATA[:8], "little")
    header = json.loads(DATA[8 : 8 + length])
    songnet = header["__metadata__"]["songnet"]
    header["__metadata__"]["songnet"] = songnet.replace('"epochs":3', '"epochs":4')
    assert header["__metadata__"]["songnet"] != songnet
    changed = json.dumps(header).encode()
    data = len(changed).to_bytes(8, "little") + changed + DATA[8 + length :]

    with pytest.raises(BrokenModel, match="checksum"):
        decode(data, "me.songnet")


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path):
    path = tmp_path / "me.songnet"
    path.write_bytes(b"old")
    model_file.write(path, DATA)

    assert path.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "me.songnet"
    path.write_bytes(b"old")

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_file.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        model_file.write(path, DATA)

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
