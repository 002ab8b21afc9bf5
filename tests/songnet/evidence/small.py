"""Small pasts, written as letters, and what the experts say of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numba
import numpy as np

from songnet.evidence.arrays import PastArrays, past_arrays, scratch_for
from songnet.evidence.standing import standing_at
from songnet.evidence.view import View
from songnet.vocabulary import EncodedSessions

SECONDS_PER_PLAY = 240.0
START = 1.7e9
TRACKS = "abcdefghijklmnopqrstuvwxyz"


def index(letter: str) -> int:
    return TRACKS.index(letter) + 1 if letter in TRACKS else 0


def encoded(*sessions: str, days_between: float = 1.0) -> EncodedSessions:
    """Each session is a word, each letter a play of 4 minutes."""
    tracks = [index(letter) for session in sessions for letter in session]
    bounds = np.cumsum([0, *(len(session) for session in sessions)])
    seconds = [
        START + number * days_between * 86_400 + place * SECONDS_PER_PLAY
        for number, session in enumerate(sessions)
        for place in range(len(session))
    ]
    return EncodedSessions(np.array(tracks, np.int64), np.array(seconds), bounds)


def past_of(
    *sessions: str, artists: str = "", albums: str = "", days_between: float = 1.0
) -> PastArrays:
    """Artists and albums are words too: the artist of 'b' is the second letter."""
    artist_of = [0, *(index(artists[i]) if artists else i + 1 for i in range(len(TRACKS)))]
    album_of = [0, *(index(albums[i]) if albums else 0 for i in range(len(TRACKS)))]
    return past_arrays(
        encoded(*sessions, days_between=days_between), np.array(artist_of), np.array(album_of)
    )


def view_of(past: PastArrays, border: int | None = None) -> View:
    border = len(past.track) if border is None else border
    return View(past, standing_at(past, border), scratch_for(past))


def ask(expert: Callable[[View, np.ndarray], None], view: View, session: str) -> None:
    """Lets an expert write down what it says of the track after these."""
    _entry(expert)(view, recent_of(session))


@cache
def _entry(expert: Callable[[View, np.ndarray], None]) -> Callable[[View, np.ndarray], None]:
    """A way in: the experts are called by compiled code only."""

    @numba.njit
    def call(view: View, recent: np.ndarray) -> None:
        expert(view, recent)

    return call


def recent_of(session: str) -> np.ndarray:
    return np.array([index(letter) for letter in session[::-1]], np.int32)


def said(view: View, expert: int) -> dict[str, float]:
    """What an expert has written down, by letter."""
    values = view.scratch.values[view.scratch.slot_of[1:], expert]
    return {TRACKS[i]: round(float(values[i]), 6) for i in np.flatnonzero(values)}


def shares(values: dict[str, float]) -> dict[str, float]:
    total = sum(values.values())
    return {letter: value / total for letter, value in values.items()}
