"""Compiles, or loads, what every first question would wait for otherwise."""

from __future__ import annotations

import numpy as np

from songnet.evidence import kept
from songnet.evidence.arrays import past_arrays
from songnet.evidence.events import gather_events
from songnet.evidence.standing import standing_at
from songnet.evidence.walk import gather_session
from songnet.vocabulary import EncodedSessions


def is_cold() -> bool:
    """Whether `warm` would compile, for half a minute, what can be kept from then on."""
    return kept.folder() is not None and not gather_session.is_compiled()


def warm() -> None:
    """Gathers the evidence of two sessions of two tracks."""
    of_each = np.array([0, 1, 1])
    sessions = EncodedSessions(np.array([1, 2, 1, 2]), np.arange(4.0), np.array([0, 2, 4]))
    past = past_arrays(sessions, of_each, of_each)
    gather_events(past, np.array([1]), [standing_at(past, 2)], np.array([True]))
