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
from songnet.evidence.view import View, least_of_best

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
def sum_up(view: View, totals: Float32s) -> None:
    """Fills in (experts,) the sums over all tracks."""
    scratch = view.scratch
    totals[:] = 0.0
    for slot in range(1, scratch.filled[0] + 1):
        for expert in range(EXPERTS):
            totals[expert] += scratch.values[slot, expert]


@part
def find_factors(totals: Float32s, factors: Float32s) -> None:
    """Fills in (experts + 1,) what one unit of each expert is worth; the last is the artists'."""
    factors[:] = 0.0
    for expert in range(EXPERTS):
        if totals[expert] > 0.0:
            factors[expert] = WEIGHTS[expert] / totals[expert]
    if totals[AFTER_ARTIST] > 0.0:
        factors[EXPERTS] = ARTIST_WEIGHT / totals[AFTER_ARTIST]


@part
def prior_of(view: View, factors: Float32s, track: int) -> float:
    """The share of a track in the fixed mixture; 0 for one that was not played yet."""
    standing = view.standing
    if standing.plays[track] == 0.0:
        return 0.0
    prior: float = POPULAR_WEIGHT * standing.popularity[track, MONTH]
    values = view.scratch.values[view.scratch.slot_of[track]]
    for expert in range(EXPERTS):
        prior += factors[expert] * values[expert]
    artist = view.past.artist_of[track]
    of_artist = standing.plays[track] / max(standing.artist_count[artist], 1.0)
    prior += factors[EXPERTS] * view.scratch.artists[artist] * of_artist
    return prior


@part
def choose_candidates(view: View, factors: Float32s, chosen: Int32s, priors: Float32s) -> int:
    """Fills in the tracks with the largest prior; returns how many there are."""
    scratch = view.scratch
    count, most = scratch.filled[0], len(chosen)
    for slot in range(1, count + 1):
        scratch.priors[slot] = prior_of(view, factors, scratch.touched[slot])
    least = least_of_best(scratch.priors[1 : count + 1], most)
    taken = 0
    for slot in range(1, count + 1):
        prior = scratch.priors[slot]
        if prior >= least and prior > 0.0 and taken < most:
            chosen[taken] = scratch.touched[slot]
            priors[taken] = prior
            taken += 1
    return taken
