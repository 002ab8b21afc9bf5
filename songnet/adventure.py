"""From familiar to adventurous: what a person hears often, or what they hear seldom."""

from __future__ import annotations

import numpy as np

from songnet.models.base import Scores
from songnet.models.past import Floats, Past
from songnet.vocabulary import Indexes

PLAIN_ADVENTURE = 0.5
"""Here the model's ranking stands as it is."""
REACH = 10
"""So many tracks for each one that is wanted may change places; what the model ranks lower goes
with the seeds too little, however new it would be."""
STRENGTH = 1.0
"""At both ends, a standard deviation of novelty counts as much as so many of the scores."""
SECONDS_PER_DAY = 86_400


def novelty(past: Past, plays: Indexes, artist_of: Indexes) -> Floats:
    """How seldom and how long ago each track was heard, and how far it is from the centre.

    The mean of three standard scores over the library: `-log(plays of the track)`,
    `log(1 + days since its last play)`, counted from the newest play of all, and
    `-log(plays of its artist)`.

    Args:
        past: where the newest plays are found; may be empty, then the second score is 0.
        plays: (tracks + 1,) how often each track was played.
        artist_of: (tracks + 1,) the artist of each.

    Returns:
        (tracks,) from familiar to new, with the mean 0.
    """
    of_artist = np.bincount(artist_of, plays)[artist_of]
    last_at = np.full(len(plays), past.last_started_at)
    last_at[past.tracks] = past.started_at  # in time order: the newest stays
    days = np.maximum(past.last_started_at - last_at, 0.0) / SECONDS_PER_DAY
    parts = (
        -np.log(np.maximum(plays[1:], 1)),
        np.log1p(days[1:]),
        -np.log(np.maximum(of_artist[1:], 1)),
    )
    mean: Floats = np.mean([_standardised(part) for part in parts], axis=0)
    return mean


def reorder(
    ranking: Indexes, scores: Scores, newness: Floats, *, adventure: float, length: int
) -> Indexes:
    """Moves new tracks up or down within the best `REACH * length` of a ranking.

    With `t = (adventure - PLAIN_ADVENTURE) / .5` in -1 ... 1, what stands there is sorted by
    `score + t STRENGTH (spread of the scores) newness / (spread of the newness)`. The best tracks
    of a sum `s + t n` never have a lower mean of `n` when `t` grows, whatever the cap on artists:
    a higher `adventure` never gives a more familiar choice.

    Args:
        ranking: columns, best first; those that must not be chosen are not among them.
        scores: (tracks,) what they were ranked by.
        newness: (tracks,) from `novelty`.
        adventure: 0 familiar ... 1 adventurous.
        length: how many tracks are wanted.

    Raises:
        ValueError: `adventure` is not in 0 ... 1.
    """
    if not 0 <= adventure <= 1:
        raise ValueError(f"adventure is from 0 (familiar) to 1 (adventurous), not {adventure}")
    pool, rest = ranking[: REACH * length], ranking[REACH * length :]
    turn = (adventure - PLAIN_ADVENTURE) / 0.5
    if not turn or not len(pool):
        return ranking
    moved = _standardised(scores[pool]) + turn * STRENGTH * _standardised(newness[pool])
    return np.concatenate([pool[np.argsort(-moved, kind="stable")], rest])


def _standardised(values: Floats | Scores) -> Floats:
    """With the mean 0 and the standard deviation 1; all 0 where they are equal."""
    centred: Floats = np.asarray(values, dtype=np.float64) - np.mean(values, dtype=np.float64)
    spread = float(centred.std())
    return centred / spread if spread > 0 else centred
