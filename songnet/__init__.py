"""songnet learns how one person goes from one song to the next.

A library and a command line of its own: it knows nothing of chats, databases or networks.

    from songnet import Recommender, read_history

    history, report = read_history("my_spotify_data.zip")
    recommender = Recommender.train(history)
    playlist = recommender.playlist(["Faded", "Maroon 5 - Animals"])

The names below are loaded when they are first asked for: reading an export costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from songnet.errors import SongnetError
    from songnet.exports import ImportReport, read_history
    from songnet.music import History, Playlist, PlaylistTrack, Reason, Track
    from songnet.recommender import Recommender
    from songnet.training import TrainingConfig, TrainingProgress

_HOMES = {
    "History": "songnet.music",
    "ImportReport": "songnet.exports",
    "Playlist": "songnet.music",
    "PlaylistTrack": "songnet.music",
    "Reason": "songnet.music",
    "Recommender": "songnet.recommender",
    "SongnetError": "songnet.errors",
    "Track": "songnet.music",
    "TrainingConfig": "songnet.training",
    "TrainingProgress": "songnet.training",
    "read_history": "songnet.exports",
}

__all__ = [
    "History",
    "ImportReport",
    "Playlist",
    "PlaylistTrack",
    "Reason",
    "Recommender",
    "SongnetError",
    "Track",
    "TrainingConfig",
    "TrainingProgress",
    "read_history",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
