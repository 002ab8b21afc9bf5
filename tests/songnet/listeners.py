"""Invented listeners whose habits are known exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from songnet.music import History
from songnet.sessions import Sessions, find_sessions

START = pd.Timestamp("2024-01-01 08:00", tz="UTC")


def history_of(
    sessions: Sequence[Sequence[str]],
    *,
    artist_of: dict[str, str] | None = None,
    minutes_between: int = 60,
) -> History:
    """Each session is a list of titles, one play of 3 min every 4 min; the artist is 'Artist'."""
    rows = []
    now = START
    for session in sessions:
        for title in session:
            artist = (artist_of or {}).get(title, "Artist")
            rows.append({"started_at": now, "artist": artist, "title": title, "track_id": title})
            now += pd.Timedelta(minutes=4)
        now += pd.Timedelta(minutes=minutes_between)
    return History.from_plays(pd.DataFrame(rows).assign(ms_played=180_000))


def sessions_of(
    sessions: Sequence[Sequence[str]], *, artist_of: dict[str, str] | None = None
) -> Sessions:
    return find_sessions(history_of(sessions, artist_of=artist_of).frame)


def chain_sessions(
    *, tracks: int = 40, sessions: int = 250, length: int = 12, faith: float = 0.8, seed: int = 0
) -> list[list[str]]:
    """A Markov chain: each track has one successor, which follows with the probability `faith`.

    Otherwise any track follows, so that nobody can hit more than `faith + (1 - faith) / tracks` of
    the next tracks with one guess.
    """
    rng = np.random.default_rng(seed)
    successor = rng.permutation(tracks)
    walks = []
    for _ in range(sessions):
        walk = [int(rng.integers(tracks))]
        while len(walk) < length:
            follows = rng.random() < faith
            walk.append(int(successor[walk[-1]]) if follows else int(rng.integers(tracks)))
        walks.append([f"Song {track}" for track in walk])
    return walks


def shuffled(sessions: Sequence[Sequence[str]], seed: int = 0) -> list[list[str]]:
    """The same plays in a random order: nothing is left but how often each track is played."""
    rng = np.random.default_rng(seed)
    plays = rng.permutation([title for session in sessions for title in session])
    bounds = np.cumsum([len(session) for session in sessions])[:-1]
    return [part.tolist() for part in np.split(plays, bounds)]
