"""Suffix kNN: what followed the moments of the past that were like this one.

As `songnet.models.suffix_knn`, with the newest places only: prediction by partial matching (Cleary
and Witten, IEEE Trans. Comm. 1984), matches may have holes.
"""

from __future__ import annotations

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import SUFFIX
from songnet.evidence.view import View, add, places_of_track, recency_of, session_around

ASKED = 5
DECAY = 0.5
REACH = 5
REACH_DECAY = 0.4
MOST_PLACES = 250
HALF_LIFE_DAYS = 365.0


@part
def moments(view: View, recent: Int32s) -> None:
    """Weighs each moment by the square of its agreement with the last tracks."""
    scratch = view.scratch
    for number in range(_find_moments(view, recent)):
        moment = scratch.moments[number]
        weight = scratch.agreement[moment] ** 2 * recency_of(view, moment, HALF_LIFE_DAYS)
        scratch.agreement[moment] = 0.0
        _, end = session_around(view, moment)
        for there in range(moment + 1, min(moment + REACH + 1, end)):
            add(view, view.past.track[there], SUFFIX, weight)
            weight *= REACH_DECAY


@part
def _find_moments(view: View, recent: Int32s) -> int:
    """Lists the moments that agree in any track and were followed by one."""
    scratch, count = view.scratch, 0
    for asked in range(min(ASKED, len(recent))):
        if recent[asked] == 0:
            continue
        oldest, newest = places_of_track(view, recent[asked], MOST_PLACES)
        for position in range(oldest, newest):
            place = view.past.by_track[position]
            moment = place + asked
            _, end = session_around(view, place)
            if moment + 1 < end:
                if scratch.agreement[moment] == 0.0:
                    scratch.moments[count] = moment
                    count += 1
                scratch.agreement[moment] += DECAY**asked
    return count
