"""Times out of text, a whole column at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa


def iso_times(
    texts: Sequence[str | None] | pa.ChunkedArray, *, with_zone: bool = True
) -> pd.Series:
    """ISO 8601 text as UTC, `datetime64[us, UTC]`; NaT where it is missing or unreadable.

    Args:
        texts: `2024-01-31T18:05:00Z` and the like; other ways of ISO 8601 are read too, slower.
        with_zone: whether the text usually names its zone; what names none is taken for UTC.
    """
    given = texts if isinstance(texts, pa.ChunkedArray) else pa.array(texts, pa.string())
    try:
        times = given.cast(pa.timestamp("us", "UTC" if with_zone else None))
    except pa.ArrowInvalid:
        unusual = pd.Series(pd.array(given, dtype="string"))
        found = pd.to_datetime(unusual, utc=True, format="ISO8601", errors="coerce")
        return found.astype("datetime64[us, UTC]")
    return pd.Series(np.asarray(times)).dt.tz_localize("UTC")
