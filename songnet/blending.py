"""One playlist from the tastes of several people, in which nobody is left out.

Each member's model says how likely each track of that member's library is to be heard soon: half of
that after the songs that were named, half whatever is named (`HABIT`). A blend is worth the sum of
it to a member: the share of what they hear soon that it is expected to hold. A track is worth
nothing to those who do not know it.

Tracks are taken one by one, each time the one after which the member who has least has most ('least
misery' over the whole list; O'Connor et al., PolyLens, 2001); of equals, the one after which the
next has most, and so on. A track that everybody likes helps everybody at once; one that a single
member knows may be taken, when it is that member's turn to be helped. So that a list stays various,
an artist may have a few songs of it, and twice as many where one of theirs was named (`NAMED_CAP`).
What all this gives the worst member is measured in docs/blend.md against taking turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from songnet.flow import REST_SHARE, Costs, promises_of
from songnet.vocabulary import Indexes

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]

FEWEST_MEMBERS, MOST_MEMBERS = 2, 5
NOBODY = -1
ORDER_WEIGHT = 3.0
"""How much the order in which tracks were taken counts against flow: little, since it says whose
turn it was."""
HABIT = 0.5
"""So much of what a track is worth is what a member hears anyway. With more, the worst member gets
more still, and the songs that were named count less."""
NAMED_CAP = 2
"""An artist of whom a song was named may have so many times what others may: who names a song of an
album and hears albums hears the rest of it."""
TRUST_IN_CHANCE = 1e-6
"""How likely two tracks are to follow each other that nobody heard together."""
MOST_IN_A_ROW = 3
"""So many tracks that one and the same member alone knows stand in a row, where the others allow
it: nobody should wait for longer than some ten minutes for something of theirs. Flow alone makes
runs of ten, since who hears tracks hears them beside each other."""
WAITING_COST = 1e5
"""Each track by which such a run is too long: more than all the rest together can cost."""


@dataclass(frozen=True)
class Taste:
    """What one member's model says of their library, given the songs that were named."""

    track_ids: Sequence[str]
    """(tracks,)"""
    artists: Sequence[str]
    """(tracks,)"""
    scores: Scores
    """(tracks,) log-probabilities, up to a constant."""
    habits: Scores
    """(tracks,) the same with no song named."""


@dataclass(frozen=True)
class BlendedTrack:
    """A track of a blend."""

    track_id: str
    known_by: tuple[int, ...]
    """The places of the members in whose libraries it is."""


class Member(Protocol):
    """What a blend asks of each member's model; `songnet.recommender.Recommender` is one."""

    def taste(self, seeds: Sequence[str]) -> Taste:
        """Scores of the library for songs, of which those count that the library holds."""

    def follow_chances(self, track_ids: Sequence[str]) -> Floats:
        """(before, after) how likely tracks are to follow each other, NaN where one is unknown."""


@dataclass(frozen=True)
class Worth:
    """What every track is worth to every member."""

    track_ids: tuple[str, ...]
    artists: tuple[str, ...]
    chances: Floats
    """(members, tracks) how likely a member is to hear each soon, NaN where it is not known."""
    named_artists: frozenset[str] = frozenset()
    """Those of whom a song was named."""

    @classmethod
    def of(
        cls,
        tastes: Sequence[Taste],
        seeds: Collection[str] = (),
        excluded: Collection[str] = (),
        *,
        habit: float = HABIT,
    ) -> Worth:
        """Puts the libraries of all members side by side, without the seeds and the excluded."""
        column_of: dict[str, int] = {}
        artists: list[str] = []
        named_artists: set[str] = set()
        for taste in tastes:
            for track_id, artist in zip(taste.track_ids, taste.artists, strict=True):
                if track_id in seeds:
                    named_artists.add(artist)
                elif track_id not in column_of and track_id not in excluded:
                    column_of[track_id] = len(artists)
                    artists.append(artist)
        chances = np.full((len(tastes), len(artists)), np.nan)
        for row, taste in zip(chances, tastes, strict=True):
            kept = [place for place, name in enumerate(taste.track_ids) if name in column_of]
            columns = [column_of[taste.track_ids[place]] for place in kept]
            after, anyway = probabilities(taste.scores[kept]), probabilities(taste.habits[kept])
            row[columns] = (1 - habit) * after + habit * anyway
        return cls(tuple(column_of), tuple(artists), chances, frozenset(named_artists))

    @property
    def gains(self) -> Floats:
        """(members, tracks) what a track adds to what a blend is worth to a member."""
        return np.nan_to_num(self.chances, nan=0.0)


Rule = Callable[[Floats, Floats], int]
"""Which track to take next: from (members,) what the blend is worth so far and (members, tracks)
what each track adds."""


def least_misery(so_far: Floats, gains: Floats) -> int:
    """After which the worst member has most; of equals, the next worst, and so on."""
    then = np.sort(so_far[:, None] + gains, axis=0)
    best = np.arange(gains.shape[1])
    for values in then:
        best = best[values[best] == values[best].max()]
    return int(best[0])


def probabilities(scores: Scores) -> Floats:
    """(tracks,) the softmax of scores; they add up to 1."""
    if not len(scores):
        return np.zeros(0)
    odds = np.exp(scores.astype(np.float64) - scores.max())
    shares: Floats = odds / odds.sum()
    return shares


