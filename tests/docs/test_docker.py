"""The image and the compose file, as far as they can be judged without an engine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatbot.__main__ import main
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.services.lettering import FONTS
from chatbot.settings import Settings, environment_name, load_settings
from storage import Storage
from tests.docs import ROOT
from tests.docs.markdown import read

IMAGE_ENVIRONMENT = {"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
FLEET = {"COMPOSE_PROFILES": "fleet"}
FOR_DEVELOPMENT = {"storage/migrations/alembic.ini", "storage/migrations/script.py.mako"}
"""What is needed to write a migration, and not to run one."""


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, comments and continued lines resolved."""
    lines = [line for line in read("Dockerfile").splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n", "", "\n".join(lines))
    found = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, " ".join(rest)) for name, *rest in found]


def arguments_of(name: str) -> list[str]:
    return [arguments for known, arguments in instructions() if known == name]


def stages() -> list[list[tuple[str, str]]]:
    result: list[list[tuple[str, str]]] = []
    for instruction in instructions():
        if instruction[0] == "FROM":
            result.append([])
        if result:
            result[-1].append(instruction)
    return result


def test_there_are_two_stages_and_the_second_takes_only_what_was_installed() -> None:
    build, run = stages()
    assert build[0][1].endswith("AS build")
    assert [arguments for name, arguments in run if name == "COPY"] == [
        "--from=build /opt/songnet /opt/songnet"
    ]


def test_torch_is_the_cpu_build_unless_told_otherwise() -> None:
    (default,) = [
        argument for argument in arguments_of("ARG") if argument.startswith("TORCH_INDEX")
    ]
    assert default.endswith("/cpu")
    assert '--index-url "${TORCH_INDEX}" torch' in " ".join(arguments_of("RUN"))


def test_everything_is_installed_at_its_pinned_version() -> None:
    installs = [
        command
        for run in arguments_of("RUN")
        for command in re.split(r"&&|;", run)
        if "pip install" in command
    ]
    assert len(installs) == 3
    assert not [
        command
        for command in installs
        if "--constraint constraints.txt" not in command and "--no-deps ." not in command
    ]


def test_the_build_context_holds_what_is_copied_and_nothing_else() -> None:
    ignored, *patterns = [
        line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")
    ]
    allowed = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    copied = {
        source
        for arguments in arguments_of("COPY")
        if "--from" not in arguments
        for source in arguments.split()[:-1]
    }
    assert ignored == "*"
    assert allowed == copied
    assert not [source for source in copied if not (ROOT / source).exists()]


def test_it_does_not_run_as_root_and_writes_to_the_volume_only() -> None:
    _, run = stages()
    names = [name for name, _ in run]
    assert ("USER", "songnet") in run
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert ("VOLUME", "/data") in run
    (environment,) = [arguments for name, arguments in run if name == "ENV"]
    assert {"SONGNET_DATA=/data", "HOME=/data"} <= set(environment.split())


def test_a_stop_reaches_the_bot() -> None:
    entry = json.loads(arguments_of("ENTRYPOINT")[0])
    assert entry[:2] == ["tini", "--"]
    assert "install --yes --no-install-recommends tini " in " ".join(arguments_of("RUN"))
    assert arguments_of("STOPSIGNAL") == ["SIGTERM"]


def test_pictures_have_the_fonts_that_they_look_for() -> None:
    _, run = stages()
    (installed,) = [arguments for _, arguments in run if "apt-get install" in arguments]
    assert {"fonts-noto-core", "fonts-noto-cjk"} <= set(installed.split())
    (removed,) = re.findall(r"find /usr/share/fonts -name '([^']+)' -delete", installed)
    assert not [name for name in FONTS if fnmatch(name.replace(" ", ""), removed)]


def test_the_entry_point_starts_the_bot() -> None:
    _, _, *command = json.loads(arguments_of("ENTRYPOINT")[0])
    done = run_as_in_the_image([*command, "--help"], {})
    assert done.returncode == 0, done.stderr
    assert "no-worker" in done.stdout


def test_the_health_check_fails_without_a_bot(tmp_path: Path) -> None:
    check = json.loads(arguments_of("HEALTHCHECK")[0].split("CMD ", 1)[1])
    done = run_as_in_the_image(check, {"SONGNET_DATA": str(tmp_path)})
    assert done.returncode == 1, done.stderr
    assert "not healthy" in done.stdout


def test_the_health_check_of_a_worker_sees_whether_its_data_can_be_read(tmp_path: Path) -> None:
    _, *check = services(FLEET)["worker"]["healthcheck"]["test"]
    environment = {"SONGNET_DATA": str(tmp_path)}
    assert run_as_in_the_image(check, environment).returncode == 1
    asyncio.run(open_and_close(tmp_path))
    done = run_as_in_the_image(check, environment)
    assert done.returncode == 0, done.stdout + done.stderr


async def open_and_close(data: Path) -> None:
    database, blobs = f"sqlite+aiosqlite:///{data / 'songnet.sqlite'}", (data / "blobs").as_uri()
    await (await Storage.open(database, blobs)).close()
    await (await DbosJobs.open(f"sqlite:///{data / 'jobs.sqlite'}")).close()


