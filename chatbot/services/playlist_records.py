"""Playlists as they are made, as they are stored, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from chatbot.services.playlist_wish import PlaylistWish
from songnet.errors import Suggestion
from songnet.music import PlaylistTrack, Reason, StandIn, Track
from storage.playlists import ID_CHARACTERS, PlaylistRecord

TOGETHER = "together"
"""Where the options of a playlist of several people hold what belongs to that."""


@dataclass(frozen=True)
class UnknownSong:
    """A named song that is not in the library, with its near misses, best first."""

    query: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class AmbiguousSong:
    """A named song that several artists have."""

    query: str
    taken: Track
    """What was played most, and was taken for it."""
    others: tuple[Suggestion, ...]


@dataclass(frozen=True)
class RespeltSong:
    """A named song that was found by forgiving typing errors."""

    query: str
    taken: str
    """The name that was taken for it."""


@dataclass(frozen=True)
class LearnedFrom:
    """What the model had learned from that made a playlist."""

    created_at: datetime
    plays: int


@dataclass(frozen=True)
class TakenSong:
    """A named song that several people know different ones of, and the one that was taken."""

    query: str
    title: str
    artist: str


@dataclass(frozen=True)
class Together:
    """What belongs to a playlist of several people, beside its songs."""

    names: tuple[str, ...]
    """What they are called."""
    known_by: tuple[tuple[int, ...], ...]
    """Of each track: the places in `names`."""
    unknown: tuple[str, ...]
    """Named songs that nobody's library holds."""
    taken: tuple[TakenSong, ...] = ()


@dataclass(frozen=True)
class MadePlaylist:
    """A playlist as it was stored. Without tracks where none of the songs was known."""

    id: str
    seeds: tuple[Track, ...]
    tracks: tuple[PlaylistTrack, ...]
    unknown: tuple[UnknownSong, ...]
    urls: dict[str, str]
    """The link of every seed and track, by track id."""
    stand_ins: tuple[StandIn, ...] = ()
    """For the songs that are not in the library, where songs of their artist stood for them."""
    ambiguous: tuple[AmbiguousSong, ...] = ()
    """Of the songs that were found, those that may have meant another."""
    respelt: tuple[RespeltSong, ...] = ()
    """Of the songs that were found, those whose names were spelt differently."""
    wish: PlaylistWish = field(default_factory=lambda: PlaylistWish(()))
    """What it was made from; wished once more, it gives the same."""
    adventure: float = 0.5
    """How adventurous it is: what was wished, or what the operator has set."""
    lengths: dict[str, int] = field(default_factory=dict)
    """Milliseconds by track_id, where they are known."""
    learned_from: LearnedFrom | None = None
    together: Together | None = None


def is_playlist_id(text: str) -> bool:
    """Whether a playlist of ours can have such an id."""
    return len(text) == ID_CHARACTERS and set(text) <= set("0123456789abcdef")


def to_options(made: MadePlaylist) -> dict[str, Any]:
    """What is kept of a request beside its songs; `from_record` reads it."""
    wish = {name: value for name, value in asdict(made.wish).items() if name != "seeds"}
    options = {
        "wish": wish,
        "adventure": made.adventure,
        "unknown": [_stored_song(song.query, song.suggestions) for song in made.unknown],
        "by_artist": [
            _stored_song(each.query, each.suggestions)
            | {"artist": each.artist, "tracks": [stored(track) for track in each.tracks]}
            for each in made.stand_ins
        ],
        "ambiguous": [
            _stored_song(song.query, song.others) | {"taken": song.taken.track_id}
            for song in made.ambiguous
        ],
        "respelt": msgspec.to_builtins(made.respelt),
    }
    if made.learned_from is not None:
        options["model"] = msgspec.to_builtins(made.learned_from)
    return options


def to_tracks(made: MadePlaylist) -> list[dict[str, Any]]:
    """The tracks as they are kept."""
    return [
        stored(track)
        | {"reasons": msgspec.to_builtins(track.reasons)}
        | ({"ms": made.lengths[track.track_id]} if track.track_id in made.lengths else {})
        for track in made.tracks
    ]


def stored(track: Track) -> dict[str, Any]:
    """A song as it is kept."""
    named = {"track_id": track.track_id, "artist": track.artist, "title": track.title}
    return named | {name: value for name in ("album", "uri") if (value := getattr(track, name))}


def tracks_of(record: PlaylistRecord) -> tuple[Track, ...]:
    """The seeds and the tracks that were kept."""
    return tuple(_track(each) for each in (*record.seeds, *record.tracks))


def from_record(record: PlaylistRecord, urls: dict[str, str]) -> MadePlaylist:
    """A playlist as it was kept, with its links; of one of songnet 0.1.0 less is known."""
    options = record.options
    seeds = tuple(_track(seed) for seed in record.seeds)
    by_id = {seed.track_id: seed for seed in seeds}
    model = options.get("model")
    return MadePlaylist(
        id=record.id,
        seeds=seeds,
        tracks=tuple(_playlist_track(track) for track in record.tracks),
        unknown=tuple(
            UnknownSong(song["query"], _suggestions(song)) for song in options.get("unknown", [])
        ),
        urls=urls,
        stand_ins=tuple(
            StandIn(
                song["query"],
                song["artist"],
                tuple(_track(track) for track in song.get("tracks", [])),
                _suggestions(song),
            )
            for song in options.get("by_artist", [])
        ),
        ambiguous=tuple(
            AmbiguousSong(song["query"], by_id[song["taken"]], _suggestions(song))
            for song in options.get("ambiguous", [])
            if song["taken"] in by_id
        ),
        respelt=msgspec.convert(options.get("respelt", []), tuple[RespeltSong, ...]),
        wish=wish_of(record),
        adventure=options.get("adventure", 0.5),
        lengths={track["track_id"]: track["ms"] for track in record.tracks if "ms" in track},
        learned_from=msgspec.convert(model, LearnedFrom) if model else None,
        together=msgspec.convert(options[TOGETHER], Together) if TOGETHER in options else None,
    )


def wish_of(record: PlaylistRecord) -> PlaylistWish:
    """The request that a playlist was made from; songnet 0.1.0 kept its length alone."""
    options = record.options
    # What may mean several songs is named as it was, so that the others can still be chosen.
    as_named = {song["taken"]: song["query"] for song in options.get("ambiguous", [])}
    seeds = [
        *(as_named.get(seed["track_id"], seed["track_id"]) for seed in record.seeds),
        *(song["query"] for song in options.get("by_artist", [])),
        *(song["query"] for song in options.get("unknown", [])),
    ]
    wish = options.get("wish", {"length": options.get("length")})
    return PlaylistWish(**wish | {"seeds": tuple(seeds), "exclude": tuple(wish.get("exclude", ()))})


def _stored_song(query: str, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    near = [
        {"track_id": track.track_id, "artist": track.artist, "title": track.title}
        for track in suggestions
    ]
    return {"query": query, "suggestions": near}


def _suggestions(song: dict[str, Any]) -> tuple[Suggestion, ...]:
    return tuple(
        Suggestion(near["track_id"], near["artist"], near["title"], 0.0)
        for near in song["suggestions"]
    )


def _track(kept: dict[str, Any]) -> Track:
    return Track(
        kept["track_id"], kept["artist"], kept["title"], kept.get("album"), kept.get("uri")
    )


def _playlist_track(kept: dict[str, Any]) -> PlaylistTrack:
    reasons = msgspec.convert(kept.get("reasons", []), tuple[Reason, ...])
    return PlaylistTrack(**asdict(_track(kept)), reasons=reasons)
