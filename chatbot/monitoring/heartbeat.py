"""How late the event loop is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

BEAT_SECONDS = 0.01
WINDOW_BEATS = 6000
"""About a minute."""
RECENT_BEATS = 500
"""About five seconds."""


@dataclass(frozen=True)
class Lag:
    """How late the loop was within the last minute, in seconds."""

    median: float
    p99: float
    longest: float


class Heartbeat:
    """Wakes up every 10 ms and measures by how much too late that was."""

    def __init__(self, observe: Callable[[float], object]) -> None:
        """`observe` is told every lag, in seconds."""
        self._observe = observe
        self._lags: deque[float] = deque(maxlen=WINDOW_BEATS)

    async def run(self) -> None:
        """Beats until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            lag = max(0.0, loop.time() - due)
            self._lags.append(lag)
            self._observe(lag)

    @property
    def recently(self) -> float:
        """The longest lag of the last five seconds of the loop's life."""
        return max(list(self._lags)[-RECENT_BEATS:], default=0.0)

    @property
    def lag(self) -> Lag | None:
        """None before the first beat."""
        lags = sorted(self._lags)
        if not lags:
            return None
        return Lag(lags[len(lags) // 2], lags[int(len(lags) * 0.99)], lags[-1])
