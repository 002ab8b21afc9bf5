"""How names of songs are compared."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")
_NOT_WORDS = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile("['’‘`´ʼ]")
_ASIDE = re.compile(
    r"""\s*(?:
        [(\[].*
        | \s[-–—]\s.*\b(?:edit|mix|remix|mixed|version|remaster|remastered|live|acoustic|mono
          | stereo|single|bonus|from|recorded|original|extended|instrumental|demo|session|club)\b.*
        | \b(?:feat|ft|featuring)\b.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_UNDECOMPOSED = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "&": " and ",
    }
)


def plain(text: str) -> str:
    """Text as it is compared: without case, accents and punctuation.

    >>> plain("Déjà Vu (feat. JAY-Z)")
    'deja vu feat jay z'
    >>> plain("Don't") == plain("dont")
    True
    """
    letters = text.casefold()
    if not letters.isascii():
        letters = _ACCENTS.sub("", unicodedata.normalize("NFKD", letters))
        letters = unicodedata.normalize("NFC", letters)
    letters = _APOSTROPHES.sub("", letters.translate(_UNDECOMPOSED))
    # A song may be called '÷'.
    return _NOT_WORDS.sub(" ", letters).strip() or letters.strip()


def short_title(title: str) -> str:
    """A title without its asides: 'Levels - Radio Edit' and 'Levels (feat. X)' are 'Levels'."""
    return _ASIDE.sub("", title).strip() or title
