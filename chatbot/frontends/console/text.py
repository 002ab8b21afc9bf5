"""Text that is safe to show in a terminal (pure)."""

from __future__ import annotations

import unicodedata

_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_LINE_ENDS = str.maketrans("\r\v\f\x85\u2028\u2029\t", "\n\n\n\n\n\n ")


def clean_text(text: str) -> str:
    r"""Drops what a terminal could take for an order; line ends stay, as `\n`.

    Titles come out of files that anybody can write. Dropped are the control characters (with them
    every escape sequence), the marks that turn the writing direction, and lone surrogates, which no
    terminal can be sent. What joins letters and emoji stays.

    >>> clean_text("Fa\x1b[31mded\r\nby\x9b2J Alan")
    'Fa[31mded\nby2J Alan'
    """
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    return "".join(character for character in lines if _is_safe(character))


def clean_line(text: str) -> str:
    r"""`clean_text` on one line.

    >>> clean_line("one\ntwo ")
    'one two'
    """
    return " ".join(clean_text(text).split())


def _is_safe(character: str) -> bool:
    if character == "\n":
        return True
    if character in _BIDI_CONTROLS:
        return False
    return unicodedata.category(character) not in ("Cc", "Cs")
