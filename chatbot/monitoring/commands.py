"""`songnet-bot status`, `health` and `doctor`: what they print, and their exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from chatbot.monitoring import doctor, report
from chatbot.monitoring.client import NoAnswer, ask_status
from chatbot.monitoring.offline import is_missing, read_snapshot
from chatbot.settings import Settings


async def show_status(settings: Settings, *, as_json: bool) -> int:
    """Prints how the bot is; without one, what its data say.

    Returns:
        The exit code: 0 where there was something to say.
    """
    answer = await ask_status(settings)
    if isinstance(answer, NoAnswer):
        if not as_json:
            _print(answer.reason)
            if is_missing(settings.database) and is_missing(settings.jobs):
                _print(f"Nothing is stored yet; the first start makes {settings.data}.")
                return 0
        snapshot = await read_snapshot(settings)
    else:
        snapshot = answer
    _print(json.dumps(snapshot, indent=2) if as_json else report.render(snapshot))
    return 0


async def show_health(settings: Settings, *, without_bot: bool) -> int:
    """Prints one line.

    Args:
        settings: Whose bot.
        without_bot: Ask the database and the queue instead of a bot: for a worker that runs apart.

    Returns:
        The exit code: 0 where all is well.
    """
    if without_bot or not settings.monitoring_port:
        answer = await read_snapshot(settings)
    else:
        asked = await ask_status(settings)
        if isinstance(asked, NoAnswer):
            _print(f"not healthy: {asked.reason}")
            return 1
        answer = asked
    bad = [f"{one['name']} ({one['detail']})" for one in answer["checks"] if not one["ok"]]
    _print(f"not healthy: {', '.join(bad)}" if bad else "healthy")
    return 1 if bad else 0


async def show_findings(settings: Settings, *, as_json: bool) -> int:
    """Prints what was looked at, and what is to be mended.

    Returns:
        The exit code: 1 where something must be mended.
    """
    findings = await doctor.examine(settings)
    if as_json:
        _print(json.dumps([asdict(finding) | {"ok": finding.ok} for finding in findings], indent=2))
    else:
        _print(doctor.render(findings))
    return 0 if all(finding.ok for finding in findings) else 1


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
