"""From scores to a playlist: pure functions of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from songnet.models.base import Scores
from songnet.vocabulary import Indexes

CHANCE_TEMPERATURE = 0.15
"""How far, in nats, chance may bend the scores: only near-equals change places."""


def perturbed(scores: Scores, rng: np.random.Generator | None = None) -> Scores:
    """Scores by which near-equals change places.

    Gumbel noise on scores draws without replacement from their softmax (Kool et al., 2019), here a
    very sharp one.

    Args:
        scores: (tracks,)
        rng: where chance comes from; None for none.
    """
    if rng is None:
        return scores
    noise = rng.gumbel(size=len(scores)).astype(np.float32)
    return scores + np.float32(CHANCE_TEMPERATURE) * noise


def rank(scores: Scores) -> Indexes:
    """Columns from the highest score to the lowest, equals in their order.

    Args:
        scores: (tracks,)
    """
    return np.argsort(-scores, kind="stable")


def choose(
    ranking: Indexes,
    artist_of: Indexes,
    *,
    length: int,
    most_per_artist: int | None = None,
) -> list[int]:
    """The first tracks of a ranking, not too many of one artist.

    Where the library has too few artists to fill the playlist under the cap, the cap rises by as
    much as is needed.

    Args:
        ranking: columns, best first; those that must not be chosen are not among them.
        artist_of: (tracks,) the artist of each column.
        length: how many tracks are wanted.
        most_per_artist: the cap; None for none.

    Returns:
        At most `length` columns, in the order of the ranking.
    """
    allowed: list[int] = ranking.tolist()
    if most_per_artist is None:
        return allowed[:length]
    cap = max(1, most_per_artist)
    while True:
        chosen = list(_capped(allowed, artist_of, cap, length))
        if len(chosen) >= min(length, len(allowed)):
            return chosen
        cap += 1


def space_artists(chosen: list[int], artist_of: Indexes) -> list[int]:
    """Keeps the order, but lets no artist follow itself where that can be helped.

    Args:
        chosen: columns, in the order of the ranking.
        artist_of: (tracks,) the artist of each column.
    """
    waiting = list(chosen)
    ordered: list[int] = []
    while waiting:
        last = int(artist_of[ordered[-1]]) if ordered else None
        places = [i for i, track in enumerate(waiting) if artist_of[track] != last]
        # Of what may follow, the first that leaves the others a way to keep apart.
        open_places = (i for i in places if _can_be_spaced(waiting, i, artist_of))
        ordered.append(waiting.pop(next(open_places, places[0] if places else 0)))
    return ordered


def _can_be_spaced(waiting: list[int], place: int, artist_of: Indexes) -> bool:
    """Whether the others can follow the track at a place, no artist next to itself."""
    left = Counter(int(artist_of[track]) for track in waiting)
    last = int(artist_of[waiting[place]])
    left[last] -= 1
    count = len(waiting) - 1
    return all(n <= (count if artist == last else count + 1) // 2 for artist, n in left.items())


def _capped(tracks: list[int], artist_of: Indexes, cap: int, length: int) -> Iterator[int]:
    taken: Counter[int] = Counter()
    left = length
    for track in tracks:
        if not left:
            return
        artist = int(artist_of[track])
        if taken[artist] < cap:
            taken[artist] += 1
            left -= 1
            yield track
