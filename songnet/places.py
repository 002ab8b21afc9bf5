"""Inverted lists: at which places each number stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from songnet.vocabulary import Indexes


def places_by(numbers: npt.NDArray[np.integer[Any]]) -> Indexes:
    """The places of the smallest number first, those of each number in ascending order.

    Args:
        numbers: (places,) from 0 on.
    """
    if numbers.max(initial=0) <= np.iinfo(np.uint16).max:  # these numpy sorts by their digits
        numbers = numbers.astype(np.uint16)
    return np.argsort(numbers, kind="stable")
