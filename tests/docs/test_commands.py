"""Every command that the pages show is run, or says here why not."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import ROOT
from tests.docs.markdown import blocks, read, shell_commands

NEEDS_DOCKER = "needs a docker engine; test_docker looks at the files"
RUNS_FOR_EVER = "serves until it is stopped; its arguments are tried with --help"
RUN_ELSEWHERE = "tests/end_to_end/test_operations.py runs it, with a bot and without one"
NOT_RUN = {
    "docker build --tag songnet .": NEEDS_DOCKER,
    "docker run --interactive --tty --rm --volume songnet:/data songnet": NEEDS_DOCKER,
    "docker compose up --detach --build": NEEDS_DOCKER,
    "COMPOSE_PROFILES=fleet docker compose up --detach --build --scale worker=3": NEEDS_DOCKER,
    "python -m chatbot --no-worker": RUNS_FOR_EVER,
    "python -m chatbot worker": RUNS_FOR_EVER,
    "songnet-bot status": RUN_ELSEWHERE,
    "songnet-bot health": RUN_ELSEWHERE,
    "songnet-bot doctor": RUN_ELSEWHERE,
    ".venv/bin/python -m pytest tests/songnet -q": "would run the tests within the tests",
}
"""Commands of README.md and CONTRIBUTING.md, and why they are not run."""

COMMANDS = sorted({
    command
    for page in ("README.md", "CONTRIBUTING.md")
    for command in shell_commands(read(page))
})  # fmt: skip
SONGNET_COMMANDS = [
    command for command in shell_commands(read("README.md")) if command.startswith("songnet ")
]
KEPT_ROWS = 600
"""So much of the demo export is learned from: what counts here is that the commands work."""


def test_every_command_is_run_or_excused() -> None:
    run = ("make ", "songnet ", "cp ")
    assert not [
        command for command in COMMANDS if not command.startswith(run) and command not in NOT_RUN
    ]


def test_every_excuse_is_needed() -> None:
    assert not NOT_RUN.keys() - set(COMMANDS)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name.startswith("make ")])
def test_make_knows_its_targets(command: str) -> None:
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ".venv/bin/" in done.stdout


def test_copying_the_example_is_no_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatbot.settings import PREFIX, load_settings

    (command,) = [name for name in COMMANDS if name.startswith("cp ")]
    shutil.copy(ROOT / ".env.example", tmp_path)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    for name in os.environ:
        if name.startswith(PREFIX) or name.endswith("_TOKEN"):
            monkeypatch.delenv(name)
    assert load_settings(tmp_path / ".env").discord_token is None


@pytest.mark.parametrize("command", [name for name, why in NOT_RUN.items() if why == RUNS_FOR_EVER])
def test_the_parts_of_the_bot_take_these_arguments(command: str) -> None:
    done = subprocess.run(
        [sys.executable, *shlex.split(command)[1:], "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "usage: python -m chatbot" in done.stdout


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine would cost minutes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_commands_and_the_example_work_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One test, because each reads what those before it wrote, as for a reader."""
    from songnet.cli import main

    monkeypatch.chdir(tmp_path)
    for command in SONGNET_COMMANDS:
        arguments = shlex.split(command)[1:]
        assert main(arguments) == 0, command
        if arguments[0] == "demo-export":
            shorten(tmp_path / arguments[1])
        assert capfd.readouterr().out, command
    (example,) = blocks(read("README.md"), "python")
    exec(compile(example.text, "README.md", "exec"), {})
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 10
    assert all(re.search(r" - .+ https://open\.spotify\.com/", line) for line in lines)


def shorten(export: Path) -> None:
    """Keeps the first plays of the demo export only."""
    with zipfile.ZipFile(export) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(export, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            rows = json.loads(content) if name.endswith(".json") else None
            kept = json.dumps(rows[:KEPT_ROWS]).encode() if isinstance(rows, list) else content
            archive.writestr(name, kept)
