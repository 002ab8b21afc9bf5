"""Which recordings are the same: one stable key for an artist and a title.

Services decorate titles ('- Remastered 2011', '(feat. X)', '(Deluxe)') and give one recording many
ids. Decoration is dropped here; versions (live, acoustic, remix, instrumental ...) are other
recordings and stay apart. What is not known to be decoration counts as a version: two tracks that
should be one cost less than one track that should be two.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final

_YEAR: Final = r"(?:19|20)\d\d"
_REMASTER: Final = (
    rf"(?:{_YEAR}\s+)?(?:digital(?:ly)?\s+)?(?:remaster(?:ed)?|remasterizado|remasterisé)"
    rf"(?:\s+version)?(?:\s+(?:in\s+)?{_YEAR})?"
)
_FEATURING: Final = r"(?:feat|ft|featuring)\b\.?\s"
_DECORATION: Final = re.compile(
    rf"""
    {_REMASTER}
    | {_FEATURING}.+
    | with\s(?!.*\b(?:orchestra|choir|strings|piano|band|remix|live)\b).+
    | (?:(?:super|digital)\s+)?deluxe(?:\s+(?:edition|version))?
    | (?:(?:\d+(?:st|nd|rd|th)\s+)?anniversary|expanded|special|collector'?s)\s+edition
    | bonus(?:\s+track)?
    | explicit(?:\s+version)? | album\s+version | original(?:\s+(?:mix|version))?
    | official(?:\s+(?:music|lyrics?))?(?:\s+(?:video|audio)) | lyrics?\s+video | audio
    | from\s+["“”'‘].+  # 'From "A Film"'
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BRACKETS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_DASH: Final = re.compile(r"\s[-–—]\s+")
_BARE_FEATURING: Final = re.compile(rf"\s[(\[]?{_FEATURING}.*$", re.IGNORECASE)
_REMASTER_INSIDE: Final = re.compile(rf"\s*[;,/]?\s*\b{_REMASTER}\b", re.IGNORECASE)
_VERSION_WORD: Final = re.compile(r"(?<=\w)\s+version$", re.IGNORECASE)
_LATIN_ACCENT: Final = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_APOSTROPHES: Final = str.maketrans("", "", "'’‘`´ʼ")


class _Spaced(dict[int, str]):
    """What each character becomes: itself or a space; looked up once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = character if unicodedata.category(character)[0] in "LMNS" else " "
        return self[code]


_SPACED: Final = _Spaced()
_ASCII_SPACED: Final = "".join(_SPACED[code] for code in range(128)).encode().ljust(256)
_ASCII_APOSTROPHES: Final = b"'`"

LONGEST_TEXT: Final = 1_000
"""Characters of an artist or a title that take part in the key; the longest known are below 500."""


def track_key(artist: str, title: str) -> str:
    """A stable key for the recording: 24 hexadecimal digits.

    >>> track_key("Alan Walker", "Faded") == track_key("ALAN WALKER", "Faded - Remastered 2011")
    True
    >>> track_key("Alan Walker", "Faded") == track_key("Alan Walker", "Faded (Restrung)")
    False
    """
    return key_of_parts(artist_part(artist), title_part(title))


def key_of_parts(artist: str, title: str) -> str:
    """The `track_key` of what `artist_part` and `title_part` made."""
    text = f"{artist}\x1f{title}"
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def artist_part(artist: str) -> str:
    """What of an artist's name takes part in the key."""
    artist = artist[:LONGEST_TEXT]
    return _letters(_BARE_FEATURING.sub("", artist)) or _letters(artist) or _verbatim(artist)


def title_part(title: str) -> str:
    """What of a title takes part in the key."""
    title = title[:LONGEST_TEXT]
    return _letters(_without_decoration(title)) or _letters(title) or _verbatim(title)


def _without_decoration(title: str) -> str:
    """The title without what services add to it; versions stay, as plain words at the end."""
    plain = title
    if "(" in title or "[" in title:
        plain = _BRACKETS.sub(lambda found: _kept_part(found[1] or found[2] or ""), title)
    first, *parts = _DASH.split(plain)
    first = _BARE_FEATURING.sub("", first)
    return " ".join([first, *(_kept_part(part) for part in parts)])


def _kept_part(part: str) -> str:
    """What remains of a bracket or a suffix: nothing where it is decoration."""
    part = part.strip()
    if _DECORATION.fullmatch(part):
        return ""
    part = _REMASTER_INSIDE.sub("", part)
    return " " + _VERSION_WORD.sub("", part) + " "


def _letters(text: str) -> str:
    """Letters, marks, digits and symbols of any script in one case, words parted by one space."""
    if text.isascii():
        # The same as below, several times as fast: most names are like this.
        plain = text.lower().replace("&", " and ").encode()
        return b" ".join(plain.translate(_ASCII_SPACED, _ASCII_APOSTROPHES).split()).decode()
    text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    text = unicodedata.normalize("NFKC", _LATIN_ACCENT.sub("", text)).replace("&", " and ")
    return " ".join(text.translate(_SPACED).split())


def _verbatim(text: str) -> str:
    """For names made of punctuation alone: '!!!' and '???' are different artists."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
