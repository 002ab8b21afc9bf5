"""All moments of many sessions, each seen with the eyes of an earlier time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songnet.evidence.arrays import Int32s, PastArrays, scratch_for
from songnet.evidence.candidates import CANDIDATES
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.evidence.prequential import plan
from songnet.evidence.standing import Standing, standing_at
from songnet.evidence.view import View
from songnet.evidence.walk import SessionEvidence, SessionTracks, gather_session

Float16s = npt.NDArray[np.float16]
WALKERS = 2
"""So many threads gather at once; compiled code lets others run meanwhile."""
SECONDS_BETWEEN_REPORTS = 0.2
PIECE = 256
"""So many moments of a session are described at a time: some sessions go on for weeks."""
AHEAD = 20
"""A playlist is good where its tracks are among so many next plays."""


def ignore(_share: float) -> None:
    """Listens to no progress."""


def session_evidence(view: View, session: SessionTracks) -> SessionEvidence:
    """Gathers the evidence of a session."""
    wanted = len(session.tracks) + 1 - session.first_wanted
    described = len(session.tracks) + 1 - session.first_described
    evidence = SessionEvidence(
        chosen=np.zeros((wanted, CANDIDATES), np.int32),
        candidates=np.zeros((described, CANDIDATES, len(FEATURES)), np.float32),
        played=np.zeros((wanted, len(FEATURES)), np.float32),
        timeless=np.zeros((wanted, len(MOMENT_FEATURES)), np.float32),
        timed=np.zeros((wanted, len(MOMENT_FEATURES)), np.float32),
    )
    gather_session(view, session, evidence)
    return evidence


@dataclass(frozen=True)
class Events:
    """Moments in order of time; session `i` is the rows `bounds[i]:bounds[i + 1]`.

    Moment `t` of a session asks what its `t`-th play will be.
    """

    candidates: Float16s
    """(events, candidates, features)"""
    counts: Int32s
    """(events,) how many candidates there are."""
    played: Float16s
    """(events, features) what spoke for the track that came, without its time."""
    timeless: Float16s
    """(events, moment features)"""
    timed: Float16s
    """(events, moment features)"""
    known: npt.NDArray[np.bool_]
    """(events,) whether the track that came had been played before the border."""
    targets: Int32s
    """(events,) which candidate came; -1 where none of them did."""
    ahead: npt.NDArray[np.bool_]
    """(events, candidates) which are among the next `AHEAD` plays of the session."""
    bounds: npt.NDArray[np.int64]
    """(sessions + 1,)"""


def prequential_events(
    past: PastArrays,
    *,
    blocks: int,
    most_events: int,
    learned: int,
    rng: np.random.Generator,
    on_share: Callable[[float], None] = ignore,
) -> Events:
    """Gathers what there is to learn from; see `plan` and `gather_events`."""
    planned = plan(past.bounds, blocks=blocks, most_events=most_events, learned=learned, rng=rng)
    standings = {border: standing_at(past, border) for border in sorted(set(planned.borders))}
    return gather_events(
        past,
        planned.sessions,
        [standings[border] for border in planned.borders],
        planned.has_time,
        on_share,
    )


def gather_events(
    past: PastArrays,
    numbers: npt.NDArray[np.int64],
    standings: Sequence[Standing],
    has_time: npt.NDArray[np.bool_],
    on_share: Callable[[float], None] = ignore,
) -> Events:
    """Gathers the evidence of many sessions.

    Args:
        past: that holds them.
        numbers: (sessions,) which ones.
        standings: (sessions,) the border that each is seen from.
        has_time: (sessions,) whether each knows its time.
        on_share: hears the share that is done; what it raises ends the walks and goes through.
    """
    begins, ends = past.bounds[numbers], past.bounds[numbers + 1]
    bounds = np.concatenate([[0], np.cumsum(ends - begins)]).astype(np.int64)
    n = int(bounds[-1])
    events = Events(
        candidates=np.zeros((n, CANDIDATES, len(FEATURES)), np.float16),
        counts=np.zeros(n, np.int32),
        played=np.zeros((n, len(FEATURES)), np.float16),
        timeless=np.zeros((n, len(MOMENT_FEATURES)), np.float16),
        timed=np.zeros((n, len(MOMENT_FEATURES)), np.float16),
        known=np.zeros(n, np.bool_),
        targets=np.full(n, -1, np.int32),
        ahead=np.zeros((n, CANDIDATES), np.bool_),
        bounds=bounds,
    )

    is_over = threading.Event()
    done = [0] * WALKERS

    def gather(walker: int) -> None:
        scratch = scratch_for(past)
        for i in range(walker, len(standings), WALKERS):
            if is_over.is_set():
                return
            done[walker] += 1
            standing = standings[i]
            source = slice(int(begins[i]), int(ends[i]))
            tracks = past.track[source]
            tracks = np.where(standing.plays[tracks] > 0, tracks, 0)  # (time,)
            seconds = np.concatenate([[past.seconds[begins[i]]], past.seconds[source]])
            if not has_time[i]:
                seconds[:] = -1.0
            view = View(past, standing, scratch)
            for begin in range(0, len(tracks), PIECE):
                end = min(begin + PIECE, len(tracks))
                asked = SessionTracks(tracks[:end], seconds[: end + 1], begin, begin)
                evidence = session_evidence(view, asked)
                _write(events, int(bounds[i]) + begin, tracks[begin:], end - begin, evidence)

    # Each session has rows of its own, so that the walkers never meet.
    with ThreadPoolExecutor(WALKERS) as pool:
        walks = [pool.submit(gather, walker) for walker in range(WALKERS)]
        try:
            finished, pending = wait(walks, SECONDS_BETWEEN_REPORTS, FIRST_EXCEPTION)
            while pending and not any(walk.exception() for walk in finished):
                on_share(sum(done) / len(standings))
                finished, pending = wait(walks, SECONDS_BETWEEN_REPORTS, FIRST_EXCEPTION)
        finally:
            is_over.set()
    for walk in walks:
        walk.result()
    return events


def _write(
    events: Events, first: int, coming: Int32s, count: int, evidence: SessionEvidence
) -> None:
    """Writes the evidence of so many moments, from which on these tracks came."""
    part, tracks = slice(first, first + count), coming[:count]  # (time,)
    chosen = evidence.chosen[:count]  # (time, candidates)
    events.candidates[part] = evidence.candidates[:count]
    events.counts[part] = np.count_nonzero(chosen, axis=1)
    events.played[part] = evidence.played[:count]
    events.timeless[part] = evidence.timeless[:count]
    events.timed[part] = evidence.timed[:count]
    events.known[part] = tracks != 0
    hits = (chosen == tracks[:, None]) & (chosen != 0)  # (time, candidates)
    events.targets[part] = np.where(hits.any(axis=1), hits.argmax(axis=1), -1)
    padded = np.concatenate([coming[: count + AHEAD], np.zeros(AHEAD, np.int32)])
    for step in range(AHEAD):
        later = padded[step : step + count]  # (time,)
        events.ahead[part] |= (chosen == later[:, None]) & (chosen != 0)
