"""Why a track stands in a playlist: counts from its listener's own history."""

from __future__ import annotations

import numpy as np

from songnet.music import Reason
from songnet.transitions import Transitions
from songnet.vocabulary import Indexes, Vocabulary

FOLLOWED = "followed"
"""It came directly after a seed, so many times."""
PRECEDED = "preceded"
"""It came directly before a seed, so many times."""
SAME_ARTIST = "same_artist"
"""It is by the artist of a seed, whose songs were played so many times."""
PLAYS = "plays"
"""It was played so many times."""


def reasons_for(
    index: int, seeds: Indexes, vocabulary: Vocabulary, transitions: Transitions
) -> tuple[Reason, ...]:
    """The reasons for one track, the strongest kind first.

    Args:
        index: the track.
        seeds: (seeds,) what the playlist was grown from.
        vocabulary: the library that both are indexes of.
        transitions: how often each track came after each other one.
    """
    track = np.array([index])
    neighbours = [
        (FOLLOWED, np.array([transitions.times(int(seed), track)[0] for seed in seeds])),
        (PRECEDED, transitions.times(index, seeds)),
    ]
    reasons = []
    for kind, counts in neighbours:
        best = int(np.argmax(counts))
        if counts[best]:
            seed = vocabulary.track(int(seeds[best]))
            reasons.append(Reason(kind, int(counts[best]), seed.track_id))
    artist = vocabulary.artist_of[index]
    related = seeds[vocabulary.artist_of[seeds] == artist]
    if len(related):
        plays = int(vocabulary.plays[vocabulary.artist_of == artist].sum())
        reasons.append(Reason(SAME_ARTIST, plays, vocabulary.track(int(related[0])).track_id))
    reasons.append(Reason(PLAYS, int(vocabulary.plays[index])))
    return tuple(reasons)
