"""One play that came in several records, from overlapping exports or from two services.

Two records are of one play when they name the same track and start within 10 s of each other, or
within 60 s where one of them is known to the minute only. What hangs together through such pairs is
one play. It remembers the span of its records, so that a record that comes later joins it exactly
as if all had come at once: the result depends neither on the order nor on the grouping of imports,
and a second time changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from songnet.plays import COLUMNS
from songnet.texts import numbered, plain, taken

EXACT_TOLERANCE_S: Final = 10
MINUTE_TOLERANCE_S: Final = 60

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NEVER: Final = np.iinfo(np.int64).min
"""What numpy and pandas take for 'not a time'."""
_LAST: Final = np.iinfo(np.int64).max
_US_PER_S: Final = 1_000_000


@dataclass(frozen=True)
class _Spans:
    """When the records of each row start, in microseconds; `_NEVER` where there are none."""

    exact_from: Ints
    exact_until: Ints
    minute_from: Ints
    minute_until: Ints

    @classmethod
    def of(cls, plays: pd.DataFrame) -> _Spans:
        started_at = _microseconds(plays["started_at"])
        minute_only = plays["minute_precision"].to_numpy(dtype=bool)
        exact_from = np.where(minute_only, _NEVER, started_at)
        minute_from = np.where(minute_only, started_at, _microseconds(plays["minute_from"]))
        return cls(
            exact_from,
            np.maximum(exact_from, _microseconds(plays["exact_until"])),
            minute_from,
            np.maximum(minute_from, _microseconds(plays["minute_until"])),
        )

    def united(self, order: Ints, starts: Ints) -> _Spans:
        """One span for each run of the rows in `order`; the runs begin at `starts`."""

        def least(values: Ints) -> Ints:
            known = np.where(values == _NEVER, _LAST, values)[order]
            found = np.minimum.reduceat(known, starts)
            return np.where(found == _LAST, _NEVER, found)

        def most(values: Ints) -> Ints:
            return np.maximum.reduceat(values[order], starts)

        return _Spans(
            least(self.exact_from),
            most(self.exact_until),
            least(self.minute_from),
            most(self.minute_until),
        )

    def columns(self) -> dict[str, Any]:
        minute_only = self.exact_from == _NEVER
        repeats = self.exact_until > self.exact_from
        minute_repeats = self.minute_until > self.minute_from
        return {
            "started_at": _times(np.where(minute_only, self.minute_from, self.exact_from)),
            "minute_precision": pd.array(minute_only, dtype="boolean"),
            "exact_until": _times(np.where(repeats, self.exact_until, _NEVER)),
            "minute_from": _times(np.where(minute_only, _NEVER, self.minute_from)),
            "minute_until": _times(np.where(minute_repeats, self.minute_until, _NEVER)),
        }


def play_numbers(plays: pd.DataFrame) -> Ints:
    """For each row the number of its play; records of one play share it. Shape (rows,)."""
    return _groups(numbered(plays["track_id"])[0], _Spans.of(plays))


def drop_duplicates(plays: pd.DataFrame, numbers: Ints | None = None) -> pd.DataFrame:
    """The plays without repeated records, by time and track; `plays` has `COLUMNS`.

    Args:
        plays: in any order; its text may be coded (`songnet.texts`), and becomes plain.
        numbers: what `play_numbers` says of them, where it was asked before.
    """
    if plays.empty:
        return pd.DataFrame({name: plain(plays[name]) for name in COLUMNS})
    numbers = play_numbers(plays) if numbers is None else numbers
    repeated = np.bincount(numbers)[numbers] > 1
    united = _united(plays, np.flatnonzero(repeated), numbers)
    rows = np.concatenate([np.flatnonzero(~repeated), len(plays) + np.arange(len(united))])
    order = rows[_order(plays, united, rows)]
    return pd.DataFrame({name: taken(plays[name], order, united[name]) for name in COLUMNS})


def _order(plays: pd.DataFrame, united: pd.DataFrame, rows: Ints) -> Ints:
    """These rows of both tables, one below the other, by time and track: positions in `rows`."""
    below = _microseconds(united["started_at"])
    times = np.concatenate([_microseconds(plays["started_at"]), below])[rows]
    order = np.argsort(times, kind="stable")
    apart = np.diff(times[order]) > 0
    together = np.flatnonzero(~np.append(apart, True) | ~np.insert(apart, 0, True))
    # Few plays start at the same moment, and to sort all by their tracks would take long.
    among = order[together]
    ranks = _ranks(taken(plays["track_id"], rows[among], united["track_id"]))
    order[together] = among[np.lexsort((ranks, times[among]))]
    return order


def _united(plays: pd.DataFrame, rows: Ints, numbers: Ints) -> pd.DataFrame:
    """One play for each run of rows with the same number."""
    order = rows[np.argsort(numbers[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    described = pd.DataFrame({name: taken(plays[name], order) for name in COLUMNS})
    spans = _Spans.of(described).united(np.arange(len(described)), starts)
    united = pd.DataFrame(spans.columns())
    for name, values in _described(described, starts).items():
        united[name] = values
    return united[list(COLUMNS)].astype(COLUMNS)


def _groups(tracks: Ints, spans: _Spans) -> Ints:
    """The number of the play to which each row belongs."""
    rows = np.arange(len(tracks))
    minute = np.zeros(len(tracks), dtype=bool)
    points = [(spans.exact_from, spans.exact_from != _NEVER, minute)]
    points.append((spans.exact_until, spans.exact_until > spans.exact_from, minute))
    points.append((spans.minute_from, spans.minute_from != _NEVER, ~minute))
    points.append((spans.minute_until, spans.minute_until > spans.minute_from, ~minute))
    times = np.concatenate([times[kept] for times, kept, _ in points])
    owners = np.concatenate([rows[kept] for _, kept, _ in points])
    is_minute = np.concatenate([kinds[kept] for _, kept, kinds in points])
    order = _sorted(times, tracks[owners])
    times, owners, is_minute = times[order], owners[order], is_minute[order]
    apart = ~_joined(times, tracks[owners], is_minute, owners)
    numbers = np.concatenate([[0], np.cumsum(apart)])
    groups = np.zeros(len(tracks), dtype=np.int64)
    groups[owners] = numbers
    return groups


def _sorted(times: Ints, tracks: Ints) -> Ints:
    """Positions by track, then by time; of equal ones in any order."""
    by_time = np.argsort(times)
    # One number for both is sorted in a fraction of the time that `lexsort` takes.
    place = np.empty(len(times), dtype=np.int64)
    place[by_time] = np.arange(len(times))
    return np.argsort(tracks * len(times) + place)


def _joined(times: Ints, tracks: Ints, is_minute: Bools, owners: Ints) -> Bools:
    """Whether each point and its successor belong together: shape (points - 1,).

    They do when something reaches across the gap between them: the two points themselves, the last
    minute-precise point before it, the first one after it, or a row whose span covers it.
    """
    before, after = times[:-1], times[1:]
    same: Bools = tracks[1:] == tracks[:-1]
    near: Bools = after - before <= EXACT_TOLERANCE_S * _US_PER_S
    if not is_minute.any() and len(times) == owners.max() + 1:
        return near & same
    index = np.arange(len(times))
    last = np.maximum.accumulate(np.where(is_minute, index, -1))[:-1]
    following = np.minimum.accumulate(np.where(is_minute, index, len(times))[::-1])[::-1][1:]
    minute = MINUTE_TOLERANCE_S * _US_PER_S
    near |= (last >= 0) & (tracks[last] == tracks[1:]) & (after - times[last] <= minute)
    bounded = np.minimum(following, len(times) - 1)
    near |= (
        (following < len(times))
        & (tracks[bounded] == tracks[:-1])
        & (times[bounded] - before <= minute)
    )
    return (near & same) | _covered(owners)


def _covered(owners: Ints) -> Bools:
    """Whether the gap after each point lies inside the span of one row: shape (points - 1,)."""
    _, first = np.unique(owners, return_index=True)
    _, from_end = np.unique(owners[::-1], return_index=True)
    change = np.zeros(len(owners), dtype=np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, len(owners) - 1 - from_end, -1)
    inside: Bools = np.cumsum(change)[:-1] > 0
    return inside


def _described(plays: pd.DataFrame, starts: Ints) -> dict[str, Any]:
    """What the united plays are called and how they were heard.

    Each value is the least or the greatest of its run, so that no order of imports matters: the
    wording with an album and the plainest title, the first URI, the longest listening.
    """
    wording = _least_rows(plays, ["album", "title", "artist"], starts)
    uris = _least_rows(plays, ["uri", "uri_borrowed"], starts)
    listened = plays["ms_played"].fillna(-1).to_numpy(dtype=np.int64)
    skipped = plays["skipped"].astype("Int64").fillna(-1).to_numpy(dtype=np.int64)
    most = np.maximum.reduceat((listened + 1) * 3 + skipped + 1, starts)
    shuffle = plays["shuffle"].astype("Int64").fillna(-1).to_numpy(dtype=np.int64)
    return {
        "track_id": plays["track_id"].iloc[starts].reset_index(drop=True),
        "artist": wording["artist"],
        "title": wording["title"],
        "album": wording["album"],
        "uri": uris["uri"],
        "uri_borrowed": uris["uri_borrowed"],
        "ms_played": _with_missing(most // 3 - 1, "Int64"),
        "skipped": _with_missing(most % 3 - 1, "boolean"),
        "shuffle": _with_missing(np.maximum.reduceat(shuffle, starts), "boolean"),
    }


def _least_rows(plays: pd.DataFrame, columns: list[str], starts: Ints) -> pd.DataFrame:
    """Of each run the row that comes first when sorted by `columns`, missing values last."""
    runs = np.zeros(len(plays), dtype=np.int64)
    runs[starts[1:]] = 1
    keys = [_ranks(plays[column]) for column in reversed(columns)]
    order = np.lexsort([*keys, np.cumsum(runs)])
    return plays[columns].iloc[order[starts]].reset_index(drop=True)


def _ranks(values: pd.Series) -> Ints:
    codes = pd.factorize(values, sort=True)[0].astype(np.int64)
    ranks: Ints = np.where(codes < 0, _LAST, codes)
    return ranks


def _with_missing(values: Ints, dtype: str) -> pd.Series:
    return pd.Series(values, dtype="Int64").mask(values < 0).astype(types.pandas_dtype(dtype))


def _microseconds(times: pd.Series) -> Ints:
    naive = times.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    numbers: Ints = naive.astype(np.int64)
    return numbers


def _times(microseconds: Ints) -> pd.Series:
    return pd.Series(microseconds.astype("datetime64[us]")).dt.tz_localize("UTC")
