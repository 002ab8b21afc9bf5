"""What several people mean by the songs that one of them named, and the playlist from those.

All of it is slow and runs in a thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from chatbot.services.playlist_records import TakenSong
from songnet.music import Track

if TYPE_CHECKING:
    from chatbot.services.playlist_wish import CompleteWish
    from songnet.recommender import Recommender


@dataclass(frozen=True)
class Blended:
    """A playlist of several people; without seeds and tracks where nobody knows a song of them."""

    seeds: tuple[Track, ...]
    tracks: tuple[Track, ...]
    known_by: tuple[tuple[int, ...], ...]
    """Of each track: the places of the models."""
    unknown: tuple[str, ...]
    taken: tuple[TakenSong, ...]


def make_blend(
    models: Sequence[Recommender],
    songs: Sequence[str],
    complete: CompleteWish,
    unwanted: Collection[str],
) -> Blended:
    """From songs as they were named; the first model is that of whoever named them."""
    from songnet.blending import blend

    meant = {song: meant_by_all(models, song) for song in songs}
    seeds = {track.track_id: track for tracks, _ in meant.values() for track in tracks}
    found = (
        blend(
            models,
            list(seeds),
            length=complete.length,
            excluded=unwanted,
            most_per_artist=complete.most_per_artist,
        )
        if seeds
        else []
    )
    return Blended(
        tuple(seeds.values()),
        tuple(models[each.known_by[0]].track(each.track_id) for each in found),
        tuple(each.known_by for each in found),
        tuple(song for song, (tracks, _) in meant.items() if not tracks),
        tuple(
            TakenSong(song, tracks[0].title, tracks[0].artist)
            for song, (tracks, is_agreed) in meant.items()
            if not is_agreed
        ),
    )


def meant_by_all(models: Sequence[Recommender], song: str) -> tuple[tuple[Track, ...], bool]:
    """One song for all, in the versions that they know, and whether all would have taken that.

    Of those that the name means to any of them, with its namesakes, it is the one that most of
    them know; of equals the one that is called so to the letter, then what the first model takes.
    """
    from songnet.names import plain, short_title

    by_artist = [_by_artist(model, song) for model in models]
    own = [next(iter(tracks)) for tracks in by_artist if tracks]
    if not own:
        return (), True
    name = f" {plain(song)} "

    def worth(artist: str) -> tuple[int, bool]:
        known = [tracks[artist] for tracks in by_artist if artist in tracks]
        return len(known), f" {plain(short_title(known[0].title))} " in name

    artist = max(dict.fromkeys(chain(own, *by_artist)), key=worth)
    versions: dict[str, Track] = {}
    for tracks in by_artist:
        if artist in tracks:
            versions.setdefault(tracks[artist].track_id, tracks[artist])
    return tuple(versions.values()), len({*own}) == 1


def _by_artist(model: Recommender, song: str) -> dict[str, Track]:
    """What a name may mean in one library, by the artist's plain name; first what is taken."""
    from songnet.names import plain

    tracks: dict[str, Track] = {}
    for match in model.find_seeds([song]).found:
        tracks[plain(match.track.artist)] = match.track
        for other in match.namesakes:
            tracks.setdefault(plain(other.artist), model.track(other.track_id))
    return tracks
