"""How often each track came directly after each other one."""

from __future__ import annotations

import numpy as np
import pytest

from songnet.transitions import Transitions
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import sessions_of


def counted(*sessions: str, known: str = "abcdef") -> tuple[Transitions, Vocabulary]:
    vocabulary = Vocabulary.from_sessions(sessions_of([list(known)]))
    played = vocabulary.encode(sessions_of([list(session) for session in sessions]))
    return Transitions.count(played, len(vocabulary)), vocabulary


def times(pairs: Transitions, vocabulary: Vocabulary, pair: str) -> int:
    before, after = vocabulary.indexes(list(pair))
    return int(pairs.times(int(before), np.array([after]))[0])


def test_pairs_are_counted_in_their_direction():
    pairs, vocabulary = counted("abab", "ab")

    assert times(pairs, vocabulary, "ab") == 3
    assert times(pairs, vocabulary, "ba") == 1
    assert times(pairs, vocabulary, "ac") == 0


def test_sessions_do_not_touch():
    pairs, vocabulary = counted("a", "b", "cd", "ef")

    assert times(pairs, vocabulary, "ab") == 0
    assert times(pairs, vocabulary, "bc") == 0
    assert times(pairs, vocabulary, "de") == 0
    assert times(pairs, vocabulary, "ef") == 1


def test_unknown_tracks_make_no_pairs():
    pairs, vocabulary = counted("axb")

    assert times(pairs, vocabulary, "ab") == 0
    assert len(pairs.following) == 0


def test_all_tracks_after_one_come_with_their_counts():
    pairs, vocabulary = counted("abacab")
    following, counts = pairs.after(vocabulary.index("a"))

    assert dict(zip(following.tolist(), counts.tolist(), strict=True)) == {
        vocabulary.index("b"): 2,
        vocabulary.index("c"): 1,
    }


def test_the_table_survives_its_arrays():
    pairs, vocabulary = counted("abacab")
    again = Transitions.from_arrays(pairs.arrays(), len(vocabulary))

    assert times(again, vocabulary, "ab") == 2


def test_a_table_of_another_size_is_refused():
    pairs, vocabulary = counted("abacab")

    with pytest.raises(ValueError, match="no table of transitions"):
        Transitions.from_arrays(pairs.arrays(), len(vocabulary) + 1)
