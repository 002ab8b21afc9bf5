"""The table of plays: its columns, and how any table becomes one."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from pandas.api import types

from songnet.errors import HistoryError
from songnet.identity import artist_part, key_of_parts, title_part
from songnet.texts import is_coded, numbered, of_numbers, plain

COLUMNS: Final = {
    "started_at": "datetime64[us, UTC]",
    "track_id": "string",
    "artist": "string",
    "title": "string",
    "album": "string",
    "uri": "string",
    "ms_played": "Int64",
    "skipped": "boolean",
    "shuffle": "boolean",
    "minute_precision": "boolean",
    "exact_until": "datetime64[us, UTC]",
    "minute_from": "datetime64[us, UTC]",
    "minute_until": "datetime64[us, UTC]",
    "uri_borrowed": "boolean",
}
"""The columns of a `History` and their dtypes.

The first four never hold missing values. `album` to `shuffle` are missing where the source has
none. `minute_precision` says that the source knows the time to the minute only. The last four are
the memory of merging, so that no order of imports matters: a play for which several records came
in remembers the span of their starts, the exact ones (`started_at` to `exact_until`) and the ones
known to the minute (`minute_from` to `minute_until`), each missing where it adds nothing;
`uri_borrowed` marks a URI that came from the person's saved tracks and not with the play.
"""

REQUIRED: Final = ("started_at", "artist", "title")
LONGEST_MS: Final = 7 * 24 * 3_600_000
"""Nothing that is one play takes longer: a week."""

_FLAGS: Final = ("minute_precision", "uri_borrowed")


def complete(plays: pd.DataFrame) -> pd.DataFrame:
    """Checks a table of plays, adds the columns that it lacks, puts it in order of time.

    Columns other than `COLUMNS` are left out. Times without a zone are read as UTC; text must be
    ISO 8601. Numbers are refused as times, since they do not tell seconds from milliseconds.

    Raises:
        HistoryError: a column lacks, or holds what it must not.
    """
    missing = [column for column in REQUIRED if column not in plays.columns]
    if missing:
        given = ", ".join(map(str, plays.columns)) or "no columns"
        raise HistoryError(f"the columns {', '.join(REQUIRED)}", given)
    if not plays.columns.is_unique:
        raise HistoryError("columns with different names", "a name that stands twice")
    table = _typed_table(plays)
    _check_values(table, plays)
    if "track_id" not in plays.columns:
        table["track_id"] = track_ids(table)
    elif table["track_id"].isna().any():
        table["track_id"] = table["track_id"].fillna(track_ids(table))
    return table.sort_values("started_at", kind="stable", ignore_index=True)


def identified(plays: pd.DataFrame) -> pd.DataFrame:
    """The same rows in the same order with all of `COLUMNS`; the track ids are made anew.

    For rows that are known to keep the rules: unlike `complete`, this looks at no value. Its text
    may be coded (`songnet.texts`), and stays so.
    """
    table = _typed_table(plays)
    table["track_id"] = track_ids(table)
    return table


def track_ids(table: pd.DataFrame) -> pd.Series[str]:
    """A `track_key` per row, from its artist and title; made once for each different pair."""
    artists, artist_names = numbered(table["artist"])
    titles, title_names = numbered(table["title"])
    of_row, pairs = pd.factorize(artists * len(title_names) + titles)
    of_artist, of_title = np.divmod(pairs, max(len(title_names), 1))
    # An artist has many titles, and to look at names is most of the work.
    artist_parts = [artist_part(name) for name in artist_names]
    title_parts = [title_part(name) for name in title_names]
    keys = [
        key_of_parts(artist_parts[artist], title_parts[title])
        for artist, title in zip(of_artist.tolist(), of_title.tolist(), strict=True)
    ]
    ids = of_numbers(of_row, keys)
    return (ids if is_coded(table["artist"]) else plain(ids)).set_axis(table.index)


def _typed_table(plays: pd.DataFrame) -> pd.DataFrame:
    columns = {
        column: _typed(
            column,
            plays[column].reset_index(drop=True) if column in plays.columns else None,
            len(plays),
        )
        for column in COLUMNS
    }
    for flag in _FLAGS:
        columns[flag] = columns[flag].fillna(value=False)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(plays)))


def _typed(column: str, source: pd.Series | None, length: int) -> pd.Series:
    dtype = COLUMNS[column]
    if source is None:
        return pd.Series(pd.NA, index=pd.RangeIndex(length), dtype=dtype)
    if str(source.dtype) == dtype or (dtype == "string" and is_coded(source)):
        return source
    if dtype.startswith("datetime64"):
        return _times(column, source)
    if dtype == "string" and not _is_text(source):
        raise HistoryError(f"text in the column {column}", f"{source.dtype} values")
    try:
        return source.astype(types.pandas_dtype(dtype))
    except (TypeError, ValueError, OverflowError) as error:
        raise HistoryError(f"{dtype} values in the column {column}", str(error)) from error


def _is_text(source: pd.Series) -> bool:
    known = source.dropna()
    return known.empty or types.infer_dtype(known, skipna=True) == "string"


def _times(column: str, source: pd.Series) -> pd.Series:
    known = source.dropna()
    if not known.empty and (
        types.is_numeric_dtype(source)
        or types.infer_dtype(known) in {"integer", "floating", "mixed-integer-float", "boolean"}
    ):
        raise HistoryError(
            f"timestamps or ISO 8601 text in the column {column} "
            "(for epoch times: pandas.to_datetime(..., unit='s', utc=True))",
            f"{source.dtype} values",
        )
    try:
        return pd.to_datetime(source, utc=True, format="ISO8601").astype(
            types.pandas_dtype(COLUMNS[column])
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise HistoryError(
            f"timestamps or ISO 8601 text in the column {column}", str(error)
        ) from error


def _check_values(table: pd.DataFrame, plays: pd.DataFrame) -> None:
    for column in REQUIRED:
        lacking = int(table[column].isna().sum())
        if lacking:
            raise HistoryError(f"a value in {column} for every play", f"{lacking} without")
    names = ("artist", "title", "track_id") if "track_id" in plays.columns else ("artist", "title")
    for column in names:
        empty = int((table[column].str.strip() == "").sum())
        if empty:
            raise HistoryError(f"a value in {column} for every play", f"{empty} empty")
    wrong = table["ms_played"][(table["ms_played"] < 0) | (table["ms_played"] > LONGEST_MS)]
    if len(wrong):
        raise HistoryError(f"ms_played in 0 ... {LONGEST_MS}", str(wrong.iloc[0]))
