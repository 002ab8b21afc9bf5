"""How long tracks last, as far as their plays tell (pure).

No export says it. But a song that is heard to its end is played for as long as it lasts, to the
second, time after time.
"""

from __future__ import annotations

import pandas as pd

LEAST_MS = 30_000
"""Shorter plays tell nothing: they were left, or are no songs."""


def track_lengths(plays: pd.DataFrame) -> pd.Series[int]:
    """The length of each track that was heard long enough, in ms, by track_id.

    It is the most frequent duration in whole seconds where one came more than once, of equals the
    longest; else the longest play.

    Args:
        plays: a table with the columns `track_id` and `ms_played`, as in `History.frame`.

    Returns:
        (tracks,) int64, in the order of the track_ids.
    """
    long = plays[(plays["ms_played"] >= LEAST_MS).fillna(value=False)]
    durations = pd.DataFrame(
        {"track_id": long["track_id"], "seconds": long["ms_played"].astype("int64") // 1000}
    )
    counts = durations.value_counts(["track_id", "seconds"]).rename("count").reset_index()
    # Once is chance: those count alike, so that the longest of them comes last.
    order = counts.sort_values(["track_id", "count", "seconds"])
    last = order.drop_duplicates("track_id", keep="last").set_index("track_id")["seconds"]
    return (last * 1000).astype("int64")