def run_as_in_the_image(
    command: list[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the image with this Python, outside of the source tree."""
    assert command[0] == "python"
    return subprocess.run(
        [sys.executable, *command[1:]],
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            **IMAGE_ENVIRONMENT,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_packages_carry_their_data_files() -> None:
    declared = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["package-data"]
    data = {
        str(path.relative_to(ROOT))
        for package in declared
        for path in (ROOT / package.replace(".", "/")).rglob("*")
        if path.is_file() and not path.suffix.startswith(".py")
    } | {f"{package}/py.typed" for package in declared if "." not in package}
    carried = {
        str(path.relative_to(ROOT))
        for package, patterns in declared.items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    assert not data - carried - FOR_DEVELOPMENT


def compose(environment: Mapping[str, str]) -> dict[str, Any]:
    """The compose file as compose reads it under some variables."""
    loaded = interpolated(yaml.safe_load(read("compose.yaml")), environment)
    assert isinstance(loaded, dict)
    return loaded


def interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    """The values with their variables filled in."""
    if isinstance(value, dict):
        return {key: interpolated(entry, environment) for key, entry in value.items()}
    if isinstance(value, list):
        return [interpolated(entry, environment) for entry in value]
    return filled_in(value, environment) if isinstance(value, str) else value


def filled_in(text: str, environment: Mapping[str, str]) -> str:
    """`${NAME:-else}` and `${NAME:+then}`, nested; the only forms that the file uses."""
    form = re.compile(r"\$\{(\w+):([-+])([^${}]*)\}")

    def chosen(match: re.Match[str]) -> str:
        given, kind, other = environment.get(match[1], ""), match[2], match[3]
        return (given or other) if kind == "-" else (other if given else "")

    while form.search(text):
        text = form.sub(chosen, text)
    assert "${" not in text
    return text


def services(environment: Mapping[str, str]) -> dict[str, Any]:
    """The services that are started."""
    profiles = set(environment.get("COMPOSE_PROFILES", "").split(","))
    return {
        name: service
        for name, service in compose(environment)["services"].items()
        if not service.get("profiles") or profiles & set(service["profiles"])
    }


def chatbot_arguments(service: Mapping[str, Any]) -> list[str]:
    return shlex.split(service["command"])


def test_the_default_is_one_container_with_its_own_worker() -> None:
    assert services({}).keys() == {"bot"}
    assert chatbot_arguments(services({})["bot"]) == []


def test_the_fleet_is_one_bot_with_workers_apart() -> None:
    fleet = services(FLEET)
    assert fleet.keys() == {"bot", "worker", "postgres"}
    assert chatbot_arguments(fleet["bot"]) == ["--no-worker"]
    assert chatbot_arguments(fleet["worker"]) == ["worker"]
    assert fleet["worker"]["deploy"]["replicas"] > 1


@pytest.mark.parametrize("environment", [{}, FLEET], ids=["one", "fleet"])
def test_the_bot_understands_the_arguments(
    environment: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in services(environment).keys() - {"postgres"}:
        with pytest.raises(SystemExit) as leaving:
            main([*chatbot_arguments(services(environment)[name]), "--help"])
        assert leaving.value.code == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "database"),
    [
        ({}, "sqlite+aiosqlite:////data/songnet.sqlite"),
        (FLEET, "postgresql+asyncpg://songnet:songnet@postgres/songnet"),
        (FLEET | {"SONGNET_DATABASE_URL": "postgresql+asyncpg://other/db"},
         "postgresql+asyncpg://other/db"),
    ],
    ids=["one", "fleet", "database of one's own"],
)  # fmt: skip
def test_everybody_uses_one_database(
    environment: Mapping[str, str], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)
    found = set()
    for name in services(environment).keys() - {"postgres"}:
        for variable, value in services(environment)[name]["environment"].items():
            monkeypatch.setenv(variable, value)
        settings = load_settings(env_file=None)
        found.add((settings.database, settings.blobs))
    assert found == {(database, "file:///data/blobs")}


def test_the_fleet_logs_in_as_its_database_expects() -> None:
    account = services(FLEET)["postgres"]["environment"]
    url = services(FLEET)["bot"]["environment"]["SONGNET_DATABASE_URL"]
    assert url == (
        f"postgresql+asyncpg://{account['POSTGRES_USER']}:{account['POSTGRES_PASSWORD']}"
        f"@postgres/{account['POSTGRES_DB']}"
    )


def test_the_volumes_exist_and_are_shared() -> None:
    fleet = services(FLEET)
    assert fleet["bot"]["volumes"] == fleet["worker"]["volumes"] == ["data:/data"]
    used = {mount.split(":")[0] for service in fleet.values() for mount in service["volumes"]}
    assert used == compose(FLEET)["volumes"].keys()


def test_a_stop_has_time_for_what_runs() -> None:
    stop_seconds = Settings.model_fields["stop_seconds"].default
    for name in ("bot", "worker"):
        assert int(services(FLEET)[name]["stop_grace_period"].rstrip("s")) >= stop_seconds + 10
