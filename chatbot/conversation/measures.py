"""Sizes, counts, times and days in words (pure)."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation.language import _, day, decimal, ngettext


def megabytes(count: int) -> str:
    """A file's size for people."""
    if count < 1e5:  # noqa: PLR2004  # below, a tenth of a megabyte says nothing
        return _("{size} kB", size=max(1, round(count / 1e3)))
    return _("{size} MB", size=decimal(count / 1e6))


def limit(count: int) -> str:
    """The most that a file may have, for people: never more than it is."""
    return _("{size} MB", size=int(count / 1e6)) if count >= 1e6 else megabytes(count)  # noqa: PLR2004


def duration(seconds: float) -> str:
    """A rough time for people."""
    if seconds < 60:  # noqa: PLR2004  # a minute
        return _("about {seconds} s", seconds=max(1, round(seconds)))
    if seconds < 5400:  # noqa: PLR2004  # from one hour and a half on, minutes are too exact
        return _("about {minutes} min", minutes=round(seconds / 60))
    return ngettext("about {count} hour", "about {count} hours", round(seconds / 3600))


def plays(count: int) -> str:
    """How many plays."""
    return ngettext("{count} play", "{count} plays", count)


def songs(count: int) -> str:
    """How many songs."""
    return ngettext("{count} song", "{count} songs", count)


def sessions(count: int) -> str:
    """How many sessions."""
    return ngettext("{count} session", "{count} sessions", count)


def playing_time(seconds: float) -> str:
    """How long songs play, to the minute."""
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    if hours:
        return _("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return _("{minutes} min", minutes=minutes)


def date(moment: datetime) -> str:
    """A day for people."""
    return day(moment)