def choose(
    worth: Worth, length: int, *, most_per_artist: int | None = 3, rule: Rule = least_misery
) -> list[int]:
    """The columns of a blend's tracks, in the order in which they are taken.

    An artist of whom a song was named may have `NAMED_CAP` times `most_per_artist` of them. Where
    too few artists are left to fill it under the cap, the cap is let go.
    """
    gains = worth.gains
    so_far = np.zeros(len(gains))
    left = np.ones(gains.shape[1], dtype=bool)
    taken: list[int] = []
    of_artist: Counter[str] = Counter()
    artists = np.array(worth.artists, dtype=object)

    def is_full(artist: str) -> bool:
        times = NAMED_CAP if artist in worth.named_artists else 1
        return most_per_artist is not None and of_artist[artist] >= times * most_per_artist

    while len(taken) < length and left.any():
        full = [artist for artist in of_artist if is_full(artist)]
        open_ = left & ~np.isin(artists, full) if full else left
        columns = np.flatnonzero(open_ if open_.any() else left)
        best = int(columns[rule(so_far, gains[:, columns])])
        taken.append(best)
        left[best] = False
        of_artist[worth.artists[best]] += 1
        so_far += gains[:, best]
    return taken


def blend(
    members: Sequence[Member],
    seeds: Sequence[str],
    *,
    length: int,
    excluded: Collection[str] = (),
    most_per_artist: int | None = 3,
) -> list[BlendedTrack]:
    """A playlist for several people, in an order that flows.

    Args:
        members: two to five people's models.
        seeds: the track_ids that it grows from; they are not in it. A member who knows none of
            them is asked for what they hear anyway.
        length: how many tracks; fewer where all libraries together hold no more.
        excluded: track_ids that are not wanted.
        most_per_artist: at most so many of one artist, and `NAMED_CAP` times that of one of whom a
            seed is; None for no cap.

    Raises:
        ValueError: too few or too many members.
    """
    if not FEWEST_MEMBERS <= len(members) <= MOST_MEMBERS:
        raise ValueError(
            f"Expected {FEWEST_MEMBERS} to {MOST_MEMBERS} members, found {len(members)}."
        )
    tastes = [member.taste(seeds) for member in members]
    worth = Worth.of(tastes, {*seeds}, {*excluded})
    chosen = choose(worth, length, most_per_artist=most_per_artist)
    known = ~np.isnan(worth.chances)
    return [
        BlendedTrack(worth.track_ids[column], tuple(np.flatnonzero(known[:, column]).tolist()))
        for column in _in_flow(members, worth, chosen)
    ]


def _in_flow(members: Sequence[Member], worth: Worth, chosen: list[int]) -> list[int]:
    """The same tracks, good neighbours beside each other: the mean over those who know both."""
    if len(chosen) < 2:  # noqa: PLR2004 - one track has no order
        return chosen
    names = [worth.track_ids[column] for column in chosen]
    chances = np.stack([member.follow_chances(names) for member in members])
    heard = ~np.isnan(chances)
    mean = np.nansum(chances, axis=0) / np.maximum(heard.sum(axis=0), 1)
    steps = -np.log(np.where(heard.any(axis=0), mean, REST_SHARE * TRUST_IN_CHANCE))
    _, artists = np.unique([worth.artists[column] for column in chosen], return_inverse=True)
    costs = Costs.of(steps, np.zeros(len(chosen)), artists, promises_of(len(chosen), ORDER_WEIGHT))
    known = ~np.isnan(worth.chances[:, chosen])
    owners = np.where(known.sum(axis=0) == 1, known.argmax(axis=0), NOBODY)
    fair = FairCosts.by(costs, owners)
    order = fair.improved(np.array(mixed(owners.tolist(), fair.longest)))
    return [chosen[place] for place in order.tolist()]


def mixed(owners: Sequence[int], longest: int) -> list[int]:
    """The ranks of tracks in an order without a run of more than `longest` of one owner's.

    They stand as they are ranked, but for those that wait lest a run becomes too long, now or at
    the end. There is such an order where nobody owns more than `longest` times the others and one.
    """
    left, order = list(range(len(owners))), list[int]()
    counts = Counter(owners)
    last, run = NOBODY, 0

    def may_be_next(owner: int) -> bool:
        """Whether the run may go on so, and the rest be kept apart after it."""
        now = run + 1 if owner == last else 1
        if owner != NOBODY and now > longest:
            return False
        after = counts - Counter([owner])
        first = {owner: longest - now}
        return all(
            count <= first.get(each, longest) + longest * (len(left) - 1 - count)
            for each, count in after.items()
            if each != NOBODY
        )

    while left:
        allowed = {owner for owner in +counts if may_be_next(owner)}
        track = next((each for each in left if owners[each] in allowed), left[0])
        run = run + 1 if owners[track] == last else 1
        last = owners[track]
        counts[last] -= 1
        left.remove(track)
        order.append(track)
    return order


@dataclass(frozen=True)
class FairCosts(Costs):
    """What an order costs in which nobody should wait long for something of theirs."""

    owners: Indexes
    """(rank,) the member who alone knows a track, or `NOBODY`."""
    longest: int
    """So many tracks in a row of one owner's cost nothing."""

    @classmethod
    def by(cls, costs: Costs, owners: Indexes) -> FairCosts:
        """The same costs, and those of waiting."""
        counts = np.bincount(owners[owners != NOBODY], minlength=1)
        # Between the others there is room for so many runs of the one who has most.
        shortest = -(-counts // (len(owners) - counts + 1))
        return cls(**vars(costs), owners=owners, longest=max(MOST_IN_A_ROW, int(shortest.max())))

    def total(self, orders: Indexes) -> Floats:
        """(orders,) what each of (orders, tracks) costs."""
        total = super().total(orders)
        if orders.shape[1] <= self.longest:
            return total
        owners = self.owners[orders]
        goes_on = (owners[:, 1:] == owners[:, :-1]) & (owners[:, 1:] != NOBODY)
        too_long = sliding_window_view(goes_on, self.longest, axis=1).all(axis=2)
        waiting: Floats = total + WAITING_COST * too_long.sum(axis=1)
        return waiting
