from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from chatbot.services.privacy import ExportPack
from songnet.music import History


@pytest.fixture
def history(tmp_path: Path) -> Path:
    chance = random.Random(1)
    started = pd.date_range("2020-01-01", periods=120_000, freq="4min", tz="UTC")
    names = [f"{chance.getrandbits(64):x}" for _ in started]
    plays = pd.DataFrame({"started_at": started, "artist": names, "title": names})
    path = tmp_path / "history.parquet"
    History.from_plays(plays).write_parquet(path)
    return path


def _entries(paths: tuple[Path, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            found |= {name: archive.read(name) for name in archive.namelist()}
    return found


def test_what_is_small_enough_comes_in_one_file(tmp_path: Path) -> None:
    paths = ExportPack(tmp_path, 10_000_000).write({"user": {"id": 1}}, None, b"model")
    assert len(paths) == 1
    assert set(_entries(paths)) == {
        "README.txt",
        "schema.json",
        "data.json",
        "model.safetensors",
    }


def test_no_file_is_larger_than_the_platform_takes(tmp_path: Path, history: Path) -> None:
    model = random.Random(2).randbytes(9_000_000)
    paths = ExportPack(tmp_path, 4_000_000).write({"user": {"id": 1}}, history, model)
    assert len(paths) > 1
    assert max(path.stat().st_size for path in paths) <= 4_000_000


def test_nothing_is_lost_by_splitting(tmp_path: Path, history: Path) -> None:
    model = random.Random(2).randbytes(9_000_000)
    entries = _entries(ExportPack(tmp_path, 4_000_000).write({}, history, model))
    lines = [name for name in entries if name.startswith("history-")]
    assert sum(entries[name].count(b"\n") - 1 for name in lines) == 120_000
    parts = sorted(name for name in entries if ".part" in name)
    assert b"".join(entries[name] for name in parts) == model
