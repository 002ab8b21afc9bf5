"""What is known of every track at a border, whatever the session."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from songnet.evidence.arrays import Float32s, Float64s, Int32s, PastArrays

HALF_LIVES_DAYS = (7.0, 30.0, 90.0, 365.0, 36_500.0)
MONTH = 1
SLOTS = 6
PRIOR_PLAYS = 5.0
NO_PLAY = -1.0
SECONDS_PER_DAY = 86_400
SECONDS_PER_SLOT = SECONDS_PER_DAY // SLOTS
MONDAY = 3
"""The first day of 1970 was a Thursday."""
FIRST_WEEKEND_DAY = 5
POPULAR = 64


class Standing(NamedTuple):
    """Sums over the plays before a border."""

    border: int
    now: float
    """When the newest play before the border began."""
    popularity: Float32s
    """(tracks + 1, half-lives) shares of all plays, which weigh half as much for each half-life."""
    plays: Float32s
    """(tracks + 1,) plays."""
    first_seconds: Float64s
    """(tracks + 1,) when it was first played; `NO_PLAY` where it was not."""
    last_seconds: Float64s
    """(tracks + 1,)"""
    slot_ratio: Float32s
    """(tracks + 1, SLOTS) log of its share of plays in these hours over that of all tracks."""
    weekend_ratio: Float32s
    """(tracks + 1, 2) the same for weekdays and weekends."""
    self_repeat: Float32s
    """(tracks + 1,) the share of its plays that it follows itself."""
    session_repeat: Float32s
    """(tracks + 1,) the share of its plays that are not its first in the session."""
    opening: Float32s
    """(tracks + 1,) the share of its plays that begin a session."""
    artist_count: Float32s
    """(artists + 1,) plays."""
    artist_month: Float32s
    """(artists + 1,) the share of all plays with a half-life of a month."""
    popular: Int32s
    """(popular,) the tracks with the largest share of late."""
    repeat_rate: float
    """The share of all plays that are not the track's first in the session."""
    artist_stays: float
    """The share of plays after a session's first that keep the artist."""


def standing_at(past: PastArrays, border: int) -> Standing:
    """Sums up the plays before a border."""
    track, seconds = past.track[:border], past.seconds[:border]
    tracks, artists = len(past.artist_of), len(past.artist_bounds) - 1
    now = float(seconds[-1]) if border else 0.0

    def total(weights: Float64s | None = None) -> Float64s:
        sums = np.bincount(track, weights, minlength=tracks).astype(np.float64)
        sums[0] = 0
        return sums

    count = total()
    age_days = (now - seconds) / SECONDS_PER_DAY
    popularity = np.stack([total(np.exp2(-age_days / days)) for days in HALF_LIVES_DAYS], axis=1)
    popularity /= np.maximum(popularity.sum(axis=0), 1e-9)
    first, last = np.full(tracks, NO_PLAY), np.full(tracks, NO_PLAY)
    first[track[::-1]] = seconds[::-1]
    last[track] = seconds
    session = past.session[:border]
    opens = np.ones(border, bool)
    opens[1:] = session[1:] != session[:-1]
    again = np.zeros(border, bool)
    again[1:] = (track[1:] == track[:-1]) & ~opens[1:]
    by_track = past.by_track[past.by_track < border]
    repeats = np.zeros(border, bool)
    repeats[by_track[1:]] = (track[by_track][1:] == track[by_track][:-1]) & (
        session[by_track][1:] == session[by_track][:-1]
    )
    artist = past.artist_of[track]
    artist_count = np.bincount(artist, minlength=artists).astype(np.float32)
    artist_month = np.bincount(artist, np.exp2(-age_days / 30.0), minlength=artists)
    heard = np.flatnonzero(count)
    stays = (artist[1:] == artist[:-1])[~opens[1:]]
    return Standing(
        border=border,
        now=now,
        popularity=popularity.astype(np.float32),
        plays=count.astype(np.float32),
        first_seconds=first,
        last_seconds=last,
        slot_ratio=_ratios(track, _slots(seconds), tracks, SLOTS, count),
        weekend_ratio=_ratios(track, _is_weekend(seconds), tracks, 2, count),
        self_repeat=_share(total(again.astype(float)), count),
        session_repeat=_share(total(repeats.astype(float)), count),
        opening=_share(total(opens.astype(float)), count),
        artist_count=artist_count,
        artist_month=(artist_month / max(artist_month.sum(), 1e-9)).astype(np.float32),
        popular=np.argsort(-popularity[:, MONTH], kind="stable")[: min(POPULAR, len(heard))].astype(
            np.int32
        ),
        repeat_rate=float(repeats.mean()) if border else 0.0,
        artist_stays=float(stays.mean()) if len(stays) else 0.0,
    )


def _slots(seconds: Float64s) -> Int32s:
    whole = np.floor(seconds).astype(np.int64)  # many times as fast as with fractions
    return (whole % SECONDS_PER_DAY // SECONDS_PER_SLOT).astype(np.int32)


def _is_weekend(seconds: Float64s) -> Int32s:
    whole = np.floor(seconds).astype(np.int64)
    return ((whole // SECONDS_PER_DAY + MONDAY) % 7 >= FIRST_WEEKEND_DAY).astype(np.int32)


def _share(part: Float64s, count: Float64s) -> Float32s:
    mean = part.sum() / max(count.sum(), 1.0)
    share: Float32s = ((part + PRIOR_PLAYS * mean) / (count + PRIOR_PLAYS)).astype(np.float32)
    return share


def _ratios(track: Int32s, slot: Int32s, tracks: int, slots: int, count: Float64s) -> Float32s:
    sums = np.bincount(track * slots + slot, minlength=tracks * slots).reshape(tracks, slots)
    overall = (sums.sum(axis=0) + 1.0) / (sums.sum() + slots)  # (slots,)
    shares = (sums + PRIOR_PLAYS * overall) / (count[:, None] + PRIOR_PLAYS)
    ratios: Float32s = np.log(shares / overall).astype(np.float32)
    return ratios
