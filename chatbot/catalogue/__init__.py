"""Links to songs."""

from chatbot.catalogue.errors import (
    CatalogueError,
    SearchRejected,
    SpotifyBusy,
    SpotifyRefused,
    SpotifyUnavailable,
)
from chatbot.catalogue.filler import Filled, LinkCache, LinkFiller, Stop
from chatbot.catalogue.spotify import SpotifyCatalogue

__all__ = [
    "CatalogueError",
    "Filled",
    "LinkCache",
    "LinkFiller",
    "SearchRejected",
    "SpotifyBusy",
    "SpotifyCatalogue",
    "SpotifyRefused",
    "SpotifyUnavailable",
    "Stop",
]
