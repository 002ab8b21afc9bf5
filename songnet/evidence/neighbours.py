"""VSTAN and V-SKNN: what sessions like this one held, in order and in any order.

As `songnet.models.vstan` and `songnet.models.vsknn`, with one set of neighbours for both (Ludewig
et al., 'Empirical analysis of session-based recommendation algorithms', UMUAI 2021).
"""

from __future__ import annotations

import numpy as np

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import VSKNN, VSTAN
from songnet.evidence.view import (
    View,
    add,
    least_of_best,
    places_of_track,
    recency_of,
    session_around,
)

ASKED = 15
MOST_PLACES = 100
NEIGHBOURS = 100
SESSION_DECAY = 2.5
HALF_LIFE_DAYS = 250.0
LATER_SHARE = 0.5
"""What a further shared track counts, beside the latest one."""
REACH = 10
ITEM_DECAY = 1.5
AROUND = 15
"""V-SKNN looks at so many plays on either side: sessions can go on for days."""


@part
def neighbours(view: View, recent: Int32s) -> None:
    """Finds the sessions that share most with this one, and lets them speak."""
    scratch = view.scratch
    count = _find_sessions(view, recent)
    least = _least_similarity(view, count)
    for number in range(count):
        session = scratch.sessions[number]
        scratch.shared_by[session] = 0
        if scratch.similarity[session] >= least:
            _hear(view, scratch.latest_shared[session], scratch.similarity[session])


@part
def _find_sessions(view: View, recent: Int32s) -> int:
    """Lists the sessions that share a track, each with its similarity and latest shared place."""
    scratch, count = view.scratch, 0
    for asked in range(min(ASKED, len(recent))):
        if recent[asked] == 0:
            continue
        oldest, newest = places_of_track(view, recent[asked], MOST_PLACES)
        late = np.exp(-asked / SESSION_DECAY)
        idf = np.log((view.standing.border + 1.0) / (view.standing.plays[recent[asked]] + 1.0))
        for back in range(newest - oldest):
            place = view.past.by_track[newest - 1 - back]
            session = view.past.session[place]
            if scratch.shared_by[session] == asked + 1:
                continue
            begin, _ = session_around(view, place)
            weight = late * idf * recency_of(view, begin, HALF_LIFE_DAYS)
            if scratch.shared_by[session] == 0:
                scratch.sessions[count] = session
                count += 1
                scratch.latest_shared[session] = place
                scratch.similarity[session] = weight * late
            else:
                scratch.similarity[session] += weight * LATER_SHARE
            scratch.shared_by[session] = asked + 1
    return count


@part
def _least_similarity(view: View, count: int) -> float:
    """What the last one heard has, of so many sessions."""
    scratch = view.scratch
    for number in range(count):
        scratch.compared[number] = scratch.similarity[scratch.sessions[number]]
    return least_of_best(scratch.compared[:count], NEIGHBOURS)


@part
def _hear(view: View, place: int, similarity: float) -> None:
    begin, end = session_around(view, place)
    weight = similarity
    for there in range(place + 1, min(place + REACH + 1, end)):
        add(view, view.past.track[there], VSTAN, weight)
        weight *= np.exp(-1.0 / ITEM_DECAY)
    for there in range(max(begin, place - AROUND), min(end, place + AROUND + 1)):
        add(view, view.past.track[there], VSKNN, similarity)
