"""Where a track can be opened."""

from __future__ import annotations

import re
from urllib.parse import quote

_TRACK_ID = r"[0-9A-Za-z]{22}"
_URI = re.compile(rf"spotify:track:({_TRACK_ID})\Z")
_LINK = re.compile(
    rf"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?"
    rf"track/({_TRACK_ID})(?:[/?#].*)?\Z",
    re.IGNORECASE,
)


def track_url(artist: str, title: str, uri: str | None = None) -> str:
    """The track's page on Spotify; a search for it where its identity there is unknown.

    >>> track_url("Alan Walker", "Faded", "spotify:track:7gHs73wELdeycvS48JfIos")
    'https://open.spotify.com/track/7gHs73wELdeycvS48JfIos'
    >>> track_url("Alan Walker", "Faded")
    'https://open.spotify.com/search/Faded%20Alan%20Walker'
    """
    match = _URI.match(uri or "")
    if match:
        return f"https://open.spotify.com/track/{match[1]}"
    return "https://open.spotify.com/search/" + quote(f"{title} {artist}", safe="")


def spotify_uri_in(text: str) -> str | None:
    """The `spotify:track:...` that a URI or a link to open.spotify.com names; None for other text.

    >>> spotify_uri_in("https://open.spotify.com/intl-de/track/7gHs73wELdeycvS48JfIos?si=1")
    'spotify:track:7gHs73wELdeycvS48JfIos'
    """
    match = _URI.match(text.strip()) or _LINK.match(text.strip())
    return f"spotify:track:{match[1]}" if match else None
