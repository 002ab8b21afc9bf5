"""Gathers the evidence for the moments of a session."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from songnet.evidence.after_track import after_previous, after_track
from songnet.evidence.arrays import Float32s, Float64s, Int32s
from songnet.evidence.artists import after_artist
from songnet.evidence.candidates import choose_candidates, find_factors, prior_of, sum_up
from songnet.evidence.compiled import entry, part
from songnet.evidence.experts import EXPERTS
from songnet.evidence.features import describe, rank
from songnet.evidence.moment_features import describe_moment, moment_at, tell_time
from songnet.evidence.moments import moments
from songnet.evidence.near_tracks import near_tracks
from songnet.evidence.neighbours import neighbours
from songnet.evidence.session import session_cache
from songnet.evidence.view import Asked, Moment, View, touch

RECENT = 50
"""So many plays of a session are looked at."""


class SessionTracks(NamedTuple):
    """A session, and which of its moments are wanted.

    Moment `t` knows the plays before `t`. There is one more of them than plays: the last one asks
    what comes next.
    """

    tracks: Int32s
    """(time,) 0 for unknown ones."""
    seconds: Float64s
    """(time + 1,) when is asked, since 1970 UTC; below 0 where that is not known."""
    first_wanted: int
    """Moments before this one are left out."""
    first_described: int
    """Moments from this one on get candidates; those before tell only how the session went."""


class SessionEvidence(NamedTuple):
    """What spoke for what; the rows begin with the first wanted, or described, moment."""

    chosen: Int32s
    """(wanted, candidates) tracks, 0 after the last."""
    candidates: Float32s
    """(described, candidates, features)"""
    played: Float32s
    """(wanted, features) what spoke for the track that was played, whenever it was; zeros for an
    unknown one."""
    timeless: Float32s
    """(wanted, moment features) as if no time were known."""
    timed: Float32s
    """(wanted, moment features)"""


@entry
def gather_session(view: View, session: SessionTracks, evidence: SessionEvidence) -> None:
    """Fills in what each play of a session was, or will be, chosen from.

    The scratch paper has to be white, and is white again afterwards.
    """
    priors = np.zeros(evidence.chosen.shape[1], np.float32)
    totals, factors = np.zeros(EXPERTS, np.float32), np.zeros(EXPERTS + 1, np.float32)
    recent = np.zeros(RECENT, np.int32)
    for place in range(session.first_wanted, len(session.tracks) + 1):
        length = min(place, RECENT)
        for back in range(length):
            recent[back] = session.tracks[place - 1 - back]
        row = place - session.first_wanted
        _ask_experts(view, recent[:length], totals)
        find_factors(totals, factors)
        timeless = Asked(recent[:length], totals, Moment(view.standing.now, -1, 0))
        moment = moment_at(view.standing, session.seconds[place])
        asked = Asked(recent[:length], totals, moment)
        count = choose_candidates(view, factors, evidence.chosen[row], priors)
        chosen = evidence.chosen[row, :count]
        describe_moment(view, timeless, place, evidence.timeless[row])
        evidence.timed[row] = evidence.timeless[row]
        tell_time(view.standing, moment, evidence.timed[row])
        if place < len(session.tracks) and session.tracks[place] != 0:
            track = session.tracks[place]
            prior = prior_of(view, factors, track)
            describe(view, timeless, track, prior, evidence.played[row])
            this = session.tracks[place : place + 1]
            rank(view, chosen, this, evidence.played[row : row + 1])
        if place >= session.first_described:
            rows = evidence.candidates[place - session.first_described]
            for number in range(count):
                describe(view, asked, chosen[number], priors[number], rows[number])
            rank(view, chosen, chosen, rows[:count])
        _clear(view)


@part
def _ask_experts(view: View, recent: Int32s, totals: Float32s) -> None:
    """Lets all experts write down what they know; fills in (experts,) the sums of it."""
    if len(recent) > 0:
        after_track(view, recent)
        after_previous(view, recent)
        near_tracks(view, recent)
        moments(view, recent)
        neighbours(view, recent)
        after_artist(view, recent)
        session_cache(view, recent)
    for number in range(len(view.standing.popular)):
        touch(view, view.standing.popular[number])
    sum_up(view, totals)


@part
def _clear(view: View) -> None:
    """Makes the scratch paper white again, only where it was written on."""
    scratch = view.scratch
    for slot in range(1, scratch.filled[0] + 1):
        track = scratch.touched[slot]
        scratch.slot_of[track] = 0
        scratch.artists[view.past.artist_of[track]] = 0.0
    scratch.values[1 : scratch.filled[0] + 1] = 0.0
    scratch.filled[0] = 0
