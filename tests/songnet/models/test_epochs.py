"""One look at everything there is to learn from."""

from __future__ import annotations

import math

import pytest

from songnet.errors import TrainingFailed
from songnet.models.epochs import run_epoch

Reports = list[tuple[float, float | None]]


def report_to(reports: Reports) -> object:
    return lambda share, loss: reports.append((share, loss))


def test_the_loss_is_the_mean_over_all_that_was_judged():
    reports: Reports = []
    losses = [(6.0, 3), (2.0, 1), (0.0, 0)]
    batches = [(loss, (number + 1) / 3) for number, loss in enumerate(losses)]

    assert run_epoch(1, batches, lambda loss: loss, report_to(reports)) == 2.0
    assert reports[-1] == (1.0, 2.0)


def test_nothing_to_judge_is_no_loss():
    reports: Reports = []

    assert run_epoch(1, [((0.0, 0), 1.0)], lambda loss: loss, report_to(reports)) is None
    assert reports == [(1.0, None)]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_training(loss: float):
    with pytest.raises(TrainingFailed, match="in epoch 7"):
        run_epoch(7, [((loss, 1), 1.0)], lambda batch: batch, report_to([]))


def test_what_a_listener_raises_goes_through():
    def refuse(_share: float, _loss: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_epoch(1, [((1.0, 1), 1.0)], lambda batch: batch, refuse)


def test_every_batch_can_be_heard_of_once():
    reports: Reports = []
    batches = [((1.0, 1), share) for share in (0.25, 0.5, 1.0)]
    run_epoch(1, batches, lambda loss: loss, report_to(reports), 0.0)

    assert reports == [(0.25, 1.0), (0.5, 1.0), (1.0, 1.0)]
