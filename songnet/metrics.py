"""How good a ranking is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from songnet.models.base import NextTrackModel
from songnet.vocabulary import PADDING, EncodedSession, EncodedSessions, Indexes

DEPTHS = (1, 10, 20)
PLAYLIST_LENGTH = 20
POSITIONS = 256
"""So many are ranked at a time: a session of weeks times a large library is many gigabytes."""


@dataclass(frozen=True)
class Ranks:
    """Where the tracks that were really played next stood in a model's ranking."""

    ranks: Indexes
    """(events,) from 1 on; ties count against the model."""
    outside: int
    """Events whose track the library does not hold; they are not scored."""
    session_of: Indexes = field(default_factory=lambda: np.zeros(0, np.int64))
    """(events,) the number of the session that each event is in."""

    def metrics(self) -> dict[str, float]:
        """HR@1, HR@10 and HR@20 (shares of events) and MRR@20; empty where there was no event."""
        if not len(self.ranks):
            return {}
        return {name: float(np.mean(values)) for name, values in self.values().items()}

    def values(self) -> dict[str, npt.NDArray[np.float64]]:
        """(events,) what each event adds to the mean that a metric is."""
        hits = {f"hr@{depth}": (self.ranks <= depth).astype(float) for depth in DEPTHS}
        return hits | {"mrr@20": np.where(self.ranks <= max(DEPTHS), 1 / self.ranks, 0.0)}


def ignore(_share: float) -> None:
    """Listens to no progress."""


def rank_next_tracks(
    model: NextTrackModel,
    sessions: EncodedSessions,
    on_progress: Callable[[float], None] = ignore,
) -> Ranks:
    """Ranks the whole library at every position after a session's first track.

    Args:
        model: a fitted model.
        sessions: sessions that it did not learn from, in its vocabulary.
        on_progress: hears the share that is done.
    """
    ranks = [np.zeros(0, np.int64)]
    events = np.zeros(len(sessions), np.int64)
    outside = 0
    for number in range(len(sessions)):
        tracks, started_at = sessions.session(number)
        targets = tracks[1:]
        known = np.flatnonzero(targets != PADDING)
        outside += len(targets) - len(known)
        events[number] = len(known)
        for first in range(0, len(targets), POSITIONS) if len(known) else ():
            last = min(first + POSITIONS, len(targets))
            scores = model.score_positions(
                EncodedSession(tracks[:last], started_at[:last]), first
            )  # (positions, tracks)
            here = known[(known >= first) & (known < last)]
            ranks.append(ranks_of(scores[here - first], targets[here] - 1))
        on_progress((number + 1) / len(sessions))
    session_of = np.repeat(np.arange(len(sessions)), events)
    return Ranks(ranks=np.concatenate(ranks), outside=outside, session_of=session_of)


def ranks_of(scores: npt.NDArray[np.float32], targets: Indexes) -> Indexes:
    """The rank of one column in each row, ties counted against it.

    Args:
        scores: (events, tracks)
        targets: (events,) columns.
    """
    of_target = np.take_along_axis(scores, targets[:, None], axis=1)  # (events, 1)
    # Written as 'not below', so that a score that is no number never helps.
    ranks: Indexes = np.count_nonzero(~(scores < of_target), axis=1)
    return ranks


def playlist_metrics(tracks: Sequence[int], relevant: Collection[int]) -> dict[str, float]:
    """NDCG@20, R-precision and recall@20 of one playlist, with binary relevance.

    Args:
        tracks: the playlist, in order.
        relevant: the tracks that were really played; not empty.
    """
    wanted = set(relevant)
    hits = np.array([track in wanted for track in tracks[:PLAYLIST_LENGTH]], dtype=float)
    discounts = 1 / np.log2(np.arange(PLAYLIST_LENGTH) + 2)
    ideal = discounts[: len(wanted)].sum()
    return {
        "ndcg@20": float(hits @ discounts[: len(hits)] / ideal),
        "r_precision": float(hits[: len(wanted)].sum() / len(wanted)),
        "recall@20": float(hits.sum() / len(wanted)),
    }
