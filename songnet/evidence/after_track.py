"""What came around the earlier plays of the last track.

First, second and third order Markov chains (Shannon 1948) by recency, the longest match (Ziv and
Lempel 1977), skip-grams (Guthrie et al. 2006) and item-kNN within ten plays (Hidasi et al. 2016),
all from one walk over the newest plays of the track.
"""

from __future__ import annotations

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import (
    AFTER_PREVIOUS,
    AFTER_THREE,
    AFTER_TWO,
    BEFORE,
    LAST_SEEN,
    LONGEST,
    LONGEST_SKIP,
    NEAR,
    NEXT,
    NEXT_LATEST,
    NEXT_OF_LATE,
    SOON,
)
from songnet.evidence.view import (
    View,
    add,
    places_of_track,
    recency_of,
    session_around,
    touch,
)

MOST_PLACES = 400
HALF_LIFE_DAYS = 90.0
LATEST = 12
LATEST_DECAY = 0.6
LONGEST_MATCH = 10
TWO, THREE = 2, 3
SOON_REACH = 5
SOON_DECAY = 0.6
NEAR_REACH = 10


@part
def after_track(view: View, recent: Int32s) -> None:
    """Walks from the newest play of the last track to the oldest."""
    last = recent[0]
    if last == 0:
        return
    oldest, newest = places_of_track(view, last, MOST_PLACES)
    for back in range(newest - oldest):
        place = view.past.by_track[newest - 1 - back]
        begin, end = session_around(view, place)
        weight = recency_of(view, place, HALF_LIFE_DAYS)
        length = _match_length(view, place, begin, recent)
        if place + 1 < end:
            _note_next(view, place, weight, length)
            if back < LATEST:
                add(view, view.past.track[place + 1], NEXT_LATEST, LATEST_DECAY**back)
        _note_soon(view, place, end, weight, length)
        if place > begin:
            add(view, view.past.track[place - 1], BEFORE, weight)
        for there in range(max(begin, place - NEAR_REACH), place):
            add(view, view.past.track[there], NEAR, 1.0)


@part
def after_previous(view: View, recent: Int32s) -> None:
    """What came one or two plays after the track before the last."""
    if len(recent) < TWO or recent[1] == 0:
        return
    oldest, newest = places_of_track(view, recent[1], MOST_PLACES)
    for position in range(oldest, newest):
        place = view.past.by_track[position]
        _, end = session_around(view, place)
        weight = recency_of(view, place, HALF_LIFE_DAYS)
        for there in range(place + 1, min(place + TWO + 1, end)):
            add(view, view.past.track[there], AFTER_PREVIOUS, weight)


@part
def _match_length(view: View, place: int, begin: int, recent: Int32s) -> int:
    """How many of the last tracks stand at a place and before it, in the same order."""
    longest = min(LONGEST_MATCH, len(recent), place - begin + 1)
    length = 1
    while (
        length < longest
        and recent[length] != 0
        and view.past.track[place - length] == recent[length]
    ):
        length += 1
    return length


@part
def _note_next(view: View, place: int, weight: float, length: int) -> None:
    track = view.past.track[place + 1]
    values = view.scratch.values[touch(view, track)]
    values[NEXT] += 1.0
    values[NEXT_OF_LATE] += weight
    if length >= TWO:
        values[AFTER_TWO] += weight
    if length >= THREE:
        values[AFTER_THREE] += weight
    values[LONGEST] = max(values[LONGEST], length)
    if values[LAST_SEEN] == 0.0:
        values[LAST_SEEN] = max(view.standing.now - view.past.seconds[place], 1.0)


@part
def _note_soon(view: View, place: int, end: int, weight: float, length: int) -> None:
    """Notes what came two and more plays later."""
    if place + 1 < end:
        add(view, view.past.track[place + 1], NEAR, 1.0)
    if place + TWO < end:
        values = view.scratch.values[touch(view, view.past.track[place + TWO])]
        values[LONGEST_SKIP] = max(values[LONGEST_SKIP], length)
    for there in range(place + TWO, min(place + NEAR_REACH + 1, end)):
        add(view, view.past.track[there], NEAR, 1.0)
        if there <= place + SOON_REACH:
            add(view, view.past.track[there], SOON, weight * SOON_DECAY ** (there - place - TWO))
