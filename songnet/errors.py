"""Everything that songnet refuses, with the data that a caller needs to say why.

SongnetError
├── ExportError                 a file that a person gave us cannot be read
│   ├── NotAnExport             nothing in it looks like a listening history
│   ├── WrongPackage            a real export, but not the one with the listening history
│   ├── NoMusic                 a listening history without any music (podcasts only, or empty)
│   ├── BrokenArchive           damaged or truncated
│   ├── EncryptedArchive        needs a password
│   └── LimitExceeded           over a named limit (bytes, entries, rows, nesting ...)
├── HistoryError                a table of plays that does not keep the contract of `History`
├── StoredHistoryError          a file that holds a history cannot be used
│   ├── BrokenHistory           damaged, truncated, or something else
│   └── UnknownHistoryVersion   written by another version of songnet
├── TooFewPlays                 too little to learn from
├── SeedError
│   ├── NoSeeds                 no seed was named
│   └── UnknownSeeds            none of the named songs is in the library
├── ModelError                  a model file cannot be used
│   ├── BrokenModel             damaged or truncated
│   │   └── NotAModel           something else than a model
│   ├── UnknownModelVersion     written by another version of songnet
│   └── OtherEvidence           its weights were learned from evidence that is gathered no more
└── TrainingFailed              the training did not give a usable model

Each carries its facts as attributes and nothing else, so that any caller can word it for its own
readers; `str()` gives an English sentence for the command line and the logs of a developer.
All of them survive pickling, because they travel from worker processes to their parents.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from songnet.wording import counted


@dataclass(frozen=True)
class Suggestion:
    """A track of the library that resembles what was asked for."""

    track_id: str
    artist: str
    title: str
    score: float
    """Resemblance in 0 ... 100."""


@dataclass(eq=False)
class SongnetError(Exception):
    """Anything that songnet refuses."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def kind(self) -> str:
        """A stable name for tables of sentences, metrics and JSON."""
        return type(self).__name__

    def facts(self) -> dict[str, Any]:
        """The carried data, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (type(self).__doc__ or self.kind).splitlines()[0]


@dataclass(eq=False)
class ExportError(SongnetError):
    """A file that a person gave us cannot be read."""

    file: str
    """The file's name as the person knows it."""

    __str__ = SongnetError.__str__


@dataclass(eq=False)
class NotAnExport(ExportError):
    """Nothing in the file looks like a listening history."""

    found: str = ""
    """What it seems to be, in a few words ('a PDF', 'text')."""

    def __str__(self) -> str:
        seems = f" It seems to be {self.found}." if self.found else ""
        return (
            f"'{self.file}' holds no listening history that songnet can read.{seems} "
            "Expected: the file that Spotify, Apple Music, YouTube Music, Deezer, Last.fm, "
            "ListenBrainz or Maloja gives you, as it is."
        )


@dataclass(eq=False)
class WrongPackage(ExportError):
    """A real export, but not the one with the listening history."""

    package: str = ""
    """What it is instead ("Spotify's 'Account data'")."""
    service: str = "spotify"
    """Whose package it is, a `songnet.exports.Service`."""

    def __str__(self) -> str:
        return (
            f"'{self.file}' holds {self.package or 'another package'}, and no streaming history. "
            f"{_ASK_FOR.get(self.service, _ASK_FOR['spotify'])}"
        )


_ASK_FOR = {
    "spotify": "Ask Spotify for 'Extended streaming history'.",
    "apple": (
        "Ask Apple for 'Apple Media Services information' on privacy.apple.com, and give the zip "
        "file as it is: 'Apple Music Play Activity.csv' in it is needed."
    ),
    "youtube": (
        "Ask takeout.google.com for 'YouTube and YouTube Music' with 'history' ticked, and under "
        "'Multiple formats' choose JSON for it instead of HTML."
    ),
    "deezer": "Ask Deezer for 'My personal data' and give the xlsx file as it is.",
    "lastfm": "Expected: your scrobbles, as lastfm.ghan.nl, lastfmstats.com or the API give them.",
    "listenbrainz": "Ask ListenBrainz for 'Export listens' and give the zip file as it is.",
    "maloja": "Expected: the JSON file that Maloja's export writes.",
}
"""What to ask each service for, by `songnet.exports.Service`."""


@dataclass(eq=False)
class NoMusic(ExportError):
    """A listening history without any music in it."""

    rows: int = 0
    skipped: dict[str, int] | None = None
    """Rows by the reason for which they were skipped."""

    def __str__(self) -> str:
        if nameless := (self.skipped or {}).get("no_artist"):
            return (
                f"'{self.file}' holds {nameless:,} plays that name no artist, as Apple writes "
                "them. Give the whole package at once: its other files name the artists."
            )
        return (
            f"'{self.file}' holds {self.rows:,} rows, and none of them is a song. "
            "Expected: the files of your music, such as Spotify's Streaming_History_Audio_*.json."
        )


