"""What another playlist leaves out, so that it is another one (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence


def heard(recent: Sequence[Sequence[str]]) -> Iterator[str]:
    """The songs of the newest playlists, in the order in which they should rather stay out.

    Of one playlist those come first that were in most of the others: where only a few can stay
    out, each gets its turn.

    Args:
        recent: the track_ids of each playlist, newest first.
    """
    times = Counter(track_id for tracks in recent for track_id in tracks)
    for tracks in recent:
        yield from sorted(tracks, key=lambda track_id: -times[track_id])


def leave_out(
    track_ids: Iterable[str],
    artists: Mapping[str, str],
    *,
    length: int,
    most_per_artist: int | None,
) -> tuple[str, ...]:
    """As many of some songs, the first ones first, as leave enough for a playlist.

    Enough is what fills it without more songs of one artist than are needed anyway.

    Args:
        track_ids: what had better stay out; what is not in the library is passed over.
        artists: by track_id, of all songs that the playlist could hold.
        length: how many songs it is to hold.
        most_per_artist: at most so many of one artist; None for no cap.
    """
    left = Counter(artists.values())
    cap = max(1, length) if most_per_artist is None else most_per_artist
    # It rises where the library needs it, as in `songnet.generation.choose`.
    while (enough_for := _held(left, cap)) < min(length, len(artists)):
        cap += 1
    room = enough_for - length
    out = []
    for track_id in dict.fromkeys(track_ids):
        if track_id not in artists:
            continue
        artist = artists[track_id]
        is_needed = left[artist] <= cap
        if is_needed and room <= 0:
            continue
        room -= is_needed
        left[artist] -= 1
        out.append(track_id)
    return tuple(out)


def _held(songs_of: Mapping[str, int], cap: int) -> int:
    """How many songs a playlist can hold, at most so many of one artist."""
    return sum(min(cap, count) for count in songs_of.values())
