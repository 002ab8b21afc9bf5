"""The past as it is seen from a border, with paper to write on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from songnet.evidence.arrays import Float32s, Int32s, PastArrays, Scratch
from songnet.evidence.compiled import maker, part
from songnet.evidence.standing import SECONDS_PER_DAY, Standing


class View(NamedTuple):
    """What every expert is given: it looks at plays below `standing.border` only."""

    past: PastArrays
    standing: Standing
    scratch: Scratch


class Moment(NamedTuple):
    """When is asked. Walks know no time, so that what they find can be used again."""

    seconds: float
    """Since 1970 UTC; the border's own time where no other is known."""
    slot: int
    """Which hours of the day, see `moment_at`; -1 where no time is known."""
    weekend: int
    """1 at a weekend."""


class Asked(NamedTuple):
    """What was asked, and how much was said to it."""

    recent: Int32s
    """(time,) the newest tracks of the session, the latest first, 0 for unknown ones."""
    totals: Float32s
    """(experts,) the sums of what each expert said."""
    moment: Moment


@part
def places_of_track(view: View, track: int, most: int) -> tuple[int, int]:
    """Where the newest plays of a track before the border stand in `by_track`, from and to."""
    begin, end = view.past.track_bounds[track], view.past.track_bounds[track + 1]
    newest = newest_before(view.past.by_track, begin, end, view.standing.border)
    return max(begin, newest - most), newest


@part
def newest_before(places: Int32s, begin: int, end: int, border: int) -> int:
    """The position after the last place below a border, in an ascending part of a list."""
    low, high = begin, end
    while low < high:
        middle = (low + high) // 2
        if places[middle] < border:
            low = middle + 1
        else:
            high = middle
    return low


@part
def session_around(view: View, place: int) -> tuple[int, int]:
    """The first place of a play's session, and the one after its last before the border."""
    session = view.past.session[place]
    return view.past.bounds[session], min(view.past.bounds[session + 1], view.standing.border)


@part
def recency_of(view: View, place: int, half_life_days: float) -> float:
    """1 for the newest play before the border, half of it for each half-life before that."""
    age = view.standing.now - view.past.seconds[place]
    recency: float = 2.0 ** (-max(age, 0.0) / (SECONDS_PER_DAY * half_life_days))
    return recency


@part
def touch(view: View, track: int) -> int:
    """Notes that something is said for a track; returns its row in `scratch.values`."""
    scratch = view.scratch
    slot: int = scratch.slot_of[track]
    if slot == 0:
        scratch.filled[0] += 1
        slot = scratch.filled[0]
        scratch.slot_of[track] = slot
        scratch.touched[slot] = track
    return slot


@part
def add(view: View, track: int, expert: int, weight: float) -> None:
    """Lets an expert speak for a track."""
    view.scratch.values[touch(view, track), expert] += weight


@maker
def least_of_best(values: Float32s, most: int) -> float:
    """The least of the so many largest values; 0 where there are no more than so many."""
    if len(values) <= most:
        return 0.0
    least: float = np.partition(values, len(values) - most)[len(values) - most]
    return least
