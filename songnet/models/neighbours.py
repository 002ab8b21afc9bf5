"""Sessions of the past that share tracks with this one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from songnet.models.past import Floats, Past
from songnet.vocabulary import PADDING, Indexes


class Neighbours(NamedTuple):
    """Past sessions, the most similar first; of equals the newer first."""

    sessions: Indexes
    """(neighbours,) numbers of sessions."""
    similarity: Floats
    """(neighbours,) the sum of the weights of the tracks that are shared."""
    latest_shared: Indexes
    """(neighbours,) which of the asked tracks is the latest that is shared."""


def distinct_newest_first(tracks: Indexes, most: int) -> Indexes:
    """The last `most` plays of a session as distinct known tracks, the latest first."""
    newest_first = tracks[::-1][:most]
    _, first = np.unique(newest_first, return_index=True)
    distinct = newest_first[np.sort(first)]
    known: Indexes = distinct[distinct != PADDING]
    return known


def find_neighbours(
    past: Past, tracks: Indexes, weights: Floats, *, newest: int, most: int
) -> Neighbours:
    """Finds the sessions that share most with some tracks.

    Args:
        past: where to look.
        tracks: (tracks,) distinct, the latest first.
        weights: (tracks,) what sharing each of them is worth.
        newest: only so many of the sessions that share any are looked at, the newest.
        most: how many to return at most.
    """
    places, which = past.places_of_each(tracks)
    # One entry for each (session, track), in ascending order of both.
    entries = np.unique(past.session_of[places] * max(1, len(tracks)) + which)
    session_of, which = np.divmod(entries, max(1, len(tracks)))
    sessions, first, at = np.unique(session_of, return_index=True, return_inverse=True)
    similarity: Floats = np.bincount(at, weights[which], minlength=len(sessions)).astype(
        np.float64, copy=False
    )
    latest_shared = which[first]
    newer_first = np.arange(len(sessions))[::-1][:newest]
    best = newer_first[np.argsort(-similarity[newer_first], kind="stable")][:most]
    return Neighbours(sessions[best], similarity[best], latest_shared[best])
