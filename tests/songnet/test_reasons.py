"""Every number of a reason, recounted in the raw history by brute force."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet import reasons as kinds
from songnet.models.past import NO_PLAYS, Past
from songnet.music import History, Reason
from songnet.reasons import KINDS, Reasons
from songnet.sessions import find_sessions
from songnet.vocabulary import Vocabulary

TITLES = "abcdefgh"
ARTIST_OF = dict(zip(TITLES, "AABBCCDD", strict=True))
ALBUM_OF = dict(
    zip(TITLES, ["one", "one", None, "two", "three", "four", None, "five"], strict=True)
)
PLAYS = st.lists(
    st.tuples(
        st.sampled_from(TITLES),
        st.sampled_from([4, 20, 90, 60 * 24 * 40]),  # minutes to the next one
        st.sampled_from([None, 5_000, 180_000]),  # how long it was played
    ),
    min_size=3,
    max_size=40,
)


def history_of(plays: list[tuple[str, int, int | None]]) -> History:
    now = pd.Timestamp("2023-05-04 22:10:11.123457", tz="UTC")
    rows = []
    for title, minutes, ms_played in plays:
        rows.append(
            {
                "started_at": now,
                "track_id": title,
                "artist": ARTIST_OF[title],
                "title": title,
                "album": ALBUM_OF[title],
                "ms_played": ms_played,
            }
        )
        now += pd.Timedelta(minutes=minutes)
    return History.from_plays(pd.DataFrame(rows))


def read(history: History) -> tuple[Reasons, Vocabulary]:
    sessions = find_sessions(history.frame)
    vocabulary = Vocabulary.from_sessions(sessions)
    past = Past(vocabulary.encode(sessions), len(vocabulary))
    return Reasons(past, vocabulary), vocabulary


class Recount:
    """The history as a person would go through it, play by play."""

    def __init__(self, history: History) -> None:
        self.sessions: list[list[tuple[str, datetime]]] = []
        ended = None
        for row in history.frame.itertuples():
            ms_played = None if pd.isna(row.ms_played) else int(row.ms_played)
            gap = None if ended is None else row.started_at - ended
            if gap is None or gap >= pd.Timedelta(minutes=30):
                self.sessions.append([])
            ended = row.started_at + pd.Timedelta(milliseconds=ms_played or 0)
            if ms_played is None or ms_played >= 30_000:
                self.sessions[-1].append((row.title, row.started_at.to_pydatetime()))
        self.sessions = [session for session in self.sessions if session]
        self.plays = [play for session in self.sessions for play in session]
        self.pairs = [pair for session in self.sessions for pair in pairwise(session)]

    def times(self, kind: str, track: str, other: str) -> list[datetime]:
        """When each of the things that a reason counts began, for the track."""
        if kind == kinds.FOLLOWED:
            return [b[1] for a, b in self.pairs if (a[0], b[0]) == (other, track)]
        if kind == kinds.PRECEDED:
            return [a[1] for a, b in self.pairs if (a[0], b[0]) == (track, other)]
        if kind == kinds.ARTIST_FOLLOWED:
            wanted = (ARTIST_OF[other], ARTIST_OF[track])
            return [b[1] for a, b in self.pairs if (ARTIST_OF[a[0]], ARTIST_OF[b[0]]) == wanted]
        if kind == kinds.SAME_ARTIST:
            return [at for title, at in self.plays if ARTIST_OF[title] == ARTIST_OF[track]]
        if kind == kinds.SAME_ALBUM:
            album = (ARTIST_OF[track], ALBUM_OF[track])
            return [at for title, at in self.plays if (ARTIST_OF[title], ALBUM_OF[title]) == album]
        return [at for title, at in self.plays if title == track]

    def together(self, track: str, other: str) -> list[list[datetime]]:
        """The plays of the track in each of the sessions with the other."""
        return [
            [at for title, at in session if title == track]
            for session in self.sessions
            if other in [title for title, _ in session]
        ]

    def check(self, reason: Reason, track: str) -> None:
        if reason.kind == kinds.TOGETHER:
            with_other = self.together(track, reason.track_id or "")
            times = [at for plays in with_other for at in plays]
            assert reason.count == sum(bool(plays) for plays in with_other)
            assert reason.of == len(with_other)
        else:
            times = self.times(reason.kind, track, reason.track_id or "")
            assert reason.count == len(times)
            assert reason.of is None
        assert reason.last_at == max(times)


@settings(max_examples=40, deadline=None)
@given(PLAYS, st.lists(st.sampled_from(TITLES), min_size=1, max_size=3, unique=True))
def test_every_number_is_what_a_recount_gives(plays, seeds):
    history = history_of(plays)
    recount = Recount(history)
    if not recount.plays:
        return
    found, vocabulary = read(history)
    others = vocabulary.indexes(seeds)
    for index in range(1, len(vocabulary) + 1):
        track = vocabulary.track(index).track_id
        for reason in found.of(index, others):
            recount.check(reason, track)
            assert reason.track_id in {None, *seeds} - {track}


@settings(max_examples=25, deadline=None)
@given(PLAYS, st.lists(st.sampled_from(TITLES), min_size=1, max_size=3, unique=True))
def test_no_reason_is_missing_and_none_names_less_than_it_could(plays, seeds):
    history = history_of(plays)
    recount = Recount(history)
    if not recount.plays:
        return
    found, vocabulary = read(history)
    others = vocabulary.indexes(seeds)
    known = [seed for seed in seeds if seed in vocabulary]
    for index in range(1, len(vocabulary) + 1):
        track = vocabulary.track(index).track_id
        told = {reason.kind: reason.count for reason in found.of(index, others)}
        for kind in (kinds.FOLLOWED, kinds.PRECEDED):
            counts = [len(recount.times(kind, track, seed)) for seed in known if seed != track]
            assert told.get(kind, 0) == max(counts, default=0)
        is_related = any(ARTIST_OF[seed] == ARTIST_OF[track] for seed in known if seed != track)
        assert (kinds.SAME_ARTIST in told) == is_related
        assert kinds.PLAYS in told


def played(sessions: list[str]) -> tuple[Reasons, Vocabulary]:
    plays = [
        (title, 4 if place + 1 < len(session) else 90, 180_000)
        for session in sessions
        for place, title in enumerate(session)
    ]
    return read(history_of(plays))


def kinds_of(found: Reasons, vocabulary: Vocabulary, track: str, seed: str) -> list[str]:
    reasons = found.of(vocabulary.index(track), vocabulary.indexes([seed]))
    return [reason.kind for reason in reasons]


def test_habits_come_before_what_happened_once():
    found, vocabulary = played(["ac", "ahc", "hac"])
    assert kinds_of(found, vocabulary, "c", "a")[:2] == [kinds.FOLLOWED, kinds.TOGETHER]
    found, vocabulary = played(["ac", "ahc", "aghc"])
    assert kinds_of(found, vocabulary, "c", "a")[0] == kinds.TOGETHER


def test_plays_come_last_and_are_always_told():
    found, vocabulary = played(["ab", "ab", "h"])
    assert kinds_of(found, vocabulary, "b", "a")[-1] == kinds.PLAYS
    assert kinds_of(found, vocabulary, "h", "a") == [kinds.PLAYS]


def test_the_track_before_may_be_named():
    found, vocabulary = played(["abc", "abc", "abc", "hc"])
    reasons = found.of(
        vocabulary.index("c"), vocabulary.indexes(["h"]), previous=vocabulary.index("b")
    )
    assert (reasons[0].kind, reasons[0].count, reasons[0].track_id) == (kinds.FOLLOWED, 3, "b")


def test_without_a_past_the_plays_are_told():
    vocabulary = Vocabulary(history_of([("a", 4, None), ("b", 4, None)] * 3).tracks())
    found = Reasons(Past(NO_PLAYS, 2), vocabulary)
    for index in (1, 2):
        *_, plays = found.of(index, np.array([3 - index]))
        assert plays == Reason(kinds.PLAYS, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_somewhere(kind):
    found, vocabulary = played(["abch", "dabe", "cad", "bac"] * 2)
    told = {
        reason.kind
        for index in range(1, len(vocabulary) + 1)
        for other in range(1, len(vocabulary) + 1)
        for reason in found.of(index, np.array([other]))
    }
    assert kind in told