@dataclass(eq=False)
class BrokenArchive(ExportError):
    """The file is damaged or truncated."""

    reason: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"'{self.file}' is damaged or incomplete{reason}. Download it once more."


@dataclass(eq=False)
class EncryptedArchive(ExportError):
    """The file needs a password."""

    def __str__(self) -> str:
        return f"'{self.file}' is protected by a password. Unpack it and give the files in it."


@dataclass(eq=False)
class LimitExceeded(ExportError):
    """The file is over a limit."""

    limit: str = ""
    """The name of the limit, a field of `songnet.exports.ExportLimits` or of the bot's settings."""
    allowed: int = 0
    found: int | None = None

    def __str__(self) -> str:
        found = f"{self.found:,}" if self.found is not None else "more"
        return f"'{self.file}' is over the limit {self.limit}: {found}, allowed {self.allowed:,}."


@dataclass(eq=False)
class HistoryError(SongnetError):
    """A table of plays that does not keep the contract of `History`."""

    expected: str
    found: str

    def __str__(self) -> str:
        return f"A history needs {self.expected}; found {self.found}."


@dataclass(eq=False)
class StoredHistoryError(SongnetError):
    """A file that holds a history cannot be used."""


@dataclass(eq=False)
class BrokenHistory(StoredHistoryError):
    """The file is damaged, truncated, or holds no history."""

    reason: str

    def __str__(self) -> str:
        return f"Expected a Parquet file of plays as songnet writes it; found {self.reason}."


@dataclass(eq=False)
class UnknownHistoryVersion(StoredHistoryError):
    """The file was written by another version of songnet."""

    version: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"The file of plays has version {self.version}; this songnet reads "
            f"{', '.join(self.known)}. Install the newer songnet again."
        )


@dataclass(eq=False)
class TooFewPlays(SongnetError):
    """Too little to learn from."""

    plays: int
    tracks: int
    sessions: int
    least_plays: int
    least_tracks: int
    least_sessions: int

    def __str__(self) -> str:
        return (
            f"Too little to learn from: {counted(self.plays, 'play')} of "
            f"{counted(self.tracks, 'song')} in {counted(self.sessions, 'session')}; needed are "
            f"at least {counted(self.least_plays, 'play')} of {counted(self.least_tracks, 'song')} "
            f"in {counted(self.least_sessions, 'session')}."
        )


@dataclass(eq=False)
class SeedError(SongnetError):
    """The named songs cannot seed a playlist."""

    __str__ = SongnetError.__str__


@dataclass(eq=False)
class NoSeeds(SeedError):
    """No song was named. Expected: one to several songs, separated by ';'."""

    __str__ = SongnetError.__str__


@dataclass(eq=False)
class UnknownSeeds(SeedError):
    """None of the named songs is in the library."""

    queries: tuple[str, ...]
    suggestions: tuple[tuple[Suggestion, ...], ...] = ()
    """Up to five near misses for each query, best first."""

    def __str__(self) -> str:
        parts = []
        for position, query in enumerate(self.queries):
            near = self.suggestions[position] if position < len(self.suggestions) else ()
            hint = "; ".join(f"{track.title} - {track.artist}" for track in near)
            parts.append(f"'{query}'" + (f" (near: {hint})" if hint else ""))
        return "Not in your library: " + ", ".join(parts) + "."


@dataclass(eq=False)
class ModelError(SongnetError):
    """A model file cannot be used."""

    file: str

    __str__ = SongnetError.__str__


@dataclass(eq=False)
class BrokenModel(ModelError):
    """The model file is damaged or truncated."""

    reason: str = ""

    def __str__(self) -> str:
        return f"The model file '{self.file}' is damaged ({self.reason}). Train it again."


@dataclass(eq=False)
class NotAModel(BrokenModel):
    """The file is no model of songnet: nothing in it looks like the beginning of one."""

    def __str__(self) -> str:
        return (
            f"'{self.file}' is no model of songnet. Expected: a file that 'songnet train' wrote. "
            "From an export, make one first: songnet train EXPORT -o me.songnet"
        )


@dataclass(eq=False)
class UnknownModelVersion(ModelError):
    """The model file was written by another version of songnet."""

    version: int = 0
    known: tuple[int, ...] = ()

    def __str__(self) -> str:
        known = ", ".join(map(str, self.known))
        return (
            f"The model file '{self.file}' has version {self.version}; this songnet reads {known}. "
            "Train it again."
        )


@dataclass(eq=False)
class OtherEvidence(ModelError):
    """The weights in the file were learned from evidence that this songnet does not gather."""

    version: int = 0
    known: int = 0

    def __str__(self) -> str:
        return (
            f"'{self.file}' was learned from evidence of version {self.version}, and this songnet "
            f"gathers version {self.known}. Make it again: a model with 'songnet train', a start "
            "with 'songnet pretrain'."
        )


@dataclass(eq=False)
class TrainingFailed(SongnetError):
    """The training did not give a usable model."""

    reason: str

    def __str__(self) -> str:
        return f"The training did not give a usable model: {self.reason}."
