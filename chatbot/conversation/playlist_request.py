"""Reading what people write after /playlist: songs, and choices as `name=value` (pure)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from chatbot.conversation.commands import parse_seeds
from chatbot.conversation.options import english, in_one_form
from chatbot.conversation.personal_replies import ADVENTURE_NAMES
from chatbot.services.playlist_wish import NO_CAP, PlaylistWish

ADVENTURE_WORDS = {word: number for number, word in ADVENTURE_NAMES.items()}
LENGTH = "length"
ADVENTURE = "adventure"
ARTISTS = "artists"
PRIVATE = "private"
NAMES = (LENGTH, ADVENTURE, ARTISTS, PRIVATE)

_ALIKE = 0.75
"""A name that resembles an option's so much is taken for a slip of the finger."""
_WORD = re.compile(r"(?<![^\s;；؛])(?P<name>[^\W\d_]+)=(?P<value>[^\s;；؛]*)")
_YES = {"yes", "true", "on", "1"}
_NO = {"no", "false", "off", "0"}


class BadOption(Exception):
    """A choice that cannot be read.

    `name` is as it was written, `value` too; `meant` is the option that was meant.
    """

    def __init__(self, name: str, value: str, meant: str) -> None:
        super().__init__(name)
        self.name = name
        self.value = value
        self.meant = meant


@dataclass(frozen=True)
class _Choices:
    length: int | None = None
    adventure: float | None = None
    most_per_artist: int | None = None
    private: bool = False


def parse_request(argument: str) -> PlaylistWish:
    """The songs, separated by ';', and the choices, wherever they stand.

    Choices are read in the spoken language and in English.

    >>> parse_request("Faded; Animals length=30 adventure=familiar").seeds
    ('Faded', 'Animals')
    >>> parse_request("E=MC2; Faded").seeds
    ('E=MC2', 'Faded')

    Raises:
        BadOption: a choice cannot be read, or its name is misspelt.
    """
    choices: dict[str, int | float | bool] = {}

    def take(match: re.Match[str]) -> str:
        written, value = match["name"], match["value"]
        name = _meant(written)
        if name is None:
            return match.group()  # a song may be called so
        if name != written.casefold():
            raise BadOption(written, value, name)
        field, read = _READERS[name]
        found = read(value.casefold())
        if found is None:
            raise BadOption(written, value, name)
        choices[field] = found
        return " "

    songs = _WORD.sub(take, in_one_form(argument, _IS_VALUE))
    return PlaylistWish(seeds=tuple(parse_seeds(songs)), **choices)  # type: ignore[arg-type]  # each reader gives its field's type


def _meant(written: str) -> str | None:
    name = written.casefold()
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=_ALIKE)
    return next(iter(near), None)


def _whole(value: str) -> int | None:
    if not value.isascii() or not value.isdigit():
        return None
    try:
        return int(value)
    except ValueError:  # Python reads a few thousand digits
        return None


def _adventure(value: str) -> float | None:
    word = english(value, ADVENTURE_WORDS)
    if word in ADVENTURE_WORDS:
        return ADVENTURE_WORDS[word]
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _cap(value: str) -> int | None:
    return NO_CAP if english(value, ["any"]) == "any" else _whole(value)


def _switch(value: str) -> bool | None:
    word = english(value, ["yes", "no"])
    return True if word in _YES else False if word in _NO else None


_READERS: dict[str, tuple[str, Callable[[str], int | float | bool | None]]] = {
    LENGTH: ("length", _whole),
    ADVENTURE: ("adventure", _adventure),
    ARTISTS: ("most_per_artist", _cap),
    PRIVATE: ("private", _switch),
}
"""By option: the field of `PlaylistWish`, and what reads its value, None where it cannot."""


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda value: read(value.casefold()) is not None


_IS_VALUE = {name: _reads(read) for name, (_field, read) in _READERS.items()}
