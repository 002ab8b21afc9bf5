"""Looks for what keeps a bot from working, and says what to mend."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import SecretStr

from chatbot.monitoring.client import NoAnswer, ask_status
from chatbot.monitoring.metrics import Metrics
from chatbot.monitoring.offline import check_queue, is_missing
from chatbot.services.starts import UnusableStart, check_start
from chatbot.settings import Settings
from storage.blobs import Blobs
from storage.database import Database
from storage.errors import NewerSchema
from storage.migrations import is_current

LEAST_PYTHON = (3, 11)
LEAST_TORCH = (2, 8)
UPLOADS_THAT_MUST_FIT = 3
"""The raw file, the merged history and the model stand beside each other for a while."""
CLOCK_SLACK_SECONDS = 300.0
BUILT_AT = 1_760_000_000
"""October 2025: a clock before that is wrong."""
PATIENCE_SECONDS = 15.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Finding:
    """What was looked at."""

    name: str
    found: str
    mend: str | None = None
    """What to do; None where all is well."""

    @property
    def ok(self) -> bool:
        return self.mend is None


async def examine(settings: Settings) -> list[Finding]:
    """Looks at everything; nothing is made, migrated or changed, and no secret is shown."""
    findings = [Finding("settings", "readable"), *_versions(), *_tokens(settings)]
    findings += await asyncio.to_thread(lambda: list(_data_directory(settings)))
    questions: dict[str, Callable[[Settings], Awaitable[Finding]]] = {
        "database": _database, "queue": _queue, "blobs": _blobs
    }  # fmt: skip
    for name, question in questions.items():
        try:
            findings.append(await asyncio.wait_for(question(settings), PATIENCE_SECONDS))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is to be mended
            findings.append(_out_of_reach(name, error))
    findings += [await _start(settings), *_clock(settings), *await _monitoring(settings)]
    return findings


def render(findings: list[Finding]) -> str:
    """What `songnet-bot doctor` prints."""
    lines = []
    for finding in findings:
        lines.append(f"  {'ok  ' if finding.ok else 'MEND'} {finding.name}: {finding.found}")
        if finding.mend is not None:
            lines.append(f"       -> {finding.mend}")
    bad = sum(not finding.ok for finding in findings)
    lines.append(f"{bad} to mend." if bad else "All is well.")
    return "\n".join(lines)


def _versions() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= LEAST_PYTHON
    yield Finding("Python", found, None if good else "Install Python 3.11 or newer.")
    try:
        torch = version("torch")
    except PackageNotFoundError:
        yield Finding("torch", "not installed", "Install songnet again: make run.")
        return
    numbers = tuple(int(number) for number in re.findall(r"\d+", torch)[:2])
    mend = "Install songnet again, with constraints.txt: make run."
    yield Finding("torch", torch, None if numbers >= LEAST_TORCH else mend)


def _tokens(settings: Settings) -> Iterator[Finding]:
    if settings.discord_token is None and settings.telegram_token is None:
        yield Finding("tokens", "none: the bot is a chat in the terminal")
    yield from _token(
        "DISCORD_TOKEN", settings.discord_token,
        r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}",
        "Copy it whole from the Developer Portal (Bot > Reset Token).",
    )  # fmt: skip
    yield from _token(
        "TELEGRAM_TOKEN", settings.telegram_token,
        r"\d{3,20}:[\w-]{30,100}",
        "Copy it whole from @BotFather (/mybots > API Token).",
    )  # fmt: skip


def _token(name: str, token: SecretStr | None, shape: str, mend: str) -> Iterator[Finding]:
    if token is None:
        return
    text = token.get_secret_value()
    if re.fullmatch(shape, text, re.ASCII) and (name != "DISCORD_TOKEN" or _names_a_bot(text)):
        yield Finding(name, "has the shape of one")
    else:
        yield Finding(name, "does not have the shape of one", mend)


def _names_a_bot(discord_token: str) -> bool:
    """Whether the first part is the bot's number in base64, as every Discord token's is."""
    part = discord_token.partition(".")[0]
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).isdigit()
    except ValueError:
        return False


def _data_directory(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    if not data.is_dir():
        yield _missing_directory(data)
        return
    if os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data directory", f"{data} can be written")
    else:
        yield Finding(
            "data directory",
            f"{data} cannot be written by this user",
            f"Run as the user who owns it, or give it to this one: chown -R {os.getuid()} {data}",
        )
        return
    yield _free_space(settings)
    yield _modes(data)


def _missing_directory(data: Path) -> Finding:
    if data.exists():
        return Finding("data directory", f"{data} is no directory", "Set SONGNET_DATA to one.")
    parent = next(parent for parent in data.parents if parent.exists())
    if os.access(parent, os.W_OK | os.X_OK):
        return Finding("data directory", f"{data} is not there yet; the first start makes it")
    return Finding(
        "data directory",
        f"{data} is not there, and cannot be made",
        f"Make it, or set SONGNET_DATA to a place that can be written: mkdir -p {data}",
    )


def _free_space(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data).free
    needed = UPLOADS_THAT_MUST_FIT * settings.max_upload_bytes
    mend = (
        f"Free at least {_megabytes(needed - free)}, or lower SONGNET_MAX_UPLOAD_BYTES."
        if free < needed
        else None
    )
    return Finding("free space", f"{_megabytes(free)}, one import needs {_megabytes(needed)}", mend)


def _modes(data: Path) -> Finding:
    """Whether others on this machine can read something."""
    open_to_others = 0
    for folder, _, files in os.walk(data):
        for path in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118  # many
            try:
                mode = os.lstat(path).st_mode
            except FileNotFoundError:  # it went while we looked
                continue
            open_to_others += bool(stat.S_IMODE(mode) & 0o077) and not stat.S_ISLNK(mode)
    if open_to_others:
        return Finding(
            "modes",
            f"{open_to_others} files or directories are open to other users",
            f"Close them: chmod -R go= {data}",
        )
    return Finding("modes", "for their owner only")


async def _database(settings: Settings) -> Finding:
    if is_missing(settings.database):
        return Finding("database", "not there yet; the first start makes it")
    database = Database.open(settings.database)
    try:
        async with database.reading() as connection:
            current = await connection.run_sync(is_current)
    except NewerSchema as error:
        return Finding(
            "database",
            f"schema {error.found}, newer than this songnet's {error.known}",
            "Install the newer songnet again, or restore a backup of before.",
        )
    finally:
        await database.close()
    state = "of this version" if current else "older; the next start brings it up to date"
    return Finding("database", f"reachable, its schema is {state}")


async def _queue(settings: Settings) -> Finding:
    if is_missing(settings.jobs):
        return Finding("queue", "not there yet; the first start makes it")
    check = await check_queue(settings, Metrics())
    if check.ok:
        return Finding("queue", check.detail)
    return Finding("queue", check.detail, _mend_address("SONGNET_JOBS_URL"))


async def _blobs(settings: Settings) -> Finding:
    parts = urlsplit(settings.blobs)
    if parts.scheme == "file":
        finding = _blob_directory(Path(url2pathname(parts.path)))
        if finding is not None:
            return finding
    await Blobs.open(settings.blobs).list("users/0/")
    return Finding("blobs", "reachable")


async def _start(settings: Settings) -> Finding:
    if settings.model_start is None:
        return Finding("start", "what comes with songnet")
    try:
        await check_start(settings.model_start)
    except UnusableStart as error:
        mend = "Make it again (songnet-bot pretrain), or leave SONGNET_MODEL_START out."
        return Finding("start", f"{error.path} cannot be used: {error.why}", mend)
    return Finding("start", f"{settings.model_start} can be used")


def _blob_directory(path: Path) -> Finding | None:
    if not path.exists():
        return Finding("blobs", "not there yet; the first start makes them")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        mend = f"Give the directory to this user: chown -R {os.getuid()} {path}"
        return Finding("blobs", "cannot be written by this user", mend)
    return None


def _out_of_reach(name: str, error: Exception) -> Finding:
    kind = "no answer" if isinstance(error, TimeoutError) else type(error).__name__
    setting = {
        "database": "SONGNET_DATABASE_URL",
        "queue": "SONGNET_JOBS_URL",
        "blobs": "SONGNET_BLOBS_URL",
    }[name]
    return Finding(name, f"out of reach ({kind})", _mend_address(setting))


def _mend_address(setting: str) -> str:
    return (
        f"Look whether its server runs and whether {setting} is its address; a damaged file is "
        "replaced from a backup."
    )


def _clock(settings: Settings) -> Iterator[Finding]:
    now = time.time()
    newest = max((path.stat().st_mtime for path in _databases(settings)), default=0.0)
    if now < BUILT_AT:
        yield Finding("clock", "is years behind", "Set the clock (timedatectl set-ntp true).")
    elif newest - now > CLOCK_SLACK_SECONDS:
        yield Finding(
            "clock",
            f"is {(newest - now) / 60:.0f} minutes behind the data's last change",
            "Set the clock (timedatectl set-ntp true); it was right, or ahead, before.",
        )
    else:
        yield Finding("clock", "not behind the data")


def _databases(settings: Settings) -> list[Path]:
    if not settings.data.is_dir():
        return []
    return list(settings.data.glob("*.sqlite*"))


async def _monitoring(settings: Settings) -> Iterator[Finding]:
    if settings.monitoring_port and settings.monitoring_address not in _LOOPBACK:
        note = f"everybody who can reach {settings.monitoring_address} can read the numbers"
    else:
        note = "for this machine only"
    answer = await ask_status(settings)
    if isinstance(answer, NoAnswer):
        foreign = answer.reason.startswith("What answers")
        state = Finding("bot", answer.reason, _OTHER_PORT if foreign else None)
    elif answer["healthy"]:
        state = Finding("bot", "runs, and is healthy")
    else:
        bad = ", ".join(
            f"{check['name']} ({check['detail']})" for check in answer["checks"] if not check["ok"]
        )
        state = Finding("bot", f"runs, and is not healthy: {bad}", "See its log.")
    return iter([Finding("monitoring", note), state])


_OTHER_PORT = "Set SONGNET_MONITORING_PORT to a port that nobody else uses."


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
