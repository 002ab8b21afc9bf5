"""What holds for all candidates of a moment alike."""

from __future__ import annotations

import numpy as np

from songnet.evidence.arrays import Float32s, Int32s, PastArrays
from songnet.evidence.compiled import part
from songnet.evidence.experts import AFTER_THREE, AFTER_TWO, LONGEST, NEXT, SUFFIX, VSTAN
from songnet.evidence.features import LEAST_SHARE, NEVER, log_days
from songnet.evidence.standing import (
    FIRST_WEEKEND_DAY,
    MONDAY,
    SECONDS_PER_DAY,
    SECONDS_PER_SLOT,
    Standing,
)
from songnet.evidence.view import Asked, Moment, View

MOMENT_FEATURES = (
    "length", "hour_sin", "hour_cos", "weekend", "has_time", "plays_of_last",
    "support_two", "support_three", "longest", "known", "artist_stays_here", "distinct_here",
    "album_stays_here", "days_since_border", "repeat_rate", "artist_stays", "peak_next",
    "peak_suffix", "peak_vstan", "sum_vstan", "touched", "age_of_last", "plays", "repeats_here",
)  # fmt: skip
"""Columns of a moment, in order; logarithms as in `songnet.evidence.features`."""


@part
def moment_at(standing: Standing, seconds: float) -> Moment:
    """A moment in time; below 0 stands for no time."""
    if seconds < 0.0:
        return Moment(standing.now, -1, 0)
    slot = int(seconds % SECONDS_PER_DAY // SECONDS_PER_SLOT)
    weekday = (seconds // SECONDS_PER_DAY + MONDAY) % 7
    return Moment(seconds, slot, 1 if weekday >= FIRST_WEEKEND_DAY else 0)


@part
def describe_moment(view: View, asked: Asked, length: int, row: Float32s) -> None:
    """Fills the columns of a moment of which no time is known."""
    standing, scratch, totals, recent = view.standing, view.scratch, asked.totals, asked.recent
    last = recent[0] if len(recent) > 0 else 0
    row[:] = 0.0
    row[0] = np.log1p(length)
    row[5] = np.log1p(standing.plays[last])
    row[6] = np.log1p(totals[AFTER_TWO])
    row[7] = np.log1p(totals[AFTER_THREE])
    peak_next, peak_suffix, peak_vstan = 0.0, 0.0, 0.0
    for slot in range(1, scratch.filled[0] + 1):
        values = scratch.values[slot]
        row[8] = max(row[8], values[LONGEST])
        peak_next = max(peak_next, values[NEXT])
        peak_suffix = max(peak_suffix, values[SUFFIX])
        peak_vstan = max(peak_vstan, values[VSTAN])
    _describe_session(view.past, recent, row)
    row[14] = standing.repeat_rate
    row[15] = standing.artist_stays
    row[16] = peak_next / max(totals[NEXT], LEAST_SHARE)
    row[17] = peak_suffix / max(totals[SUFFIX], LEAST_SHARE)
    row[18] = peak_vstan / max(totals[VSTAN], LEAST_SHARE)
    row[19] = np.log1p(totals[VSTAN])
    row[20] = np.log1p(scratch.filled[0])
    row[21] = log_days(standing.now - standing.last_seconds[last]) if last != 0 else NEVER
    row[22] = np.log1p(standing.border)


@part
def _describe_session(past: PastArrays, recent: Int32s, row: Float32s) -> None:
    known, artist_stays, album_stays, distinct, pairs = 0.0, 0.0, 0.0, 0.0, 0.0
    for back in range(len(recent)):
        track = recent[back]
        if track == 0:
            continue
        known += 1.0
        is_new = True
        for later in range(back):
            is_new = is_new and recent[later] != track
        distinct += is_new
        if back + 1 < len(recent) and recent[back + 1] != 0:
            pairs += 1.0
            other, album = recent[back + 1], past.album_of[track]
            artist_stays += past.artist_of[track] == past.artist_of[other]
            album_stays += album != 0 and album == past.album_of[other]
    row[9] = known / max(len(recent), 1)
    row[10] = artist_stays / max(pairs, 1.0)
    row[11] = distinct / max(known, 1.0)
    row[12] = album_stays / max(pairs, 1.0)
    row[23] = known - distinct


@part
def tell_time(standing: Standing, moment: Moment, row: Float32s) -> None:
    """Fills the columns of a moment that tell the time, where one is known."""
    if moment.slot < 0:
        return
    hour = 2.0 * np.pi * (moment.seconds % SECONDS_PER_DAY) / SECONDS_PER_DAY
    row[1] = np.sin(hour)
    row[2] = np.cos(hour)
    row[3] = moment.weekend
    row[4] = 1.0
    row[13] = log_days(moment.seconds - standing.now)
