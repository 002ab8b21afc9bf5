"""Bytes of which no row speaks: what a crash left, told from what a row is still to come for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta


class Strays:
    """Remembers since when each of them was seen.

    By a clock that nobody sets and that stands still while the machine sleeps: neither makes bytes
    old that somebody is just storing.
    """

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def seen_for(self, min_age: timedelta, keys: Iterable[str]) -> set[str]:
        """Those of all present strays that have been seen, by this object, for so long."""
        now = time.monotonic()
        self._since = {key: self._since.get(key, now) for key in keys}
        long = min_age.total_seconds()
        return {key for key, since in self._since.items() if now - since >= long}
