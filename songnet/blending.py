"""One playlist from the tastes of several people, in which nobody is left out.

Each member's model scores that member's own library. The scores are z-normalised log-probabilities,
so that a model that is sure of itself counts no more than one that hesitates:
`(log p - mean) / std` over the library, where `log p = score - logsumexp(scores)`; z-normalising
takes away the logsumexp again. A track is worth `max(0, z)` to whoever knows it and nothing to the
others.

Tracks are taken one by one, each time the one after which the member who has least has most ('least
misery' over the whole list; O'Connor et al., PolyLens, 2001). A track that everybody likes helps
everybody at once; one that a single member knows may be taken, when it is that member's turn to be
helped. What this gives the worst member is measured in docs/blend.md against taking turns and
against the Nash welfare (Kaneko and Nakamura, 1979).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from songnet.flow import REST_SHARE, Costs, promises_of

Floats = npt.NDArray[np.float64]

FEWEST_MEMBERS, MOST_MEMBERS = 2, 5
ORDER_WEIGHT = 3.0
"""How much the order in which tracks were taken counts against flow: little, since it says whose
turn it was."""
TRUST_IN_CHANCE = 1e-6
"""How likely two tracks are to follow each other that nobody heard together."""


@dataclass(frozen=True)
class Taste:
    """What one member's model says of their library, given the songs that were named."""

    track_ids: Sequence[str]
    """(tracks,)"""
    artists: Sequence[str]
    """(tracks,)"""
    scores: npt.NDArray[np.float32]
    """(tracks,) log-probabilities, up to a constant."""


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
    normalised: Floats
    """(members, tracks) z-normalised log-probabilities, NaN where a track is not known."""

    @classmethod
    def of(cls, tastes: Sequence[Taste], excluded: Collection[str] = ()) -> Worth:
        """Puts the libraries of all members side by side."""
        column_of: dict[str, int] = {}
        artists: list[str] = []
        for taste in tastes:
            for track_id, artist in zip(taste.track_ids, taste.artists, strict=True):
                if track_id not in column_of and track_id not in excluded:
                    column_of[track_id] = len(artists)
                    artists.append(artist)
        normalised = np.full((len(tastes), len(artists)), np.nan)
        for row, taste in zip(normalised, tastes, strict=True):
            kept = [place for place, name in enumerate(taste.track_ids) if name in column_of]
            columns = [column_of[taste.track_ids[place]] for place in kept]
            row[columns] = z_normalised(taste.scores)[kept]
        return cls(tuple(column_of), tuple(artists), normalised)

    @property
    def gains(self) -> Floats:
        """(members, tracks) what a track adds to what a blend is worth to a member."""
        return np.nan_to_num(np.maximum(self.normalised, 0), nan=0.0)


Rule = Callable[[Floats, Floats], Floats]
"""How good it is to take each track next, (tracks,): from (members,) what the blend is worth so far
and (members, tracks) what each track adds."""


def nash_welfare(so_far: Floats, gains: Floats) -> Floats:
    """Who has little so far counts more."""
    welfare: Floats = np.log1p(so_far[:, None] + gains).sum(axis=0)
    return welfare


def least_misery(so_far: Floats, gains: Floats) -> Floats:
    """What the worst member has then; of equals, what all have together."""
    then = so_far[:, None] + gains
    misery: Floats = then.min(axis=0) + 1e-6 * then.sum(axis=0)
    return misery


def z_normalised(scores: npt.NDArray[np.float32]) -> Floats:
    """(tracks,) scores with the mean 0 and the standard deviation 1; zeros where all are equal."""
    values = scores.astype(np.float64)
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def choose(
    worth: Worth, length: int, *, most_per_artist: int | None = 3, rule: Rule = least_misery
) -> list[int]:
    """The columns of a blend's tracks, in the order in which they are taken.

    Where too few artists are left to fill it under the cap, the cap is let go.
    """
    gains = worth.gains
    so_far = np.zeros(len(gains))
    left = np.ones(gains.shape[1], dtype=bool)
    taken: list[int] = []
    of_artist: Counter[str] = Counter()
    artists = np.array(worth.artists, dtype=object)
    while len(taken) < length and left.any():
        full = [artist for artist, count in of_artist.items() if count == most_per_artist]
        open_ = left & ~np.isin(artists, full) if full else left
        good = np.where(open_ if open_.any() else left, rule(so_far, gains), -np.inf)
        best = int(np.argmax(good))
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
        most_per_artist: at most so many of one artist; None for no cap.

    Raises:
        ValueError: too few or too many members.
    """
    if not FEWEST_MEMBERS <= len(members) <= MOST_MEMBERS:
        raise ValueError(
            f"Expected {FEWEST_MEMBERS} to {MOST_MEMBERS} members, found {len(members)}."
        )
    worth = Worth.of([member.taste(seeds) for member in members], {*seeds, *excluded})
    chosen = choose(worth, length, most_per_artist=most_per_artist)
    known = ~np.isnan(worth.normalised)
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
    order = costs.improved(np.arange(len(chosen)))
    return [chosen[place] for place in order.tolist()]
