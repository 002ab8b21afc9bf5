"""How sure a mean is: percentile bootstrap (Efron and Tibshirani, 1993, chapter 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
GROUP_RESAMPLES = 2000
"""Fewer where there are thousands of groups: the intervals move in the fourth digit."""
INTERVAL = (2.5, 97.5)
"""Percentiles."""


@dataclass(frozen=True)
class Mean:
    """A mean and how sure it is."""

    mean: float
    low: float | None = None
    high: float | None = None
    """The 95 % bootstrap interval; None with fewer than two to draw from."""


def bootstrap_mean(values: Sequence[float]) -> Mean:
    """The mean of values of single listeners, with its interval over listeners."""
    numbers = np.asarray(values, dtype=float)
    if len(numbers) < 2:  # noqa: PLR2004 - one value has no spread
        return Mean(float(numbers.mean()))
    drawn = np.random.default_rng(0).choice(numbers, (RESAMPLES, len(numbers)))
    low, high = np.percentile(drawn.mean(axis=1), INTERVAL)
    return Mean(float(numbers.mean()), float(low), float(high))


def bootstrap_groups(values: npt.NDArray[np.float64], groups: npt.NDArray[np.int64]) -> Mean:
    """The mean of values that come in groups, with its interval over groups.

    The events of one session are of one mood, so that not they but whole sessions are drawn.

    Args:
        values: (values,) not empty.
        groups: (values,) which group each belongs to.
    """
    _, group_of = np.unique(groups, return_inverse=True)
    sizes, sums = np.bincount(group_of), np.bincount(group_of, values)  # (groups,)
    mean = float(values.mean())
    if len(sizes) < 2:  # noqa: PLR2004 - one group has no spread
        return Mean(mean)
    drawn = np.random.default_rng(0).integers(len(sizes), size=(GROUP_RESAMPLES, len(sizes)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, INTERVAL)
    return Mean(mean, float(low), float(high))
