"""Where a track can be opened."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import quote

_TRACK_ID = r"[0-9A-Za-z]{22}"
_URI = re.compile(rf"spotify:track:({_TRACK_ID})\Z")
_LINK = re.compile(
    rf"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?"
    rf"track/({_TRACK_ID})(?:[/?#]\S*)?\Z",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:spotify:(?:user:[^:]+:)?"
    r"|(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?(?:user/[^/]+/)?)"
    r"(?P<kind>album|playlist|artist)[:/]",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?:https?://)?spotify(?:\.app)?\.link/", re.IGNORECASE)
_YOUTUBE = re.compile(
    r"(?:https?://)?(?:(?:www\.|m\.|music\.)?youtube\.com|youtu\.be)/", re.IGNORECASE
)
_ANY = re.compile(r"https?://", re.IGNORECASE)


class LinkKind(StrEnum):
    """What a link leads to."""

    TRACK = "track"
    ALBUM = "album"
    PLAYLIST = "playlist"
    ARTIST = "artist"
    SHORT = "short"
    """It leads on to one that says what it is, which is not known without asking Spotify."""
    YOUTUBE = "youtube"
    OTHER = "other"


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
    link = _bare(text)
    match = _URI.match(link) or _LINK.match(link)
    return f"spotify:track:{match[1]}" if match else None


def link_kind(text: str) -> LinkKind | None:
    """What the link or Spotify URI is that a text consists of; None for other text.

    >>> link_kind("<https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy?si=x>")
    <LinkKind.ALBUM: 'album'>
    """
    link = _bare(text)
    if any(map(str.isspace, link)):
        return None
    if spotify_uri_in(link) is not None:
        return LinkKind.TRACK
    page = _PAGE.match(link)
    if page:
        return LinkKind(page["kind"].casefold())
    kinds = {_SHORT: LinkKind.SHORT, _YOUTUBE: LinkKind.YOUTUBE, _ANY: LinkKind.OTHER}
    return next((kind for form, kind in kinds.items() if form.match(link)), None)


def _bare(text: str) -> str:
    """Without the '<...>' by which Discord is told to show no preview."""
    link = text.strip()
    return link[1:-1].strip() if link.startswith("<") and link.endswith(">") else link
