"""Numbers with the word for what they count."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """A number and its noun, which takes an 's' unless there is one.

    >>> counted(1, "session"), counted(0, "session"), counted(1200, "artist")
    ('1 session', '0 sessions', '1,200 artists')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
