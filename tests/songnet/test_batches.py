"""Sessions as rectangles: nothing is lost, nothing is seen too early."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from songnet.batches import Batch, Pieces
from songnet.vocabulary import PADDING, EncodedSessions


def encoded(lengths: list[int]) -> EncodedSessions:
    """Sessions of so many plays, in which every play is another track."""
    plays = sum(lengths)
    return EncodedSessions(
        tracks=np.arange(1, plays + 1),
        started_at=np.arange(plays, dtype=float),
        bounds=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def all_batches(lengths: list[int], longest: int, plays_per_batch: int) -> list[Batch]:
    pieces = Pieces.cut(encoded(lengths), longest)
    return list(pieces.batches(plays_per_batch, np.random.default_rng(0)))


session_lengths = st.lists(st.integers(1, 30), min_size=1, max_size=20)


@given(session_lengths, st.integers(1, 10), st.integers(1, 60))
def test_every_play_is_a_target_exactly_once(lengths, longest, plays_per_batch):
    targets = Counter(
        track
        for batch in all_batches(lengths, longest, plays_per_batch)
        for track in batch.targets[batch.targets != PADDING].tolist()
    )

    assert targets == Counter(range(1, sum(lengths) + 1))


@given(session_lengths, st.integers(1, 10), st.integers(1, 60))
def test_the_input_is_the_play_before_and_nothing_before_a_sessions_first(
    lengths, longest, plays_per_batch
):
    firsts = set((np.cumsum([0, *lengths[:-1]]) + 1).tolist())

    for batch in all_batches(lengths, longest, plays_per_batch):
        is_play = batch.targets != PADDING
        pairs = zip(batch.inputs[is_play].tolist(), batch.targets[is_play].tolist(), strict=True)
        assert all(before == (0 if track in firsts else track - 1) for before, track in pairs)


@given(session_lengths, st.integers(1, 10), st.integers(1, 60))
def test_padding_stands_at_the_right_end_only(lengths, longest, plays_per_batch):
    for batch in all_batches(lengths, longest, plays_per_batch):
        is_play = batch.targets != PADDING
        assert np.all(is_play[:, :-1] >= is_play[:, 1:])


def test_a_batch_holds_no_more_than_it_may():
    for batch in all_batches([3, 5, 8, 13, 21] * 10, longest=8, plays_per_batch=40):
        assert batch.targets.size <= 40


def test_pieces_of_like_length_share_a_batch():
    batches = all_batches([2] * 50 + [20] * 50, longest=20, plays_per_batch=100)
    padding = sum(int(np.sum(batch.targets == PADDING)) for batch in batches)

    assert padding <= 100
