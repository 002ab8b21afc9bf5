"""Invented plays and documents of every format, for Hypothesis."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

from tests.songnet.exports.played import Played
from tests.songnet.exports.writers import WRITERS, Writer

_START = pd.Timestamp("2024-01-01T00:00:00")
_NAMES = st.text(
    st.characters(min_codepoint=0x21, exclude_categories=("C", "Z")), min_size=1, max_size=8
)


def played(most_minutes: int = 6) -> st.SearchStrategy[Played]:
    """A play at one of a few times, of a song that often comes again under other words."""
    return st.builds(
        Played,
        # Duplicates, near-duplicates and chains of them are frequent.
        st.integers(0, most_minutes * 60 // 7).map(
            lambda number: (_START + pd.Timedelta(number * 7, unit="s")).isoformat()
        ),
        st.just("Alan Walker") | _NAMES,
        st.sampled_from(["Faded", "faded - Remastered 2011", "Faded (Live)", "Alone"]) | _NAMES,
        st.sampled_from(["", "Different World"]),
    )


def plays(fewest: int = 1, most: int = 5) -> st.SearchStrategy[list[Played]]:
    return st.lists(played(), min_size=fewest, max_size=most)


def writers() -> st.SearchStrategy[Writer]:
    return st.sampled_from(WRITERS)


def documents() -> st.SearchStrategy[list[tuple[Writer, list[Played]]]]:
    """What a person gives at once: several documents of any services."""
    return st.lists(st.tuples(writers(), plays()), min_size=1, max_size=3)
