"""Text under Telegram's limits: cleaning, measuring, cutting (pure).

Telegram counts a message's length in UTF-16 code units, after the markup has been parsed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MESSAGE_UNITS = 4096
CAPTION_UNITS = 1024
MESSAGE_ENTITIES = 100
"""Telegram ignores the markup beyond so many entities."""
MESSAGE_BYTES = 32_000
"""The Bot API server refuses longer markup (32,768), the addresses of links included."""

TYPED_IN_A_LINE = 20
"""So much in one line is there to be copied; more would fill a message with entities."""

ADDRESS_CHARACTERS = 8000
"""A link's address that is longer is left out, rather than the message refused."""

PERSON_UNITS = 64
_BY_NUMBER = re.compile(r"<@(?P<id>\d{1,20})>")
_SOMEBODY = "👤"
_ELLIPSIS = "…"
_ORDER_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Embeddings, overrides and isolates, which would reorder the text that follows a title."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def clean(text: str) -> str:
    """Without what Telegram refuses or what would break the layout: controls, lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8").translate(_ORDER_CONTROLS)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) != "Cc"
    )


def one_line(text: str) -> str:
    """Cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def isolated(text: str) -> str:
    """Keeps right-to-left text from reordering the number and the words around it."""
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"\u2068{text}\u2069"
    return text


def units(text: str) -> int:
    """The length as Telegram counts it: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def clip(text: str, most_units: int) -> str:
    """At most so many units, with '…' where something was cut."""
    if units(text) <= most_units:
        return text
    return text[: _end_within(text, most_units - 1)].rstrip() + _ELLIPSIS


def cut(text: str, most_units: int) -> Iterator[str]:
    """Pieces of one long line, cut at spaces where there are any."""
    while units(text) > most_units:
        end = _end_within(text, most_units)
        space = text.rfind(" ", end // 2, end)
        end = space + 1 if space > 0 else end
        yield text[:end].rstrip()
        text = text[end:]
    yield text


def _end_within(text: str, most_units: int) -> int:
    """The longest beginning of at most so many units, as an index."""
    used = 0
    for position, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > most_units:
            return position
    return len(text)


@dataclass(frozen=True)
class Line:
    """One line of a message: its markup, and what it takes of the limits."""

    markup: str = ""
    units: int = 0
    entities: int = 0

    @property
    def bytes(self) -> int:
        return len(self.markup.encode())


def plain_lines(
    text: str, most_units: int = MESSAGE_UNITS, typed: Iterable[str] = ()
) -> list[Line]:
    """The lines of a text; one that is too long becomes several.

    What is to be typed is there to be copied by a tap; what a cut falls into stays plain.
    """
    longest_first = sorted(filter(None, map(clean, typed)), key=len, reverse=True)
    pieces = (piece for line in clean(text).split("\n") for piece in cut(line, most_units))
    if not longest_first:
        return [Line(html.escape(piece, quote=False), units(piece)) for piece in pieces]
    words = re.compile(f"({'|'.join(map(re.escape, longest_first))})(?!\\w)")
    return [_copied_line(piece, words) for piece in pieces]


def _copied_line(text: str, words: re.Pattern[str]) -> Line:
    """A line in which the `words` (the pattern's one group) are there to be copied."""
    parts = words.split(text, maxsplit=TYPED_IN_A_LINE)
    escaped = [html.escape(part, quote=False) for part in parts]
    # Between what is plain, `split` gives what it found.
    escaped[1::2] = [f"<code>{part}</code>" for part in escaped[1::2]]
    return Line("".join(escaped), units(text), len(parts) // 2)


def tagged_line(tag: str, text: str, most_units: int) -> Line:
    """A whole line in bold (`b`) or italics (`i`)."""
    text = clip(one_line(text), most_units)
    return Line(f"<{tag}>{html.escape(text, quote=False)}</{tag}>", units(text), 1)


def link_line(before: str, text: str, url: str, after: str = "") -> Line:
    """A line of plain text around a link; without an address the link's text alone."""
    label = html.escape(text, quote=False)
    length = units(before) + units(text) + units(after)
    before, after = (html.escape(words, quote=False) for words in (before, after))
    if not url or len(url) > ADDRESS_CHARACTERS:
        return Line(f"{before}{label}{after}", length)
    address = html.escape(clean(url), quote=True)
    return Line(f'{before}<a href="{address}">{label}</a>{after}', length, 1)


def people_line(people: Iterable[str]) -> Line:
    """Mentions of people: `@name` as it is, `<@id>` as a link to somebody without a user name."""
    line = Line()
    for person in people:
        known = _BY_NUMBER.fullmatch(person)
        words = _SOMEBODY if known else clip(one_line(person), PERSON_UNITS)
        shown = html.escape(words, quote=False)
        if known:
            shown = f'<a href="tg://user?id={known["id"]}">{shown}</a>'
        space = " " if line.markup else ""
        line = Line(
            f"{line.markup}{space}{shown}",
            line.units + units(space + words),
            line.entities + bool(known),
        )
    return line


def pack(
    lines: Iterable[Line], *, above: Sequence[Line] = (), below: Sequence[Line] = ()
) -> list[str]:
    """Joins lines into as few messages as the limits allow; never cuts a line.

    What stands `above` and `below` is in every one of them.
    """
    pieces: list[list[Line]] = [[]]
    for line in lines:
        if pieces[-1] and not fits([*above, *pieces[-1], line, *below]):
            pieces.append([])
        if pieces[-1] or line.markup:
            pieces[-1].append(line)
    joined = [join([*above, *piece, *below]) for piece in pieces]
    return [piece for piece in joined if piece]


def fits(lines: list[Line], most_units: int = MESSAGE_UNITS) -> bool:
    """Whether the lines make one message."""
    breaks = max(0, len(lines) - 1)
    return (
        sum(line.units for line in lines) + breaks <= most_units
        and sum(line.entities for line in lines) <= MESSAGE_ENTITIES
        and sum(line.bytes for line in lines) + breaks <= MESSAGE_BYTES
    )


def join(lines: list[Line]) -> str:
    """The markup of one message, without blank lines at its ends."""
    return "\n".join(line.markup for line in lines).strip()
