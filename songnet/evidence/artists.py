"""What came after the last artist, whatever the track: a class-based bigram (Brown et al. 1992)."""

from __future__ import annotations

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import AFTER_ARTIST
from songnet.evidence.view import View, add, newest_before, recency_of, session_around

MOST_PLACES = 500
HALF_LIFE_DAYS = 180.0


@part
def after_artist(view: View, recent: Int32s) -> None:
    """Notes what came by track, and in `scratch.artists` by artist."""
    past = view.past
    artist = past.artist_of[recent[0]]
    if artist == 0:
        return
    begin, end = past.artist_bounds[artist], past.artist_bounds[artist + 1]
    newest = newest_before(past.by_artist, begin, end, view.standing.border)
    for position in range(max(begin, newest - MOST_PLACES), newest):
        place = past.by_artist[position]
        _, end_of_session = session_around(view, place)
        if place + 1 < end_of_session:
            track = past.track[place + 1]
            weight = recency_of(view, place, HALF_LIFE_DAYS)
            add(view, track, AFTER_ARTIST, weight)
            view.scratch.artists[past.artist_of[track]] += weight
