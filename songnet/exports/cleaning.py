"""The canonical play: the same rules for the rows of every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from songnet.exports.formats import Reading, Skip
from songnet.identity import LONGEST_TEXT
from songnet.texts import coded

SHORT_PLAY_MS: Final = 30_000
"""A play below it counts as skipped; Spotify and Last.fm draw the line there too."""
EARLIEST: Final = pd.Timestamp("2002-01-01", tz="UTC")
"""Nobody recorded what they heard before Audioscrobbler, 2002; older stamps are errors (1970)."""
CLOCK_ERROR: Final = timedelta(days=2)
"""How far a stamp may lie in the future."""
LONGEST_PLAY_MS: Final = 24 * 3_600_000

_NOT_MUSIC: Final = (Skip.PODCAST, Skip.AUDIOBOOK, Skip.VIDEO, Skip.NO_PLAY)
_SPOTIFY_TRACK: Final = r"^spotify:track:[0-9A-Za-z]{22}$"
_SPACES: Final = r"[\p{Cc}\p{Z}\s]+"
_UNCLEAN: Final = r"^$|^ | $|  |[\p{Cc}\p{Zl}\p{Zp}]|[^\P{Zs} ]"
"""What is not yet as `_on_one_line` leaves it."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_Change = Callable[[pa.Array], pa.Array]


Texts: TypeAlias = Sequence[str | None] | pa.DictionaryArray


@dataclass
class Columns:
    """What a format read, column by column; every sequence is as long as `times`."""

    times: pd.Series
    """UTC; the end of a play, or its start where there is no `ms_played`. NaT where unreadable."""
    artist: Texts
    title: Texts
    album: Texts | None = None
    uri: Texts | None = None
    ms_played: Sequence[float | None] | pa.ChunkedArray | None = None
    """None as a whole where the format has no durations."""
    ended_by_button: Sequence[bool] | Bools | None = None
    """The listener went on or back."""
    shuffle: Sequence[bool | None] | pa.ChunkedArray | None = None
    not_music: Sequence[Skip | None] | pa.ChunkedArray | None = None
    """Why a row is no music, where the format tells."""
    minute_precision: bool = False
    times_are_starts: bool = False
    """`times` are the starts of plays although there is `ms_played`."""
    artists_elsewhere: bool = False
    """Rows that lack nothing but the artist are `Reading.nameless`: other documents name it."""


def reading_of(columns: Columns, *, bad_rows: int = 0) -> Reading:
    """The plays among the rows, and the number of the others by reason; each row counts once."""
    rows = len(columns.times)
    artist = _coded(columns.artist, _on_one_line, rows)
    title = _coded(columns.title, _on_one_line, rows)
    no_artist, no_title = _bools(artist.is_null()), _bools(title.is_null())
    duration = _durations(columns.ms_played, rows)
    latest = pd.Timestamp(datetime.now(UTC) + CLOCK_ERROR)
    reasons: list[tuple[Skip, Bools]] = []
    kinds = _array(columns.not_music, pa.string(), rows)
    if kinds.null_count < rows:
        reasons += [(kind, _bools(pc.equal(kinds, str(kind)))) for kind in _NOT_MUSIC]
    nameless = no_artist & columns.artists_elsewhere
    reasons.append((Skip.NO_METADATA, no_title | (no_artist & ~nameless)))
    known_time = columns.times.between(EARLIEST, latest).to_numpy(dtype=bool)
    reasons.append((Skip.BAD_TIME, ~known_time))
    reasons.append((Skip.BAD_DURATION, (duration < 0) | (duration > LONGEST_PLAY_MS)))
    kept = np.ones(rows, dtype=bool)
    skipped: Counter[Skip] = Counter({Skip.BAD_ROW: bad_rows} if bad_rows else {})
    for reason, applies in reasons:
        count = int((kept & applies).sum())
        if count:
            skipped[reason] = count
        kept &= ~applies
    plays = _plays(columns, artist, title, duration, kept & ~nameless)
    reading = Reading(rows + bad_rows, plays, skipped)
    if columns.artists_elsewhere:
        reading.nameless = _plays(columns, artist, title, duration, kept & nameless)
    return reading


