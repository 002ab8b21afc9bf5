"""The formats that songnet reads. The first that recognises a document reads it."""

from __future__ import annotations

from typing import Final

from songnet.exports.formats import Format
from songnet.exports.lastfm_ghan import LastfmGhan
from songnet.exports.spotify_account import SpotifyAccount
from songnet.exports.spotify_extended import SpotifyExtended
from songnet.exports.spotify_library import (
    SpotifyOther,
    SpotifyPlaylists,
    SpotifySavedTracks,
    SpotifyTechnicalLog,
)

FORMATS: Final[tuple[Format, ...]] = (
    SpotifyExtended(),
    SpotifyAccount(),
    SpotifySavedTracks(),
    SpotifyPlaylists(),
    SpotifyOther(),
    SpotifyTechnicalLog(),
    LastfmGhan(),
)


def format_of(head: bytes) -> Format | None:
    """The format of a document, by the beginning of its content in UTF-8."""
    return next((known for known in FORMATS if known.recognises(head)), None)
