"""The formats that songnet reads. The first that recognises a document reads it."""

from __future__ import annotations

from typing import Final

from songnet.exports.apple_music import AppleMusic
from songnet.exports.apple_songs import AppleLibrary, AppleOther, ApplePlayedTracks
from songnet.exports.deezer import Deezer, DeezerOther
from songnet.exports.formats import Format
from songnet.exports.lastfm_api import LastfmApi
from songnet.exports.lastfm_benjamin import LastfmBenjamin
from songnet.exports.lastfm_ghan import LastfmGhan
from songnet.exports.lastfm_stats import LastfmStats
from songnet.exports.listenbrainz import ListenBrainz
from songnet.exports.maloja import Maloja
from songnet.exports.spotify_account import SpotifyAccount
from songnet.exports.spotify_extended import SpotifyExtended
from songnet.exports.spotify_library import (
    SpotifyOther,
    SpotifyPlaylists,
    SpotifySavedTracks,
    SpotifyTechnicalLog,
)
from songnet.exports.youtube_music import YouTubeMusic, YouTubeOther, YouTubePage

FORMATS: Final[tuple[Format, ...]] = (
    SpotifyExtended(),
    SpotifyAccount(),
    SpotifySavedTracks(),
    SpotifyPlaylists(),
    SpotifyOther(),
    SpotifyTechnicalLog(),
    LastfmGhan(),
    LastfmStats(),
    LastfmApi(),
    ListenBrainz(),
    Maloja(),
    AppleMusic(),
    ApplePlayedTracks(),
    AppleLibrary(),
    AppleOther(),
    Deezer(),
    DeezerOther(),
    YouTubeMusic(),
    YouTubePage(),
    YouTubeOther(),
    LastfmBenjamin(),
)


def format_of(head: bytes) -> Format | None:
    """The format of a document, by the beginning of its content in UTF-8."""
    return next((known for known in FORMATS if known.recognises(head)), None)
