"""What an operator sees of a real bot, and what nobody sees: whose the numbers are."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import BotProcess, bot, bot_environment, workers_of

NEEDLES = ("Fearless", "Faded", "Alan Walker", "my_spotify_data", "half.zip")
"""What the person told, or what stands in their files."""
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"
PLAYS = 1500


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=PLAYS)
    return path


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Operator:
    """Somebody with a terminal and a Prometheus."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.settings = {"SONGNET_MONITORING_PORT": str(port)}
        self.seen = ""
        """Everything that was shown."""

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as page:
                status, text = page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode()
        except OSError:
            return 0, ""
        self.seen += text
        return status, text

    def health(self) -> tuple[int, dict[str, bool]]:
        status, text = self.ask("/health")
        checks = json.loads(text)["checks"] if text else []
        return status, {check["name"]: check["ok"] for check in checks}

    def wait_for_health(self, wanted: int, timeout_seconds: float = 60) -> dict[str, bool]:
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            status, checks = self.health()
            if status == wanted:
                return checks
            time.sleep(0.1)
        raise AssertionError(f"/health never said {wanted}; last: {status} {checks}")

    def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        status, text = self.ask("/metrics")
        assert status == 200
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "chatbot", *arguments],
            env=bot_environment(self.data) | self.settings | dict(environment or {}),
            cwd=self.data.parent, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.stderr == ""
        self.seen += done.stdout
        return done


def value(metrics: Mapping[Any, float], name: str, **labels: str) -> float:
    return metrics.get((name, tuple(sorted(labels.items()))), 0.0)


@pytest.fixture
def operator(tmp_path: Path, port: int) -> Operator:
    return Operator(tmp_path / "data", port)


def worker_of(songnet: BotProcess, data: Path) -> int:
    (worker,) = workers_of(songnet.process.pid, data)
    return worker


def until(condition: Callable[[], bool], timeout_seconds: float = 20) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, "never so"
        time.sleep(0.1)


def test_an_operator_sees_a_bot_at_work(operator: Operator, export: Path) -> None:
    """One test, because each look needs the same bot: its start is what takes time."""
    with bot(operator.data, environment=operator.settings) as songnet:
        checks = operator.wait_for_health(200)
        assert checks.keys() == {"loop", "storage", "queue", "workers", "console"}
        before = operator.metrics()

        songnet.type(f"/import {export}")
        songnet.wait_for("Now ask me for a playlist")
        songnet.type(f"/playlist {SEEDS}")
        songnet.wait_for("open.spotify.com")
        until(lambda: value(operator.metrics(), "songnet_stored", what="playlists") == 1)
        after = operator.metrics()
        counts = {
            name: value(after, name, **labels) - value(before, name, **labels)
            for name, labels in {
                "songnet_job_seconds_count": {"task": "import", "outcome": "done"},
                "songnet_job_stage_seconds_count": {"stage": "train", "outcome": "done"},
                "songnet_command_seconds_count": {"platform": "console", "command": "import"},
                "songnet_stored": {"what": "models"},
            }.items()
        }
        assert set(counts.values()) == {1.0}, counts
        assert value(after, "songnet_model_cache_bytes") > 10_000
        assert value(after, "songnet_loop_lag_seconds_count") > 100

        status = operator.run("status")
        assert "healthy" in status.stdout
        assert "1 /playlist on console" in status.stdout
        snapshot = json.loads(operator.ask("/status")[1])
        assert snapshot["running"]
        assert snapshot["stored"]["playlists"] == 1
        assert operator.run("health").returncode == 0
        doctor = operator.run("doctor")
        assert doctor.returncode == 0, doctor.stdout

        os.kill(worker_of(songnet, operator.data), signal.SIGSTOP)
        checks = operator.wait_for_health(503)
        assert [name for name, ok in checks.items() if not ok] == ["workers"]
        sick = operator.run("health")
        assert sick.returncode == 1
        assert "workers (0 of 1 beating)" in sick.stdout
        os.kill(worker_of(songnet, operator.data), signal.SIGCONT)
        operator.wait_for_health(200)
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0

    assert "No bot runs" in operator.run("health").stdout
    offline = json.loads(operator.run("status", "--json").stdout)
    assert not offline["running"]
    assert offline["jobs"] == [{"task": "import", "outcome": "done", "count": 1}]
    assert not [needle for needle in NEEDLES if needle in operator.seen + songnet.errors]


def test_a_busy_port_is_one_line_in_the_log(operator: Operator) -> None:
    with (
        socket.create_server(("127.0.0.1", operator.port)),
        bot(operator.data, environment=operator.settings) as songnet,
    ):
        songnet.type("/help")
        songnet.wait_for("/playlist")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    warnings = [line for line in songnet.errors.splitlines() if "WARNING" in line]
    assert len(warnings) == 1
    assert "SONGNET_MONITORING_PORT" in warnings[0]


def test_json_logs_carry_the_ids_of_the_job(operator: Operator, export: Path) -> None:
    broken = operator.data.parent / "half.zip"
    broken.write_bytes(export.read_bytes()[:5000])
    with bot(operator.data, environment={"SONGNET_LOG_FORMAT": "json"}) as songnet:
        songnet.type(f"/import {broken}")
        songnet.wait_for("is damaged or incomplete")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    entries = [json.loads(line) for line in songnet.errors.splitlines()]
    (failed,) = [entry for entry in entries if "failed in step" in entry["message"]]
    assert failed["job_id"].startswith("import-")
    assert failed["user_id"] == 1
    assert not [needle for needle in NEEDLES if needle in songnet.errors]


def test_what_is_wrong_is_found_without_a_bot(operator: Operator) -> None:
    operator.data.mkdir(mode=0o700)
    (operator.data / "songnet.sqlite").write_bytes(b"no database at all" * 100)
    (operator.data / "songnet.sqlite").chmod(0o644)
    token = "not-a-token-but-secret"
    found = operator.run("doctor", "--json", environment={"TELEGRAM_TOKEN": token})
    assert found.returncode == 1
    wrong = {
        finding["name"]: finding["mend"]
        for finding in json.loads(found.stdout)
        if not finding["ok"]
    }
    assert wrong.keys() == {"TELEGRAM_TOKEN", "modes", "database"}
    assert "chmod -R go=" in wrong["modes"]
    assert token not in found.stdout


def test_a_look_makes_nothing(operator: Operator) -> None:
    for part in ("status", "health", "doctor"):
        operator.run(part)
    assert not operator.data.exists()
