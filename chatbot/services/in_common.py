"""What somebody's library shares with a playlist that another person made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from songnet.music import Track

if TYPE_CHECKING:
    from songnet.recommender import Recommender

MOST_IN_COMMON = 10
"""So many songs at most stand for those that the playlist grew from."""


def in_common(recommender: Recommender, songs: Sequence[Track]) -> tuple[str, ...]:
    """The track_ids of what a library shares with songs, the first `MOST_IN_COMMON`.

    They are the songs themselves, or else of each of their artists the song that was played most.
    """
    library = recommender.library.sort_values("plays", ascending=False, kind="stable")
    held = library["track_id"].isin([song.track_id for song in songs])
    if not held.any():
        artists = library["artist"].str.casefold()
        held = artists.isin([song.artist.casefold() for song in songs]) & ~artists.duplicated()
    return tuple(library["track_id"][held].head(MOST_IN_COMMON))
