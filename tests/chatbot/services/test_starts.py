"""A start that no training could begin with is told of before anybody waits for a training."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatbot.__main__ import main
from chatbot.monitoring import doctor
from chatbot.running import run_bot, run_worker_process
from chatbot.services.starts import UnusableStart, check_start
from chatbot.settings import Settings
from songnet.evidence.definition import EVIDENCE_VERSION
from songnet.models import start


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.safetensors"
    start.save(start.load(), path)
    return path


@pytest.fixture
def damaged(good: Path) -> Path:
    path = good.with_name("damaged.safetensors")
    path.write_bytes(good.read_bytes()[:-100])
    return path


@pytest.fixture
def of_the_future(good: Path) -> Path:
    path = good.with_name("future.safetensors")
    known, later = (f'"evidence_version":"{EVIDENCE_VERSION + n}"'.encode() for n in (0, 1))
    assert known in good.read_bytes()
    path.write_bytes(good.read_bytes().replace(known, later))
    return path


def settings_for(tmp_path: Path, path: Path) -> Settings:
    return Settings(_env_file=None, data=tmp_path / "data", model_start=path, monitoring_port=0)  # type: ignore[call-arg]


async def test_a_good_one_is_no_news(good: Path) -> None:
    await check_start(good)
    await check_start(None)


async def test_a_damaged_one_is_refused_with_its_setting(damaged: Path) -> None:
    with pytest.raises(UnusableStart, match=r"SONGNET_MODEL_START names .*damaged\.safetensors"):
        await check_start(damaged)


async def test_one_of_another_version_is_refused_with_both_versions(of_the_future: Path) -> None:
    with pytest.raises(UnusableStart, match=rf"version {EVIDENCE_VERSION + 1}, and"):
        await check_start(of_the_future)


async def test_neither_bot_nor_worker_begins_with_a_damaged_one(
    tmp_path: Path, damaged: Path
) -> None:
    settings = settings_for(tmp_path, damaged)

    with pytest.raises(UnusableStart):
        await run_bot(settings, [], with_worker=False, stop=asyncio.Event())
    with pytest.raises(UnusableStart):
        await run_worker_process(settings, asyncio.Event())
    assert not settings.data.exists()


def test_the_command_says_it_in_one_line(
    tmp_path: Path,
    damaged: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONGNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNET_MODEL_START", str(damaged))

    assert main(["worker"]) == 1
    assert "songnet: SONGNET_MODEL_START names" in capsys.readouterr().err


@pytest.mark.parametrize("which", ["damaged", "of_the_future"])
async def test_the_doctor_finds_it(
    tmp_path: Path, which: str, request: pytest.FixtureRequest
) -> None:
    settings = settings_for(tmp_path, request.getfixturevalue(which))
    bad = {one.name: one for one in await doctor.examine(settings) if not one.ok}

    assert "cannot be used" in bad["start"].found
    assert bad["start"].mend is not None


async def test_the_doctor_is_content_with_a_good_one(tmp_path: Path, good: Path) -> None:
    findings = await doctor.examine(settings_for(tmp_path, good))

    assert next(one for one in findings if one.name == "start").ok
