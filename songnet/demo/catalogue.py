"""The songs that the invented listener knows: real titles, artists and albums."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Song:
    """A line of `catalogue.csv`."""

    mood: str
    """`edm`, `pop`, `bollywood`, `sad`, `rock` or `calm`."""
    title: str
    artist: str
    album: str


def catalogue() -> list[Song]:
    """All songs, those of one mood together, those that go well together side by side."""
    text = resources.files("songnet.demo").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return [Song(**row) for row in csv.DictReader(text.splitlines())]
