"""Compiles, or loads, what every first question would wait for otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from songnet.evidence.arrays import past_arrays
from songnet.evidence.events import gather_events
from songnet.evidence.standing import standing_at
from songnet.evidence.walk import gather_session
from songnet.vocabulary import EncodedSessions


def is_compiled() -> bool:
    """Whether the compiled code is there already, so that `warm` only has to load it."""
    folder = gather_session.stats.cache_path  # type: ignore[attr-defined]  # numba's, around it
    return folder is not None and any(Path(folder).glob("*.nbi"))


def warm() -> None:
    """Gathers the evidence of two sessions of two tracks."""
    of_each = np.array([0, 1, 1])
    sessions = EncodedSessions(np.array([1, 2, 1, 2]), np.arange(4.0), np.array([0, 2, 4]))
    past = past_arrays(sessions, of_each, of_each)
    gather_events(past, np.array([1]), [standing_at(past, 2)], np.array([True]))
