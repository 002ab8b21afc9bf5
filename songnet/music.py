"""The nouns of songnet: Track, History, Playlist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

import msgspec
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from songnet.duplicates import Ints, drop_duplicates
from songnet.errors import BrokenHistory, HistoryError, Suggestion, UnknownHistoryVersion
from songnet.names import plain
from songnet.plays import COLUMNS, complete

__all__ = ["COLUMNS", "History", "Playlist", "PlaylistTrack", "Reason", "StandIn", "Track"]

_LINKS_KEY: Final = b"songnet.links"
_VERSION_KEY: Final = b"songnet.version"
_VERSION: Final = "1"
"""Of the Parquet file; the first ones did not say it."""


@dataclass(frozen=True)
class Track:
    """One recording."""

    track_id: str
    artist: str
    title: str
    album: str | None = None
    uri: str | None = None
    """`spotify:track:...` where the source named one."""

    def __str__(self) -> str:
        return f"{self.title} - {self.artist}"


@dataclass(frozen=True)
class Reason:
    """Why a track stands in a playlist, in numbers that its listener can check.

    `songnet.reasons` says what each kind counts.
    """

    kind: str
    count: int
    track_id: str | None = None
    """The other track that the reason speaks of ('played after it'), or whose artist it does."""
    of: int | None = None
    """`count` out of so many, where that is told."""
    last_at: datetime | None = None
    """When the newest of what is counted began, in UTC; None where it is not known."""


@dataclass(frozen=True)
class PlaylistTrack(Track):
    """A track in a playlist."""

    url: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class StandIn:
    """Songs that stand for an artist, or for a seed of theirs that the library does not hold."""

    query: str
    """What was named."""
    artist: str
    tracks: tuple[Track, ...]
    """The most played ones of the artist. They are no seeds: a playlist may hold them."""
    suggestions: tuple[Suggestion, ...] = ()
    """What resembles the name, best first, in case that one of them was meant."""

    @property
    def is_artist(self) -> bool:
        """Nothing but the artist was named."""
        return plain(self.query) == plain(self.artist)


@dataclass(frozen=True)
class Playlist:
    """An ordered list of tracks grown from seeds; the seeds are not among the tracks."""

    seeds: tuple[Track, ...]
    tracks: tuple[PlaylistTrack, ...]
    stand_ins: tuple[StandIn, ...] = ()
    """For the songs that were named and are not in the library, where their artist is."""

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[PlaylistTrack]:
        return iter(self.tracks)


class History:
    """One person's plays in time order.

    `frame` has the columns `COLUMNS` and a plain RangeIndex. A History is never changed: what
    changes plays returns another one.

    `links` holds the URIs of saved tracks and own playlists, by track_id. They name no play, but
    give a URI to plays whose source has none, also to plays that come later.
    """

    def __init__(
        self, frame: pd.DataFrame, links: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.frame = frame
        self.links: dict[str, tuple[str, ...]] = dict(links or {})

    def __len__(self) -> int:
        return len(self.frame)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return self.links == other.links and self.frame.equals(other.frame)

    __hash__ = None  # type: ignore[assignment]  # it wraps a mutable table

    def __repr__(self) -> str:
        return f"History({len(self):,} plays)"

    @classmethod
    def empty(cls) -> Self:
        """No plays: what a person has before the first import."""
        return cls(pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()}))

    @classmethod
    def from_plays(cls, plays: pd.DataFrame) -> Self:
        """Checks a table of plays and completes it; every row stays, in order of `started_at`.

        Only `started_at`, `artist` and `title` are needed; a missing `track_id` is made from artist
        and title. Times without a zone are read as UTC. Repeated records are dropped by `merge`,
        not here.

        Raises:
            HistoryError: a column lacks, or holds what it must not.
        """
        return cls(complete(plays))

    @classmethod
    def from_records(
        cls,
        records: pd.DataFrame,
        links: Mapping[str, tuple[str, ...]],
        numbers: Ints | None = None,
    ) -> Self:
        """The plays that came in these records, each once.

        Args:
            records: a table with `COLUMNS`, in any order; no URI in it is borrowed.
            links: the URIs of saved tracks by track_id.
            numbers: the play of each record, if `songnet.duplicates.play_numbers` was asked before.
        """
        known = _united_links([links])
        return cls(_with_links(drop_duplicates(records, numbers), known), known)

    def merge(
        self, *others: History, links: Mapping[str, tuple[str, ...]] | None = None
    ) -> History:
        """All plays of these histories, each once.

        Records of the same track are one play when they start within 10 s of each other, or within
        60 s where a source knows only the minute; see `songnet.duplicates`. Neither the order nor
        the grouping of the histories matters, and merging one again changes nothing.

        Args:
            others: any number of histories of the same person.
            links: more URIs by track_id.
        """
        histories = [self, *others]
        known = _united_links([*(history.links for history in histories), links or {}])
        filled = [history.frame for history in histories if len(history)]
        if not filled:
            return History(self.frame, known)
        plays = pd.concat(filled, ignore_index=True)
        plays["uri"] = plays["uri"].mask(plays["uri_borrowed"])
        plays["uri_borrowed"] = pd.array([False] * len(plays), dtype="boolean")
        return History.from_records(plays, known)

    def write_parquet(self, target: str | Path | BinaryIO) -> None:
        """Writes the history as Parquet, compressed with zstd."""
        table = pa.Table.from_pandas(self.frame, preserve_index=False)
        metadata = {
            _LINKS_KEY: msgspec.json.encode(self.links),
            _VERSION_KEY: _VERSION.encode(),
        }
        parquet.write_table(table.replace_schema_metadata(metadata), target, compression="zstd")

    @classmethod
    def read_parquet(cls, source: str | Path | BinaryIO) -> Self:
        """Reads what `write_parquet` wrote, and checks it.

        Raises:
            BrokenHistory: the file is damaged, or holds something else.
            UnknownHistoryVersion: a newer songnet wrote it.
        """
        try:
            table = parquet.read_table(source)
            metadata = table.schema.metadata or {}
            version = metadata.get(_VERSION_KEY, _VERSION.encode()).decode()
            if version != _VERSION:
                raise UnknownHistoryVersion(version, (_VERSION,))
            links = msgspec.json.decode(
                metadata.get(_LINKS_KEY, b"{}"), type=dict[str, tuple[str, ...]]
            )
            frame = table.to_pandas()
        except (pa.ArrowException, msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise BrokenHistory(f"a damaged one ({error})") from error
        missing = [column for column in COLUMNS if column not in frame.columns]
        if missing:
            raise BrokenHistory(f"one without {', '.join(missing)}")
        try:
            return cls(complete(frame), links)
        except HistoryError as error:
            raise BrokenHistory(
                f"one in which {error.expected} should be: {error.found}"
            ) from error

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """When the first and the last play started; None without plays."""
        if not len(self):
            return None
        times = self.frame["started_at"]
        return times.iloc[0].to_pydatetime(), times.iloc[-1].to_pydatetime()

    @property
    def track_count(self) -> int:
        return int(self.frame["track_id"].nunique())

    @property
    def artist_count(self) -> int:
        return int(self.frame["artist"].nunique())

    @property
    def uri_share(self) -> float:
        """The share of plays with a URI, in 0 ... 1."""
        return float(self.frame["uri"].notna().mean()) if len(self) else 0.0

    def top_artists(self, count: int = 5) -> list[tuple[str, int]]:
        """The most played artists with their plays, most played first, then by name."""
        plays = self.frame["artist"].value_counts().rename_axis("artist").reset_index(name="plays")
        best = plays.sort_values(["plays", "artist"], ascending=[False, True]).head(count)
        return [(str(artist), int(plays)) for artist, plays in best.itertuples(index=False)]

    def tracks(self) -> pd.DataFrame:
        """The library, most played first.

        Columns `track_id`, `artist`, `title`, `album`, `uri`, `plays`; of several wordings and URIs
        of a track the most frequent one.
        """
        plays = self.frame["track_id"].value_counts().rename("plays").rename_axis("track_id")
        library = plays.reset_index().astype({"plays": "int64", "track_id": "string"})
        for columns in (["artist", "title"], ["album"], ["uri"]):
            library = library.merge(_most_frequent(self.frame, columns), on="track_id", how="left")
        names = ["track_id", "artist", "title", "album", "uri"]
        library = library.astype(dict.fromkeys(names, "string"))
        order = library.sort_values(["plays", "track_id"], ascending=[False, True])
        return order[[*names, "plays"]].reset_index(drop=True)


def _most_frequent(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """For each track_id the most frequent known values of `columns`, then the first by name."""
    known = frame[["track_id", *columns]].dropna()
    counts = known.value_counts().rename("count").reset_index()
    order = counts.sort_values(
        ["track_id", "count", *columns], ascending=[True, False, *(True for _ in columns)]
    )
    return order.drop_duplicates("track_id").drop(columns="count")


def _united_links(parts: list[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    united: dict[str, set[str]] = {}
    for part in parts:
        for track_id, uris in part.items():
            united.setdefault(track_id, set()).update(uris)
    return {track_id: tuple(sorted(united[track_id])) for track_id in sorted(united)}


def _with_links(plays: pd.DataFrame, links: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Gives plays without a URI the first one known for their track."""
    if not links:
        return plays
    first = {track_id: uris[0] for track_id, uris in links.items()}
    known = plays["track_id"].map(first).astype("string")
    borrowed = plays["uri"].isna() & known.notna()
    return plays.assign(uri=plays["uri"].fillna(known), uri_borrowed=borrowed.astype("boolean"))
