"""What a soak came to."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

PROBLEMS = ("lost", "unanswered", "doubled", "stuck", "left")
"""Lists of the report: each entry is one too many."""


@dataclass
class Report:
    """What a soak came to; everything but the problems' words is counts and seconds."""

    database: str
    seed: int
    job_seconds: float = 0.0
    """What one import and its training took before the kills."""
    kills_of_bots: int = 0
    kills_of_workers: int = 0
    imports: int = 0
    trainings: int = 0
    playlists: int = 0
    answered: int = 0
    """Questions for a playlist; those that the death of their bot cut short are not asked for."""
    told_again: int = 0
    lost: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    seconds: float = 0.0
    after_bots: list[float] = field(default_factory=list)
    """Seconds from each kill of a bot under a running job until a step of it began again."""
    after_workers: list[float] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.kills_of_bots + self.kills_of_workers

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, name) for name in PROBLEMS)

    def figures(self) -> dict[str, Any]:
        """The same, ready to be printed."""
        figures: dict[str, Any] = asdict(self)
        for name in ("after_bots", "after_workers"):
            waits = figures.pop(name)
            figures[f"orphans_{name}"] = _spread(waits)
        for name in PROBLEMS:
            problems = figures.pop(name)
            figures[name] = len(problems)
            if problems:
                figures[f"{name}_what"] = problems
        return figures


def _spread(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {"count": 0}
    return {
        "count": len(seconds),
        "median_seconds": round(statistics.median(seconds), 2),
        "longest_seconds": round(max(seconds), 2),
    }
