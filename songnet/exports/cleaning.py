"""The canonical play: the same rules for the rows of every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from songnet.exports.formats import Reading, Skip
from songnet.identity import LONGEST_TEXT

SHORT_PLAY_MS: Final = 30_000
"""A play below it counts as skipped; Spotify and Last.fm draw the line there too."""
EARLIEST: Final = pd.Timestamp("2002-01-01", tz="UTC")
"""Nobody recorded what they heard before Audioscrobbler, 2002; older stamps are errors (1970)."""
CLOCK_ERROR: Final = timedelta(days=2)
"""How far a stamp may lie in the future."""
LONGEST_PLAY_MS: Final = 24 * 3_600_000

_SPOTIFY_TRACK: Final = r"^spotify:track:[0-9A-Za-z]{22}$"

Bools = NDArray[np.bool_]


@dataclass
class Columns:
    """What a format read, column by column; every sequence is as long as `times`."""

    times: pd.Series
    """UTC; the end of a play, or its start where there is no `ms_played`. NaT where unreadable."""
    artist: Sequence[str | None]
    title: Sequence[str | None]
    album: Sequence[str | None] | None = None
    uri: Sequence[str | None] | None = None
    ms_played: Sequence[float | None] | None = None
    """None as a whole where the format has no durations."""
    ended_by_button: Sequence[bool] | None = None
    """The listener went on or back."""
    shuffle: Sequence[bool | None] | None = None
    not_music: Sequence[Skip | None] | None = None
    """Why a row is no music, where the format tells."""
    minute_precision: bool = False


def reading_of(columns: Columns, *, bad_rows: int = 0) -> Reading:
    """The plays among the rows, and the number of the others by reason; each row counts once."""
    rows = len(columns.times)
    artist, title = _text(columns.artist), _text(columns.title)
    duration = _durations(columns.ms_played, rows)
    kinds = np.array(columns.not_music or [None] * rows, dtype=object)
    latest = pd.Timestamp(datetime.now(UTC) + CLOCK_ERROR)
    reasons: list[tuple[Skip, Bools]] = [
        (kind, np.asarray(kinds == kind)) for kind in (Skip.PODCAST, Skip.AUDIOBOOK)
    ]
    reasons.append((Skip.NO_METADATA, (artist.isna() | title.isna()).to_numpy(dtype=bool)))
    known_time = columns.times.between(EARLIEST, latest).to_numpy(dtype=bool)
    reasons.append((Skip.BAD_TIME, ~known_time))
    bad_duration = (duration < 0) | (duration > LONGEST_PLAY_MS)
    reasons.append((Skip.BAD_DURATION, bad_duration))
    duration[bad_duration] = np.nan
    kept = np.ones(rows, dtype=bool)
    skipped: Counter[Skip] = Counter({Skip.BAD_ROW: bad_rows} if bad_rows else {})
    for reason, applies in reasons:
        count = int((kept & applies).sum())
        if count:
            skipped[reason] = count
        kept &= ~applies
    plays = _plays(columns, artist, title, duration)[kept].reset_index(drop=True)
    return Reading(rows + bad_rows, plays, skipped)


def _plays(
    columns: Columns, artist: pd.Series, title: pd.Series, duration: NDArray[np.float64]
) -> pd.DataFrame:
    rows = len(columns.times)
    ms_played = pd.Series(np.round(duration)).astype("Int64")
    if columns.ms_played is None:
        skipped = pd.Series(pd.NA, index=range(rows), dtype="boolean")
    else:
        skipped = (ms_played < SHORT_PLAY_MS).astype("boolean")
        if columns.ended_by_button is not None:
            skipped |= np.asarray(columns.ended_by_button, dtype=bool)
    uri = _text(columns.uri or [None] * rows)
    return pd.DataFrame(
        {
            "started_at": columns.times - pd.to_timedelta(ms_played.fillna(0), unit="ms"),
            "artist": artist,
            "title": title,
            "album": _text(columns.album or [None] * rows),
            "uri": uri.where(uri.str.match(_SPOTIFY_TRACK)),
            "ms_played": ms_played,
            "skipped": skipped,
            "shuffle": pd.array(columns.shuffle or [None] * rows, dtype="boolean"),
            "minute_precision": pd.array([columns.minute_precision] * rows, dtype="boolean"),
        }
    ).astype({"started_at": "datetime64[us, UTC]"})


def _text(values: Sequence[str | None]) -> pd.Series:
    """Names on one line, without control characters; missing where nothing remains."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    names = pc.replace_substring_regex(coded.dictionary, r"[\p{Cc}\p{Z}\s]+", " ")
    names = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(names), 0, LONGEST_TEXT)
    names = pc.if_else(pc.equal(names, ""), pa.scalar(None, pa.string()), names)
    return pd.Series(pd.array(names.take(coded.indices), dtype="string"))


def _durations(values: Sequence[float | None] | None, rows: int) -> NDArray[np.float64]:
    """Milliseconds, NaN where unknown; what no float holds becomes infinite."""
    if values is None:
        return np.full(rows, np.nan)
    try:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    except OverflowError:
        return np.array([_as_float(value) for value in values], dtype=np.float64)


def _as_float(value: float | None) -> float:
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf
