"""Which plays count, which of them belong together, and how a history is split in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from songnet.errors import TooFewPlays
from songnet.music import History

LEAST_PLAYS, LEAST_TRACKS, LEAST_SESSIONS = 10, 10, 2
"""With less there is nothing to learn from."""
MICROSECONDS_PER_MINUTE = 60_000_000


@dataclass(frozen=True)
class SessionRules:
    """What counts as a play, and what ends a session."""

    least_ms_played: int = 30_000
    """A play counts when it lasted this long, or when the source does not tell."""
    gap_minutes: float = 30.0
    """So long without activity, and a new session starts."""
    window_minutes: float | None = None
    """Windows instead of gaps: a session ends so long after its first play began, however dense
    the plays are. 60 gives the one-hour sessions that the project started from."""


@dataclass(frozen=True)
class Sessions:
    """Plays that count, in time order, and where each session starts among them."""

    plays: pd.DataFrame
    """Columns as in `songnet.music.COLUMNS`, a plain RangeIndex."""
    starts: npt.NDArray[np.int64]
    """(sessions,) position of each session's first play, ascending; the first is 0."""

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bounds(self) -> npt.NDArray[np.int64]:
        """(sessions + 1,): session `i` is `plays[bounds[i]:bounds[i + 1]]`."""
        return np.append(self.starts, len(self.plays))

    def part(self, first: int, last: int) -> Sessions:
        """The sessions `first` ... `last - 1`."""
        bounds = self.bounds
        begin, end = int(bounds[first]), int(bounds[last])
        return Sessions(
            plays=self.plays.iloc[begin:end].reset_index(drop=True),
            starts=self.starts[first:last] - begin,
        )

    def joined(self, later: Sessions) -> Sessions:
        """These sessions and then the later ones."""
        return Sessions(
            plays=pd.concat([self.plays, later.plays], ignore_index=True),
            starts=np.concatenate([self.starts, later.starts + len(self.plays)]),
        )


class Split(NamedTuple):
    """Three parts of a history, one after the other in time."""

    training: Sessions
    validation: Sessions
    test: Sessions


def find_sessions(frame: pd.DataFrame, rules: SessionRules | None = None) -> Sessions:
    """Groups the plays that count into sessions.

    The gap is measured from the end of the previous play where its duration is known, else from its
    start. A play that is too short to count is still activity: it keeps a session open.

    Args:
        frame: plays in time order, columns as in `songnet.music.COLUMNS`.
        rules: what counts, and what ends a session.
    """
    rules = rules or SessionRules()
    started_us = np.asarray(frame["started_at"].astype("int64"), dtype=np.int64)
    ms_played = frame["ms_played"]
    if rules.window_minutes is None:
        ended_us = started_us + 1000 * ms_played.fillna(0).to_numpy(dtype="int64")
        is_first = _first_after_gap(started_us, ended_us, rules.gap_minutes)
    else:
        is_first = _first_of_window(started_us, rules.window_minutes)
    session_of = np.cumsum(is_first)
    counts = (ms_played.isna() | (ms_played >= rules.least_ms_played).fillna(value=False)).to_numpy(
        dtype=bool
    )
    session_of = session_of[counts]
    starts = np.flatnonzero(np.diff(session_of, prepend=-1)).astype(np.int64)
    return Sessions(plays=frame[counts].reset_index(drop=True), starts=starts)


def check_enough(history: History, rules: SessionRules | None = None) -> Sessions:
    """The sessions of a history, if there is enough in them to learn from.

    Raises:
        TooFewPlays: fewer plays that count, tracks or sessions than the named least.
    """
    sessions = find_sessions(history.frame, rules)
    tracks = int(sessions.plays["track_id"].nunique())
    found = (len(sessions.plays), tracks, len(sessions))
    least = (LEAST_PLAYS, LEAST_TRACKS, LEAST_SESSIONS)
    if any(count < needed for count, needed in zip(found, least, strict=True)):
        raise TooFewPlays(*found, *least)
    return sessions


def split_in_time(sessions: Sessions, training: float = 0.8, validation: float = 0.1) -> Split:
    """Splits by time: the first plays train, the next validate, the last test.

    A session is never cut: it belongs to the part in which its first play lies. A part can be
    empty.

    Args:
        sessions: the whole history.
        training: the share of the plays that train.
        validation: the share of the plays that validate; the rest tests.
    """
    plays = len(sessions.plays)
    # Rounded first: .8 + .1 is a hair under .9, and would move the border by one play.
    validation_from = np.floor(round(training * plays, 6))
    test_from = np.floor(round((training + validation) * plays, 6))
    first_validation, first_test = np.searchsorted(sessions.starts, [validation_from, test_from])
    return Split(
        training=sessions.part(0, int(first_validation)),
        validation=sessions.part(int(first_validation), int(first_test)),
        test=sessions.part(int(first_test), len(sessions)),
    )


def _first_after_gap(
    started_us: npt.NDArray[np.int64], ended_us: npt.NDArray[np.int64], gap_minutes: float
) -> npt.NDArray[np.bool_]:
    gap_us = started_us[1:] - ended_us[:-1]  # (plays - 1,)
    return np.concatenate(
        [np.ones(min(1, len(started_us)), bool), gap_us >= gap_minutes * MICROSECONDS_PER_MINUTE]
    )


def _first_of_window(
    started_us: npt.NDArray[np.int64], window_minutes: float
) -> npt.NDArray[np.bool_]:
    is_first = np.zeros(len(started_us), bool)
    position = 0
    while position < len(started_us):
        is_first[position] = True
        window_end = started_us[position] + int(window_minutes * MICROSECONDS_PER_MINUTE)
        position = int(np.searchsorted(started_us, window_end))
    return is_first