def _plays(
    columns: Columns,
    artist: pa.DictionaryArray,
    title: pa.DictionaryArray,
    duration: Floats,
    kept: Bools,
) -> pd.DataFrame:
    rows = len(kept)
    chosen = pa.array(kept)
    duration = duration[kept]
    unknown = np.isnan(duration)
    listened = np.where(unknown, 0, np.round(duration)).astype(np.int64)
    skipped = listened < SHORT_PLAY_MS
    if columns.ended_by_button is not None:
        skipped |= np.asarray(columns.ended_by_button, dtype=bool)[kept]
    started_at = columns.times.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")[kept]
    if not columns.times_are_starts:
        started_at = started_at - listened.astype("timedelta64[ms]")
    minute_precision = np.full(len(duration), columns.minute_precision)
    return pd.DataFrame(
        {
            "started_at": pd.Series(started_at).dt.tz_localize("UTC"),
            "artist": coded(artist.filter(chosen)),
            "title": coded(title.filter(chosen)),
            "album": coded(_coded(columns.album, _on_one_line, rows).filter(chosen)),
            "uri": coded(_coded(columns.uri, _track_uris, rows).filter(chosen)),
            "ms_played": pd.arrays.IntegerArray(listened, unknown),
            "skipped": pd.arrays.BooleanArray(skipped, unknown),
            "shuffle": _flags(columns.shuffle, rows)[kept],
            "minute_precision": pd.arrays.BooleanArray(
                minute_precision, np.zeros(len(duration), dtype=bool)
            ),
        }
    )


def _coded(values: Texts | None, change: _Change, rows: int) -> pa.DictionaryArray:
    """The column with `change` done to each different text."""
    given = _array(values, pa.large_string(), rows).dictionary_encode()
    # Changed texts may be alike, or missing.
    return change(given.dictionary).dictionary_encode().take(given.indices)


def _on_one_line(names: pa.Array) -> pa.Array:
    """Without control characters; missing where nothing remains."""
    # Few names need it, and to look is cheaper than to replace.
    long = pc.greater(pc.binary_length(names), LONGEST_TEXT)
    unclean = pc.or_(pc.match_substring_regex(names, _UNCLEAN), long).fill_null(False)
    if not pc.any(unclean).as_py():
        return names
    some = pc.replace_substring_regex(names.filter(unclean), _SPACES, " ")
    some = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(some), 0, LONGEST_TEXT)
    some = pc.if_else(pc.equal(some, ""), pa.scalar(None, some.type), some)
    return pc.replace_with_mask(names, unclean, some)


def _track_uris(uris: pa.Array) -> pa.Array:
    is_track = pc.match_substring_regex(uris, _SPOTIFY_TRACK)
    return pc.if_else(is_track, uris, pa.scalar(None, uris.type))


def _flags(values: Sequence[bool | None] | pa.ChunkedArray | None, rows: int) -> Any:
    flags = _array(values, pa.bool_(), rows)
    return pd.arrays.BooleanArray(_bools(flags), _bools(flags.is_null()))


def _durations(values: Sequence[float | None] | pa.ChunkedArray | None, rows: int) -> Floats:
    """Milliseconds, NaN where unknown."""
    given = values if values is None or isinstance(values, pa.ChunkedArray) else as_floats(values)
    found: Floats = _array(given, pa.float64(), rows).to_numpy(zero_copy_only=False).copy()
    return found


def as_floats(values: Sequence[float | None]) -> pa.Array:
    """A column of numbers; what no float holds becomes infinite."""
    try:
        return pa.array(values, pa.float64())
    except (pa.ArrowInvalid, OverflowError):
        return pa.array([_as_float(value) for value in values], pa.float64())


def _as_float(value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return np.inf


def _array(values: Sequence[Any] | pa.Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    """A column in one piece; of missing values where there is none."""
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks()
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _bools(values: pa.Array) -> Bools:
    """False where missing."""
    found: Bools = values.fill_null(False).to_numpy(zero_copy_only=False)
    return found
