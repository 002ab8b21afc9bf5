"""The table that the network reads: what each column says of a candidate, and of the moment.

Natural logarithms throughout: `p_` is log(share + 1e-5) of what an expert says; `count_` and `sum_`
are log(1 + what it says); `age_` is log(1 + days).
"""

from __future__ import annotations

import numpy as np

from songnet.evidence.arrays import Float32s, Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import (
    AFTER_ARTIST,
    AFTER_PREVIOUS,
    AFTER_THREE,
    AFTER_TWO,
    BEFORE,
    BREADTH,
    LAST_SEEN,
    LONGEST,
    LONGEST_SKIP,
    NEAR,
    NEAR_ALL,
    NEXT,
    NEXT_LATEST,
    NEXT_OF_LATE,
    SESSION_BACK,
    SESSION_COUNT,
    SOON,
    SUFFIX,
    VSKNN,
    VSTAN,
)
from songnet.evidence.standing import HALF_LIVES_DAYS, MONTH, SECONDS_PER_DAY, Standing
from songnet.evidence.view import Asked, Moment, View

FEATURES = (
    "prior",
    "p_next", "p_next_of_late", "p_next_latest", "p_after_two", "p_after_three", "p_soon",
    "p_before", "p_near", "p_near_all", "p_after_previous", "p_suffix", "p_vstan", "p_vsknn",
    "p_after_artist",
    "count_next", "count_after_two", "count_after_three", "count_near", "sum_suffix", "sum_vstan",
    "breadth", "longest", "longest_skip", "age_of_transition", "was_next",
    "in_session", "session_back", "is_last",
    "p_artist", "p_artist_back_off", "same_artist", "same_album", "artist_of_last_five",
    "album_of_last_five", "artist_month", "artist_count", "share_of_artist",
    "p_week", "p_month", "p_quarter", "p_year", "p_ever", "trend",
    "count", "age_last", "age_first", "gap_of_plays",
    "self_repeat", "session_repeat", "opening", "hour_ratio", "weekend_ratio",
    "rank_next", "rank_suffix", "rank_vstan", "rank_near_all", "rank_month", "rank_vsknn",
    "best_rank", "ranks_in_five",
)  # fmt: skip
"""Columns of a candidate, in order."""

LEAST_SHARE = 1e-5
LEAST_ARTIST_SHARE = 1e-3
LEAST_MONTH_SHARE = 1e-4
NEVER = 8.0
"""Stands for log(1 + days) of what never was: eight years."""
LAST_FEW = 5
ASKED_TRACKS = 10.0
SHARED = (
    NEXT, NEXT_OF_LATE, NEXT_LATEST, AFTER_TWO, AFTER_THREE, SOON, BEFORE, NEAR, NEAR_ALL,
    AFTER_PREVIOUS, SUFFIX, VSTAN, VSKNN, AFTER_ARTIST,
)  # fmt: skip
COUNTED = (NEXT, AFTER_TWO, AFTER_THREE, NEAR, SUFFIX, VSTAN)
POPULAR = -1
RANKED = (NEXT_OF_LATE, SUFFIX, VSTAN, NEAR_ALL, POPULAR, VSKNN)
FIRST_RANK = FEATURES.index("rank_next")
BEST_RANK, RANKS_IN_FIVE = FEATURES.index("best_rank"), FEATURES.index("ranks_in_five")
TOP = 5
FIRST_OF_SESSION = FEATURES.index("in_session")
FIRST_OF_ARTIST = FEATURES.index("p_artist")
FIRST_OF_TRACK = FEATURES.index("p_week")
FIRST_OF_HABITS = FEATURES.index("self_repeat")


@part
def log_share(value: float, total: float) -> float:
    """log(share + 1e-5); that of nothing where nothing was said."""
    share = value / total if total > 0.0 else 0.0
    logarithm: float = np.log(share + LEAST_SHARE)
    return logarithm


@part
def log_days(seconds: float) -> float:
    """log(1 + days)."""
    logarithm: float = np.log1p(max(seconds, 0.0) / SECONDS_PER_DAY)
    return logarithm


@part
def describe(view: View, asked: Asked, track: int, prior: float, row: Float32s) -> None:
    """Fills all columns of a track but those of its ranks."""
    row[0] = np.log(prior + LEAST_SHARE)
    _describe_evidence(view, asked, track, row)
    _describe_session(view, asked, track, row)
    _describe_artist(view, asked, track, row)
    _describe_track(view.standing, asked.moment, track, row)


@part
def _describe_evidence(view: View, asked: Asked, track: int, row: Float32s) -> None:
    values = view.scratch.values[view.scratch.slot_of[track]]
    column = 1
    for expert in SHARED:
        row[column] = log_share(values[expert], asked.totals[expert])
        column += 1
    for expert in COUNTED:
        row[column] = np.log1p(values[expert])
        column += 1
    row[column] = values[BREADTH] / ASKED_TRACKS
    row[column + 1] = values[LONGEST]
    row[column + 2] = values[LONGEST_SKIP]
    row[column + 3] = NEVER
    row[column + 4] = 0.0
    if values[NEXT] > 0.0:
        since_border = asked.moment.seconds - view.standing.now
        row[column + 3] = log_days(values[LAST_SEEN] + since_border)
        row[column + 4] = 1.0


