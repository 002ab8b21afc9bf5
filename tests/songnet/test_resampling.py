"""How sure a mean is."""

from __future__ import annotations

import numpy as np
import pytest

from songnet.resampling import bootstrap_groups, bootstrap_mean


def test_one_value_has_no_interval():
    mean = bootstrap_mean([0.25])

    assert (mean.mean, mean.low, mean.high) == (0.25, None, None)


def test_the_mean_of_groups_is_that_of_all_values():
    values, groups = np.array([1.0, 0, 0, 0]), np.array([7, 7, 7, 2])

    assert bootstrap_groups(values, groups).mean == 0.25


def test_one_group_has_no_interval():
    mean = bootstrap_groups(np.array([1.0, 0.0]), np.array([3, 3]))

    assert (mean.low, mean.high) == (None, None)


def test_values_that_move_together_are_known_less_surely():
    values = np.repeat([0.0, 1.0] * 10, 20)
    alone = bootstrap_groups(values, np.arange(400))
    together = bootstrap_groups(values, np.repeat(np.arange(20), 20))

    assert alone.low is not None
    assert alone.high is not None
    assert together.low is not None
    assert together.high is not None
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_a_constant_is_known_exactly():
    mean = bootstrap_groups(np.full(6, 0.5), np.array([0, 0, 0, 1, 2, 2]))

    assert mean.low == mean.high == pytest.approx(0.5)
