"""From which border each session is seen, so that nothing is learned from its own future."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from songnet.evidence.arrays import Int32s

LAGGING = 0.5
"""The share of sessions that are seen from one border earlier: whoever asks does so with a past
that ended a while ago."""
TIMELESS = 0.15
"""The share of sessions that are asked without their time, as playlists are."""


class Plan(NamedTuple):
    """Sessions in order of time."""

    sessions: npt.NDArray[np.int64]
    """(sessions,) their numbers."""
    borders: list[int]
    """(sessions,) each is seen from the plays before this place."""
    has_time: npt.NDArray[np.bool_]
    """(sessions,)"""


def plan(
    bounds: Int32s, *, blocks: int, most_events: int, learned: int, rng: np.random.Generator
) -> Plan:
    """Plans from where to see the newest sessions.

    Borders stand at the first session that begins after each block of the plays. A session in one
    block is seen from the border before it, or by chance from the one before that. Dawid,
    'Statistical theory: the prequential approach' (JRSS A 1984).

    Args:
        bounds: (sessions + 1,) places at which sessions begin.
        blocks: how many; the sessions of the first are not planned, nothing is known before them.
        most_events: so many plays are planned, the newest.
        learned: plays that were learned from before, and are not again; a border stands at their
            end.
        rng: where chance comes from.
    """
    plays, sessions = int(bounds[-1]), len(bounds) - 1
    block = max(1, plays // blocks)
    offset = learned % block
    wanted = np.arange(offset, plays, block)
    borders = np.unique(np.searchsorted(bounds[:-1], wanted))  # numbers of sessions
    borders = borders[(borders > 0) & (borders < sessions)]
    first = max(
        int(np.searchsorted(bounds[:-1], max(learned, plays - most_events))),
        int(borders[0]) if len(borders) else sessions,
    )
    numbers = np.arange(first, sessions)
    at = np.searchsorted(borders, numbers, side="right") - 1
    lags = rng.random(len(numbers)) < LAGGING
    at = np.maximum(at - lags, 0)
    return Plan(
        sessions=numbers,
        borders=bounds[borders[at]].tolist() if len(numbers) else [],
        has_time=rng.random(len(numbers)) >= TIMELESS,
    )