@part
def _describe_session(view: View, asked: Asked, track: int, row: Float32s) -> None:
    values = view.scratch.values[view.scratch.slot_of[track]]
    row[FIRST_OF_SESSION] = np.log1p(values[SESSION_COUNT])
    row[FIRST_OF_SESSION + 1] = values[SESSION_BACK]
    is_last = len(asked.recent) > 0 and asked.recent[0] == track
    row[FIRST_OF_SESSION + 2] = 1.0 if is_last else 0.0


@part
def _describe_artist(view: View, asked: Asked, track: int, row: Float32s) -> None:
    past, standing, recent = view.past, view.standing, asked.recent
    artist, album = past.artist_of[track], past.album_of[track]
    by_artist = 0.0
    if asked.totals[AFTER_ARTIST] > 0.0:
        by_artist = view.scratch.artists[artist] / asked.totals[AFTER_ARTIST]
    of_artist = standing.plays[track] / max(standing.artist_count[artist], 1.0)
    column = FIRST_OF_ARTIST
    row[column] = np.log(by_artist + LEAST_ARTIST_SHARE)
    row[column + 1] = np.log(by_artist * of_artist + LEAST_SHARE)
    row[column + 2 : column + 6] = 0.0
    for back in range(min(LAST_FEW, len(recent))):
        is_artist = artist != 0 and past.artist_of[recent[back]] == artist
        is_album = album != 0 and past.album_of[recent[back]] == album
        row[column + 4] += is_artist / LAST_FEW
        row[column + 5] += is_album / LAST_FEW
        if back == 0:
            row[column + 2] = is_artist
            row[column + 3] = is_album
    row[column + 6] = np.log(standing.artist_month[artist] + LEAST_MONTH_SHARE)
    row[column + 7] = np.log1p(standing.artist_count[artist])
    row[column + 8] = np.log(of_artist + LEAST_ARTIST_SHARE)


@part
def _describe_track(standing: Standing, moment: Moment, track: int, row: Float32s) -> None:
    column = FIRST_OF_TRACK
    for half_life in range(len(HALF_LIVES_DAYS)):
        row[column] = np.log(standing.popularity[track, half_life] + LEAST_SHARE)
        column += 1
    row[column] = row[column - 4] - row[column - 1]
    count = standing.plays[track]
    row[column + 1] = np.log1p(count)
    row[column + 2] = log_days(moment.seconds - standing.last_seconds[track])
    row[column + 3] = log_days(moment.seconds - standing.first_seconds[track])
    span = standing.last_seconds[track] - standing.first_seconds[track]
    row[column + 4] = log_days(span / max(count - 1.0, 1.0))
    column = FIRST_OF_HABITS
    row[column] = standing.self_repeat[track]
    row[column + 1] = standing.session_repeat[track]
    row[column + 2] = standing.opening[track]
    row[column + 3] = 0.0
    row[column + 4] = 0.0
    if moment.slot >= 0:
        row[column + 3] = standing.slot_ratio[track, moment.slot]
        row[column + 4] = standing.weekend_ratio[track, moment.weekend]


@part
def rank(view: View, candidates: Int32s, tracks: Int32s, rows: Float32s) -> None:
    """Fills the columns of the ranks that tracks have among the candidates.

    1 / sqrt(rank) under each of `RANKED`, 0 where it says nothing.

    Args:
        view: with what was said.
        candidates: (candidates,) among which is ranked.
        tracks: (tracks,) which are ranked.
        rows: (tracks, features)
    """
    among = view.scratch.among[: len(candidates)]
    said = view.scratch.said[: len(tracks)]
    rows[:, BEST_RANK] = 0.0
    rows[:, RANKS_IN_FIVE] = 0.0
    for at in range(len(RANKED)):
        _said_of(view, RANKED[at], candidates, among)
        _said_of(view, RANKED[at], tracks, said)
        for number in range(len(tracks)):
            better = 0
            for other in range(len(candidates)):
                better += among[other] > said[number]
            value = 0.0 if said[number] == 0.0 else 1.0 / np.sqrt(better + 1.0)
            rows[number, FIRST_RANK + at] = value
            rows[number, BEST_RANK] = max(value, rows[number, BEST_RANK])
            rows[number, RANKS_IN_FIVE] += 1.0 if value > 0.0 and better < TOP else 0.0


@part
def _said_of(view: View, expert: int, tracks: Int32s, said: Float32s) -> None:
    """What one of `RANKED` says of each of some tracks."""
    for number in range(len(tracks)):
        if expert == POPULAR:
            said[number] = view.standing.popularity[tracks[number], MONTH]
        else:
            slot = view.scratch.slot_of[tracks[number]]
            said[number] = view.scratch.values[slot, expert]
