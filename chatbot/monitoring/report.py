"""A snapshot as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def render(snapshot: dict[str, Any]) -> str:
    """What `songnet-bot status` prints."""
    lines = [_headline(snapshot)]
    lines += [
        _row(check["name"], f"{_word(ok=check['ok'])} {check['detail']}")
        for check in snapshot["checks"]
    ]
    if lag := snapshot["loop_lag_seconds"]:
        lines.append(
            _row("loop lag", f"median {_ms(lag['median'])}, p99 {_ms(lag['p99'])}, "
                 f"longest {_ms(lag['longest'])} (last minute)")
        )  # fmt: skip
    lines.append(_row("queue", _counts(snapshot["queue"])))
    since = "since the start" if snapshot["running"] else "as far as recorded"
    lines += [
        _row(f"{job['task']} jobs", f"{job['count']} {job['outcome']} ({since})")
        for job in snapshot["jobs"]
    ]
    lines += [
        _row(f"stage {stage['stage']}", f"{stage['count']} {stage['outcome']}, "
             f"{stage['mean_seconds']:.1f} s on average")
        for stage in snapshot["stages"]
    ]  # fmt: skip
    lines.append(_row("failed jobs", _counts(snapshot["job_failures"])))
    if snapshot["running"]:
        lines += _of_the_process(snapshot)
    lines.append(_row("stored", _counts(snapshot["stored"])))
    return "\n".join(lines)


def _of_the_process(snapshot: dict[str, Any]) -> list[str]:
    commands = {
        f"/{command['command']} on {command['platform']}": command["count"]
        for command in snapshot["commands"]
    }
    requests = {
        f"{request['platform']} {request['status']}": request["count"]
        for request in snapshot["requests"]
    }
    return [
        _row("errors", _counts(snapshot["errors"])),
        _row("commands", _counts(commands)),
        _row("answers of APIs", _counts(requests)),
        _row("429s", _counts(snapshot["rate_limited"])),
        _row("model cache", f"{snapshot['model_cache_bytes'] / 1e6:.1f} MB"),
    ]


def _headline(snapshot: dict[str, Any]) -> str:
    if not snapshot["running"]:
        return "songnet: no bot answers; this is what its data say"
    health = "healthy" if snapshot["healthy"] else "NOT healthy"
    return (
        f"songnet {snapshot['version']}: running for {_duration(snapshot['uptime_seconds'])}, "
        f"{health}"
    )


def _row(name: str, text: str) -> str:
    return f"  {name:<16} {text}"


def _word(*, ok: bool) -> str:
    return "ok  " if ok else "BAD "


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds / _HOUR:.1f} h"
    return f"{seconds / _DAY:.1f} days"
