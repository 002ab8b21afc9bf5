"""Sessions as rectangles of numbers, for training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from songnet.vocabulary import PADDING, EncodedSessions, Indexes


@dataclass(frozen=True)
class Batch:
    """Pieces of sessions side by side, padded at their right ends."""

    inputs: Indexes
    """(batch, time): the track before each target; 0 before a session's first."""
    targets: Indexes
    """(batch, time): the track to predict; 0 where there is nothing to learn."""


@dataclass(frozen=True)
class Pieces:
    """Every play of every session as a target, in pieces of a bounded length."""

    inputs: Indexes
    """(plays,): the track before each play; 0 before a session's first."""
    targets: Indexes
    """(plays,)"""
    bounds: Indexes
    """(pieces + 1,)"""

    @classmethod
    def cut(cls, sessions: EncodedSessions, longest: int) -> Pieces:
        """Cuts sessions into pieces of at most `longest` plays.

        A piece that goes on with a session starts with the track before it, so that every
        transition is learned from.
        """
        inputs = np.concatenate([[PADDING], sessions.tracks[:-1]])[: len(sessions.tracks)]
        inputs[sessions.bounds[:-1]] = PADDING
        bounds = [
            np.arange(begin, end, longest)
            for begin, end in zip(sessions.bounds[:-1], sessions.bounds[1:], strict=True)
        ]
        return cls(
            inputs=inputs,
            targets=sessions.tracks,
            bounds=np.concatenate([*bounds, sessions.bounds[-1:]]).astype(np.int64),
        )

    def batches(self, plays_per_batch: int, rng: np.random.Generator) -> Iterator[Batch]:
        """All pieces once, in a random order, pieces of like length together.

        Args:
            plays_per_batch: the size of a batch, padding included, as far as whole pieces allow.
            rng: which pieces of a length meet, and in which order the batches come.
        """
        lengths = np.diff(self.bounds)
        order = rng.permutation(len(lengths))
        order = order[np.argsort(lengths[order], kind="stable")]
        rows: list[Indexes] = []
        begin = 0
        while begin < len(order):
            # The pieces are in ascending length: the batch is as wide as its last one.
            widths = lengths[order[begin : begin + max(1, plays_per_batch)]]
            sizes = widths * np.arange(1, len(widths) + 1)
            count = max(1, int(np.searchsorted(sizes, plays_per_batch, side="right")))
            rows.append(order[begin : begin + count])
            begin += count
        for number in rng.permutation(len(rows)):
            yield self._batch(rows[number])

    def _batch(self, numbers: Indexes) -> Batch:
        begins = self.bounds[numbers]  # (batch,)
        lengths = self.bounds[numbers + 1] - begins  # (batch,)
        steps = np.arange(lengths.max())  # (time,)
        is_play = steps < lengths[:, None]  # (batch, time)
        places = np.where(is_play, begins[:, None] + steps, 0)  # (batch, time)
        return Batch(
            inputs=np.where(is_play, self.inputs[places], PADDING),
            targets=np.where(is_play, self.targets[places], PADDING),
        )
