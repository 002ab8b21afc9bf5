"""What was often played near any of the last tracks: item-kNN that the whole session asks."""

from __future__ import annotations

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import BREADTH, NEAR_ALL, NEAR_STAMP
from songnet.evidence.view import View, places_of_track, recency_of, session_around, touch

ASKED = 10
REACH = 8
MOST_PLACES = 40
HALF_LIFE_DAYS = 365.0
DECAY = 0.85


@part
def near_tracks(view: View, recent: Int32s) -> None:
    """Each of the last distinct tracks counts `DECAY` of the one after it, for all its places."""
    for asked in range(min(ASKED, len(recent))):
        track = recent[asked]
        is_repeated = False
        for later in range(asked):
            is_repeated = is_repeated or recent[later] == track
        if track == 0 or is_repeated:
            continue
        oldest, newest = places_of_track(view, track, MOST_PLACES)
        spread = DECAY**asked / (1.0 + newest - oldest) ** 0.5
        for position in range(oldest, newest):
            place = view.past.by_track[position]
            weight = spread * recency_of(view, place, HALF_LIFE_DAYS)
            _note_near(view, place, weight, asked + 1.0)


@part
def _note_near(view: View, place: int, weight: float, stamp: float) -> None:
    begin, end = session_around(view, place)
    for there in range(max(begin, place - REACH), min(end, place + REACH + 1)):
        if there == place:
            continue
        track = view.past.track[there]
        values = view.scratch.values[touch(view, track)]
        values[NEAR_ALL] += weight
        if values[NEAR_STAMP] != stamp:
            values[NEAR_STAMP] = stamp
            values[BREADTH] += 1.0
