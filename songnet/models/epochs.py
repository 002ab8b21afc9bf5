"""One look at everything there is to learn from, whatever the network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from songnet.errors import TrainingFailed

SECONDS_BETWEEN_REPORTS = 0.5
Batch = TypeVar("Batch")


def run_epoch(
    epoch: int,
    batches: Iterable[tuple[Batch, float]],
    learn: Callable[[Batch], tuple[float, int]],
    on_share: Callable[[float, float | None], None],
    seconds_between_reports: float = SECONDS_BETWEEN_REPORTS,
) -> float | None:
    """Learns from batch after batch.

    Args:
        epoch: its number, for the error.
        batches: each with the share of the epoch that is done after it.
        learn: takes one step; gives the sum of the losses and how many those were.
        on_share: hears of the share that is done and the mean loss, now and then and in the end;
            what it raises goes through.
        seconds_between_reports: 0 for one after every batch.

    Returns:
        The mean loss; None where there was nothing to judge.

    Raises:
        TrainingFailed: the loss is no finite number.
    """
    total, judged, loss = 0.0, 0, None
    reported, reported_at = 0.0, time.monotonic()
    for batch, share in batches:
        of_batch, count = learn(batch)
        total, judged = total + of_batch, judged + count
        if not math.isfinite(total):
            raise TrainingFailed(reason=f"the loss is {total} in epoch {epoch}")
        loss = total / judged if judged else None
        if time.monotonic() - reported_at >= seconds_between_reports:
            on_share(share, loss)
            reported, reported_at = share, time.monotonic()
    if reported < 1:
        on_share(1.0, loss)
    return loss
