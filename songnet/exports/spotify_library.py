"""What else lies in Spotify's packages: saved tracks and playlists, which name URIs, and the rest.

`YourLibrary.json`: `{"tracks": [{"artist", "album", "track", "uri"}], ...}`; `Playlist1.json`:
`{"playlists": [{"items": [{"track": {"trackName", "artistName", "albumName", "trackUri"}}]}]}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from songnet.exports.archive import Document
from songnet.exports.formats import Reading, Service, as_utf8, json_keys
from songnet.exports.json_rows import NOT_DECODED, decode_items
from songnet.identity import track_key

ACCOUNT_DATA: Final = "Spotify's 'Account data'"
TECHNICAL_LOG: Final = "Spotify's 'Technical log information'"

_SPOTIFY_TRACK: Final = re.compile(r"spotify:track:[0-9A-Za-z]{22}")


class _Saved(msgspec.Struct):
    artist: str | None = None
    track: str | None = None
    uri: str | None = None


class _Library(msgspec.Struct):
    tracks: msgspec.Raw = msgspec.Raw(b"[]")


class _Listed(msgspec.Struct, rename="camel"):
    artist_name: str | None = None
    track_name: str | None = None
    track_uri: str | None = None


class _Item(msgspec.Struct):
    track: _Listed | None = None


class _List(msgspec.Struct):
    items: msgspec.Raw = msgspec.Raw(b"[]")


class _Lists(msgspec.Struct):
    playlists: msgspec.Raw = msgspec.Raw(b"[]")


class SpotifySavedTracks:
    """Reads the URIs of saved tracks."""

    name = "spotify-saved-tracks"
    service = Service.SPOTIFY
    package = ACCOUNT_DATA

    def recognises(self, head: bytes) -> bool:
        return {"tracks", "artist", "track", "uri"} <= json_keys(head)

    def read(self, document: Document) -> Reading:
        try:
            library = msgspec.json.decode(as_utf8(document.content()), type=_Library)
        except NOT_DECODED:
            return Reading()
        saved = decode_items(library.tracks, _Saved)
        return Reading(links=_links((item.artist, item.track, item.uri) for item in saved))


class SpotifyPlaylists:
    """Reads the URIs of the tracks in a person's own playlists."""

    name = "spotify-playlists"
    service = Service.SPOTIFY
    package = ACCOUNT_DATA

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return {"playlists", "items"} <= keys or {"trackName", "trackUri"} <= keys

    def read(self, document: Document) -> Reading:
        try:
            lists = msgspec.json.decode(as_utf8(document.content()), type=_Lists)
        except NOT_DECODED:
            return Reading()
        items = (
            item.track
            for playlist in decode_items(lists.playlists, _List)
            for item in decode_items(playlist.items, _Item)
            if item.track is not None
        )
        return Reading(
            links=_links((item.artist_name, item.track_name, item.track_uri) for item in items)
        )


class SpotifyOther:
    """Knows the other files of Spotify's packages, in order to say which package came."""

    name = "spotify-other"
    service = Service.SPOTIFY
    package = ACCOUNT_DATA

    _signs: tuple[set[str], ...] = (
        {"createdFromFacebook", "birthdate"},
        {"displayName", "tasteMaker"},
        {"inferences"},
        {"searchTime", "searchQuery"},
        {"userIsFollowing"},
        {"followerCount", "followingUsersCount"},
        {"artistName", "segment"},
        {"payment_method"},
    )

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return any(sign <= keys for sign in self._signs)

    def read(self, document: Document) -> Reading:
        del document  # there is nothing in it for us
        return Reading()


class SpotifyTechnicalLog(SpotifyOther):
    """Knows the files of the third package."""

    name = "spotify-technical-log"
    package = TECHNICAL_LOG

    _signs = ({"context_time"}, {"context_receiver_service_timestamp"})


def _links(
    named: Iterable[tuple[str | None, str | None, str | None]],
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for artist, title, uri in named:
        if artist and title and uri and _SPOTIFY_TRACK.fullmatch(uri):
            found.setdefault(track_key(artist, title), set()).add(uri)
    return {track_id: tuple(sorted(uris)) for track_id, uris in found.items()}
