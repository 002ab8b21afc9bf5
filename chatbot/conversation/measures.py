"""Sizes, times and days in words (pure)."""

from __future__ import annotations

from datetime import datetime


def megabytes(count: int) -> str:
    """A file's size for people."""
    if count < 1e5:  # noqa: PLR2004  # below, a tenth of a megabyte says nothing
        return f"{max(1, round(count / 1e3))} kB"
    return f"{count / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """A rough time for people."""
    if seconds < 60:  # noqa: PLR2004  # a minute
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:  # noqa: PLR2004  # from one hour and a half on, minutes are too exact
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} hours"


def date(moment: datetime) -> str:
    """A day for people."""
    return f"{moment.day} {moment:%B %Y}"
