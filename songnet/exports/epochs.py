"""Times that are told as numbers since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

_LAST_SECOND: Final = 1e11
"""The year 5138. Beyond it a number is no time for pandas at all; either way it is a bad time."""


def times_of_epochs(values: Sequence[float | str | None], per_second: int = 1) -> pd.Series:
    """UTC times of numbers, or of texts that hold numbers; NaT for all else.

    Args:
        values: seconds since 1970, or what `per_second` makes of them.
        per_second: 1,000 for milliseconds.
    """
    numbers: pd.Series = pd.to_numeric(pd.Series(list(values), dtype="object"), errors="coerce")
    seconds = numbers.astype("float64") / per_second
    seconds = seconds.where(seconds.between(0, _LAST_SECOND))
    times: pd.Series = pd.to_datetime(seconds, unit="s", utc=True, errors="coerce").dt.round("ms")
    return times
