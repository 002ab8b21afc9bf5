"""What was found in a person's files, what was left out, and why: numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import msgspec


@dataclass(frozen=True)
class Problem:
    """Why a file was not read: a `SongnetError` as (kind, facts)."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FileReport:
    """One document: `rows` = `plays` + the sum of `skipped`."""

    file: str
    """The file that the person gave."""
    member: str
    """The path inside it; empty for the file itself."""
    format: str | None = None
    """The name of its `Format`; None where it was not recognised."""
    rows: int = 0
    plays: int = 0
    """Plays that no document before it had."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Rows by `songnet.exports.Skip`."""
    links: int = 0
    """Tracks for which it names a URI."""
    named: int = 0
    """Plays without an artist that got one from another document."""
    problem: Problem | None = None

    @property
    def name(self) -> str:
        return f"{self.file}/{self.member}" if self.member else self.file


@dataclass(frozen=True)
class ImportReport:
    """The whole import: `rows` = `plays` + the sum of `skipped`."""

    files: tuple[FileReport, ...]
    """Documents with plays, links or a problem, in the order of reading."""
    rows: int
    plays: int
    skipped: dict[str, int]
    tracks: int
    artists: int
    first_play: datetime | None
    last_play: datetime | None
    plays_per_year: dict[str, int]
    top_artists: tuple[tuple[str, int], ...]
    uri_share: float
    """The share of plays with a link of their own, in 0 ... 1."""
    ignored_files: int = 0
    """Documents that hold nothing for us: pictures, PDFs, foreign data."""

    @property
    def problems(self) -> tuple[FileReport, ...]:
        """The files that were not read to their end."""
        return tuple(file for file in self.files if file.problem is not None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; `from_json` gives the same report back."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """Raises `msgspec.ValidationError` for anything that `to_json` did not write."""
        return msgspec.convert(plain, cls)
