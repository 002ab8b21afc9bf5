"""Songs that go well one after the other: the order of a playlist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from songnet.models.past import Floats, Past
from songnet.vocabulary import Indexes

NEAR = 10
"""Plays of a session that are so far apart at most were heard together."""
NEAR_DECAY = 0.6
"""Each play further apart counts so much of the one before."""
DIRECT_SHARE, NEAR_SHARE, ARTIST_SHARE, REST_SHARE = 0.5, 0.2, 0.2, 0.1
"""How far each kind of count is trusted; they sum to 1."""
DIRECT_PRIOR, NEAR_PRIOR, ARTIST_PRIOR = 1.0, 2.0, 5.0
"""So many plays that nothing followed are added to each count, so that one play is no certainty."""
PROMISE_WEIGHT = 80.0
"""How much the model's ranking counts against flow. Chosen on validation parts, where less costs
more of NDCG@20 (docs/playlists.md)."""
SAME_ARTIST_COST = 1000.0
"""One artist twice in a row: more than all the rest together can cost."""
NEXT_BUT_ONE_COST = 1.0
"""One artist twice with one song between."""
MOST_ROUNDS = 60
"""Improvements at most."""
FARTHEST = 12
"""One improvement turns a stretch of at most so many tracks, or moves one by so many places."""
MOST_AT_ONCE = 100
"""Longer playlists are put in order by pieces of so many tracks: the memory and the time of one
search grow with the square of its length."""


@dataclass(frozen=True)
class Flow:
    """How well tracks follow each other in one listener's past."""

    past: Past
    artist_of: Indexes
    """(tracks + 1,)"""
    promise_weight: float = PROMISE_WEIGHT

    def chances(self, tracks: Indexes) -> Floats:
        """How likely each of some tracks is to come after each other one.

        `p(b | a) = .5 n(a, b) / (n(a) + 1) + .2 m(a, b) / (m(a) + 2) + .2 N(A, B) / (N(A) + 5)
        + .1 / tracks`, with `n` how often `b` came directly after `a`, `m` the same with every
        play of the session that is up to `NEAR` places from `a` in either direction counted by
        `NEAR_DECAY ** (distance - 1)`, and `N` how often the artist of `b` came directly after the
        artist of `a`. Interpolated as by Jelinek and Mercer, 1980.

        Args:
            tracks: (tracks,) each once.

        Returns:
            (before, after) in 0 ... 1.
        """
        count = len(tracks)
        number_of = np.full(self.past.vocabulary_size + 1, -1)
        number_of[tracks] = np.arange(count)
        places, which = self.past.places_of_each(tracks)
        offsets = np.arange(1, NEAR + 1)
        weights = NEAR_DECAY ** (offsets - 1.0)
        beside = number_of[self.past.beside(places, offsets)]  # (places, offsets)
        direct = _pairs(which, beside[:, 0], np.ones(len(places)), count)
        pairs = np.repeat(which, len(offsets))
        later = _pairs(pairs, beside.ravel(), np.tile(weights, len(places)), count)
        near = later + later.T  # what is near before one is near after the other
        plays = np.bincount(which, minlength=count)[:, None]
        all_near = 2 * weights.sum() * plays
        by_artist, artist_plays = self._artist_pairs(self.artist_of[tracks])
        return np.asarray(
            DIRECT_SHARE * direct / (plays + DIRECT_PRIOR)
            + NEAR_SHARE * near / (all_near + NEAR_PRIOR)
            + ARTIST_SHARE * by_artist / (artist_plays[:, None] + ARTIST_PRIOR)
            + REST_SHARE / max(1, self.past.vocabulary_size),
            dtype=np.float64,
        )

    def _artist_pairs(self, artists: Indexes) -> tuple[Floats, Floats]:
        """(before, after) how often one artist came directly after the other, and (before,) plays.

        Each of two tracks of one artist is as likely as the other: the count is shared by them.
        """
        distinct, which = np.unique(artists, return_inverse=True)
        number_of = np.full(int(self.artist_of.max(initial=0)) + 1, -1)
        number_of[distinct] = np.arange(len(distinct))
        before, after = (number_of[side] for side in self._artists_in_a_row)
        is_known = before >= 0
        before, after = before[is_known], after[is_known]
        table = _pairs(before, after, np.ones(len(before)), len(distinct))
        plays = np.bincount(before, minlength=len(distinct)).astype(np.float64)
        return table[which[:, None], which], plays[which]

    @cached_property
    def _artists_in_a_row(self) -> tuple[Indexes, Indexes]:
        """(pairs,) the artists of every two plays in a row of one session."""
        artists = self.artist_of[self.past.tracks]
        is_pair = self.past.session_of[1:] == self.past.session_of[:-1]
        return artists[:-1][is_pair], artists[1:][is_pair]

    def order(self, chosen: Sequence[int], seeds: Indexes) -> list[int]:
        """Puts the tracks of a playlist in an order that flows.

        The order is one that costs little; its cost is the sum of

        - `-log p(b | a)` for every two tracks in a row, and from the seeds to the first track (the
          likeliest of the seeds counts);
        - `-promise_weight d(r) d(i) / sum of d(r)^2` times the number of tracks, for the track with
          the rank `r` at the place `i`, both from 1 on, `d(i) = 1 / log2(i + 1)`: least where the
          tracks stand as they are ranked, so that what is promised most comes early;
        - `SAME_ARTIST_COST` for one artist twice in a row, and `NEXT_BUT_ONE_COST` with one track
          between.

        It starts from the order that is given, and takes the best of all moves (a stretch reversed,
        or one track put elsewhere) for as long as one helps, `MOST_ROUNDS` times at most. Of more
        than `MOST_AT_ONCE` tracks, pieces of at most so many are put in order, each after the last
        track of the one before.

        Args:
            chosen: (tracks,) as they are ranked, artists already apart where that can be.
            seeds: (seeds,) the tracks that are heard before.
        """
        tracks = np.asarray(chosen, dtype=np.int64)
        if not len(tracks):
            return []
        before = np.unique(seeds[(seeds != 0) & ~np.isin(seeds, tracks)])
        ordered: list[int] = []
        promises = promises_of(len(tracks), self.promise_weight)
        # Of like sizes: a last piece of one track could not be kept apart from the one before it.
        pieces = -(-len(tracks) // MOST_AT_ONCE)
        for places in np.array_split(np.arange(len(tracks)), pieces):
            follows = bool(ordered)
            ordered += self._order_piece(tracks[places], before, promises[places], follows=follows)
            before = np.array(ordered[-1:])
        return ordered

    def _order_piece(
        self, tracks: Indexes, before: Indexes, promises: Floats, *, follows: bool
    ) -> list[int]:
        """Tracks in order, after the likeliest of those before them.

        Where they follow others of the playlist, no artist goes on from there either.
        """
        count = len(tracks)
        if count < 2:  # noqa: PLR2004 - one track has no order
            return [int(track) for track in tracks]
        steps = -np.log(self.chances(np.concatenate([tracks, before])))
        first = steps[count:, :count].min(axis=0) if len(before) else np.zeros(count)
        artists = self.artist_of[tracks]
        if follows:
            first = first + SAME_ARTIST_COST * (artists == self.artist_of[before[-1]])
        costs = Costs.of(steps[:count, :count], first, artists, promises)
        return [int(track) for track in tracks[costs.improved(np.arange(count))]]


@dataclass(frozen=True)
class Costs:
    """What an order of tracks costs; a track is known by its rank, from 0 on."""

    steps: Floats
    """(before, after)"""
    next_but_one: Floats
    """(before, after)"""
    standing: Floats
    """(rank, place)"""

    @classmethod
    def of(cls, steps: Floats, first: Floats, artists: Indexes, promises: Floats) -> Costs:
        """The costs of tracks in the order of their ranks.

        Args:
            steps: (before, after) of two in a row.
            first: (tracks,) of being the first one.
            artists: (tracks,)
            promises: (tracks,) what each place promises: how much it counts that the tracks stand
                as they are ranked, see `promises_of`.
        """
        is_same = artists[:, None] == artists  # (before, after)
        standing = -np.outer(promises, promises)
        standing[:, 0] += first
        return cls(steps + SAME_ARTIST_COST * is_same, NEXT_BUT_ONE_COST * is_same, standing)

    def total(self, orders: Indexes) -> Floats:
        """(orders,) what each of (orders, tracks) costs."""
        count = orders.shape[1]
        rows = orders * count  # flat indexes: a playlist asks for tens of thousands of entries
        total: Floats = (
            self.steps.take(rows[:, :-1] + orders[:, 1:]).sum(axis=1)
            + self.next_but_one.take(rows[:, :-2] + orders[:, 2:]).sum(axis=1)
            + self.standing.take(rows + np.arange(count)).sum(axis=1)
        )
        return total

    def improved(self, order: Indexes) -> Indexes:
        """An order that no single move makes cheaper (unless `MOST_ROUNDS` are over)."""
        moves = _moves(len(order))
        cost = float(self.total(order[None])[0])
        for _ in range(MOST_ROUNDS):
            orders = order[moves]
            costs = self.total(orders)
            best = int(np.argmin(costs))
            if costs[best] >= cost - 1e-9:  # equal but for rounding
                break
            order, cost = orders[best], float(costs[best])
        return order


def promises_of(count: int, weight: float) -> Floats:
    """(places,) of a playlist of so many; the product of two is what a track's rank is worth."""
    discounts = 1 / np.log2(np.arange(count) + 2.0)
    promises: Floats = discounts * np.sqrt(weight * count / (discounts @ discounts))
    return promises


def _pairs(before: Indexes, after: Indexes, weights: Floats, count: int) -> npt.NDArray[np.float64]:
    """(before, after) sums of weights; numbers below 0 count for nothing."""
    is_known = after >= 0
    keys = before[is_known] * count + after[is_known]
    sums = np.bincount(keys, weights[is_known], minlength=count * count)
    return sums.reshape(count, count).astype(np.float64, copy=False)


@lru_cache(maxsize=64)
def _moves(count: int) -> Indexes:
    """(moves, tracks) every order that one move makes of 0, 1, 2 ..."""
    plain = list(range(count))
    orders = {
        tuple(plain[:first] + plain[first : last + 1][::-1] + plain[last + 1 :])
        for first in plain
        for last in plain[first + 1 : first + FARTHEST]
    }
    for track in plain:
        others = plain[:track] + plain[track + 1 :]
        places = plain[max(0, track - FARTHEST) : track + FARTHEST + 1]
        orders |= {(*others[:place], track, *others[place:]) for place in places if place != track}
    return np.array(sorted(orders), dtype=np.int64).reshape(-1, count)
