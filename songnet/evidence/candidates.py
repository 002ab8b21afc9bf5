"""Which tracks are worth a closer look: the best under a fixed mixture of all experts."""

from __future__ import annotations

import numpy as np

from songnet.evidence.arrays import Float32s, Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import (
    AFTER_ARTIST,
    AFTER_PREVIOUS,
    AFTER_THREE,
    AFTER_TWO,
    BEFORE,
    EXPERTS,
    NEAR,
    NEAR_ALL,
    NEXT,
    NEXT_LATEST,
    NEXT_OF_LATE,
    SESSION_BACK,
    SOON,
    SUFFIX,
    VSKNN,
    VSTAN,
)
from songnet.evidence.standing import MONTH
from songnet.evidence.view import View

CANDIDATES = 128
POPULAR_WEIGHT, ARTIST_WEIGHT = 0.03, 0.03


def _weights() -> Float32s:
    weights = np.zeros(EXPERTS, np.float32)
    for expert, weight in {
        NEXT: 0.06, NEXT_OF_LATE: 0.10, NEXT_LATEST: 0.05, AFTER_TWO: 0.06, AFTER_THREE: 0.05,
        SOON: 0.06, BEFORE: 0.02, NEAR: 0.04, NEAR_ALL: 0.12, AFTER_PREVIOUS: 0.02, SUFFIX: 0.15,
        VSTAN: 0.14, VSKNN: 0.08, AFTER_ARTIST: 0.04, SESSION_BACK: 0.03,
    }.items():  # fmt: skip
        weights[expert] = weight
    return weights


WEIGHTS = _weights()
"""(experts,) how far each is trusted in the choice."""


@part
def totals_of(view: View) -> Float32s:
    """(experts,) sums over all tracks."""
    scratch = view.scratch
    totals = np.zeros(EXPERTS, np.float32)
    for number in range(scratch.filled[0]):
        track = scratch.touched[number]
        for expert in range(EXPERTS):
            totals[expert] += scratch.values[track, expert]
    return totals


@part
def factors_of(totals: Float32s) -> Float32s:
    """(experts + 1,) what one unit of each expert is worth; the last is the artists'."""
    factors = np.zeros(EXPERTS + 1, np.float32)
    for expert in range(EXPERTS):
        if totals[expert] > 0.0:
            factors[expert] = WEIGHTS[expert] / totals[expert]
    if totals[AFTER_ARTIST] > 0.0:
        factors[EXPERTS] = ARTIST_WEIGHT / totals[AFTER_ARTIST]
    return factors


@part
def prior_of(view: View, factors: Float32s, track: int) -> float:
    """The share of a track in the fixed mixture; 0 for one that was not played yet."""
    standing = view.standing
    if standing.plays[track] == 0.0:
        return 0.0
    prior: float = POPULAR_WEIGHT * standing.popularity[track, MONTH]
    for expert in range(EXPERTS):
        prior += factors[expert] * view.scratch.values[track, expert]
    artist = view.past.artist_of[track]
    of_artist = standing.plays[track] / max(standing.artist_count[artist], 1.0)
    prior += factors[EXPERTS] * view.scratch.artists[artist] * of_artist
    return prior


@part
def choose_candidates(view: View, totals: Float32s, chosen: Int32s, priors: Float32s) -> int:
    """Fills in the tracks with the largest prior; returns how many there are."""
    factors = factors_of(totals)
    count, most = view.scratch.filled[0], len(chosen)
    of_touched = np.empty(count, np.float32)
    for number in range(count):
        of_touched[number] = prior_of(view, factors, view.scratch.touched[number])
    least = 0.0
    if count > most:
        least = np.partition(of_touched, count - most)[count - most]
    taken = 0
    for number in range(count):
        if of_touched[number] >= least and of_touched[number] > 0.0 and taken < most:
            chosen[taken] = view.scratch.touched[number]
            priors[taken] = of_touched[number]
            taken += 1
    return taken
