"""A short soak: a few kills at random instants. A long one: `python -m benchmarks.soak`."""

from __future__ import annotations

from benchmarks.soak import soak
from benchmarks.soak_report import PROBLEMS


def test_nothing_is_lost_doubled_or_stuck_under_kills_at_random_instants() -> None:
    report = soak(kills=3, seed=1, plays=200)
    assert {name: getattr(report, name) for name in PROBLEMS} == {name: [] for name in PROBLEMS}
    assert report.kills == 3
    assert report.imports > 0
    assert report.answered > 0
