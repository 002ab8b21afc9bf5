"""What can go wrong between us and Spotify.

CatalogueError
├── SpotifyBusy             too many requests; come back later
├── SpotifyRefused          the app's id, secret or rights do not do
├── SearchRejected          Spotify does not take this one search
└── SpotifyUnavailable      no answer, or none that makes sense

Their words hold neither the search nor any header: both end in logs.
"""

from __future__ import annotations


class CatalogueError(Exception):
    """A look-up failed; that says nothing about the track."""


class SpotifyBusy(CatalogueError):
    """Spotify asks to wait."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"Spotify asks to wait {retry_after_seconds:g} seconds")
        self.retry_after_seconds = retry_after_seconds


class SpotifyRefused(CatalogueError):
    """Spotify does not let this app in, or refuses this kind of request."""

    def __init__(self, status: int) -> None:
        super().__init__(
            f"Spotify refuses (HTTP {status}): check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, "
            "and that the app's owner has Premium"
        )
        self.status = status


class SearchRejected(CatalogueError):
    """Spotify does not take this one search; the next one may do."""


class SpotifyUnavailable(CatalogueError):
    """Spotify gives no answer that can be used."""
