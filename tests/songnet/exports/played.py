"""Something that was heard, of which every format tells in its own way."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

NEEDLE = "very-personal"
"""What stands in every personal field; no byte of it may be stored or logged."""


@dataclass(frozen=True)
class Played:
    """Something that was heard for a minute."""

    start: str
    """ISO 8601, UTC."""
    artist: str
    title: str
    album: str = ""

    @property
    def at(self) -> pd.Timestamp:
        return pd.Timestamp(self.start, tz="UTC")

    @property
    def end(self) -> pd.Timestamp:
        return self.at + pd.Timedelta(60, unit="s")

    @property
    def epoch(self) -> int:
        return int(self.at.timestamp())
