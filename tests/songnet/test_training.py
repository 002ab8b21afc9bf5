"""What a training says about itself while it runs."""

from __future__ import annotations

import pytest

from songnet import training
from songnet.models.base import FitProgress
from songnet.training import Phase, TrainingProgress


def seconds_left(
    monkeypatch: pytest.MonkeyPatch, phase: Phase, *reports: tuple[float, float]
) -> list[float | None]:
    """What is told for reports of (seconds since the start, share done)."""
    heard: list[TrainingProgress] = []
    now = 0.0
    monkeypatch.setattr(training.time, "monotonic", lambda: now)
    listen = training._Clock(heard.append).listen(phase, {})
    for now, done in reports:  # noqa: B007  # read by the clock
        listen(FitProgress(1, 8, done))
    return [progress.seconds_left for progress in heard]


def test_a_slow_start_is_not_multiplied_into_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    left = seconds_left(monkeypatch, Phase.FINAL, (30, 0.01), (40, 0.11), (80, 0.51))

    assert left == [None, pytest.approx(89), pytest.approx(49)]


def test_while_the_epochs_are_chosen_the_second_half_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert seconds_left(monkeypatch, Phase.CHOOSING, (30, 0.0), (80, 0.5)) == [
        None,
        pytest.approx(150),
    ]


def test_what_is_done_at_once_has_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_left(monkeypatch, Phase.FINAL, (1, 1.0)) == [0]
