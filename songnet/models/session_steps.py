"""How sessions went so far: gathered once, and kept for the questions that follow."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple, Self

import numpy as np

from songnet.evidence.arrays import Float32s, Int32s
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.evidence.walk import RECENT, SessionEvidence
from songnet.vocabulary import PADDING

MOST_KEPT = 1000
"""So many moments are kept of one model: forty questions' worth, in less than 1 MB."""


class SessionSteps(NamedTuple):
    """What the network reads of moments in a row, the latest of which is asked about.

    Nothing in it depends on the time, nor on what comes after the moment's own track: it holds for
    every session that begins in the same way.
    """

    played: Float32s
    """(moments, features) what spoke for the track that was played then; zeros in the latest."""
    timeless: Float32s
    """(moments, moment features) what each was like."""
    was_candidate: Float32s
    """(moments,) 1 where the track that was played was among the candidates."""

    @classmethod
    def of(cls, evidence: SessionEvidence, tracks: Int32s) -> Self:
        """The steps of evidence that was gathered up to the end of a session.

        Args:
            evidence: of some moments.
            tracks: (moments - 1,) what was played at all of them but the latest.
        """
        hits = (evidence.chosen[:-1] == tracks[:, None]).any(axis=1) & (tracks != PADDING)
        was_candidate = np.append(hits, np.False_).astype(np.float32)
        return cls(evidence.played, evidence.timeless, was_candidate)

    def after(self, earlier: Float32s) -> SessionSteps:
        """The same with earlier moments in front, (moments, columns) as `rows` gives them."""
        rows = np.concatenate([earlier, self.rows()])
        features, both = len(FEATURES), len(FEATURES) + len(MOMENT_FEATURES)
        return SessionSteps(rows[:, :features], rows[:, features:both], rows[:, both])

    def rows(self) -> Float32s:
        """(moments, columns) all of it side by side."""
        return np.concatenate([self.played, self.timeless, self.was_candidate[:, None]], axis=1)


class StepCache:
    """The moments that were asked for last. Any number of threads may use it at once."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Keeps at most so many moments."""
        self._most = most
        self._rows: OrderedDict[tuple[int, bytes], Float32s] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def begun(self, tracks: Int32s, first: int, end: int) -> Float32s:
        """(known, columns) the rows of moments of a session, from the first to the last known one.

        Args:
            tracks: (time,) the session.
            first: the first moment that is wanted.
            end: the one after the last.
        """
        rows: list[Float32s] = []
        with self._lock:
            for moment in range(first, end):
                row = self._rows.get(key := _key(tracks, moment))
                if row is None:
                    break
                self._rows.move_to_end(key)
                rows.append(row)
        width = len(FEATURES) + len(MOMENT_FEATURES) + 1
        return np.stack(rows) if rows else np.zeros((0, width), np.float32)

    def keep(self, tracks: Int32s, first: int, steps: SessionSteps) -> None:
        """Keeps moments of a session, of which all but the latest know what was played then."""
        rows = steps.rows()[:-1]
        with self._lock:
            for number, row in enumerate(rows):
                key = _key(tracks, first + number)
                self._rows[key] = row.copy()
                self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)


def _key(tracks: Int32s, moment: int) -> tuple[int, bytes]:
    """All that a moment depends on: how long the session was, what is looked at, what came."""
    return moment, tracks[max(0, moment - RECENT) : moment + 1].tobytes()
