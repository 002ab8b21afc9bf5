"""Plain text as Discord's Markdown: escaping, masked links, splitting (pure).

Lengths are counted in UTF-16 units, the strictest way in which Discord could count them: whatever
fits so, fits in code points too.

Sources: https://discord.com/developers/docs/reference#message-formatting,
https://support.discord.com/hc/en-us/articles/210298617 (what Markdown its clients know).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"
ZERO_WIDTH_SPACE = "\u200b"
LONGEST_URL = 512
"""Longer addresses are left out of a link: no music service has them, and a line must fit."""

_URL = re.compile(r"https?://[^\s<>]+")
_ALWAYS_SPECIAL = re.compile(r"[\\*_~`|<\[\]]")
_SPECIAL_AT_LINE_START = re.compile(r"(?m)^(\s*)(#|-|\+|>|\d+(?=\.))")
_EMOJI_CODE = re.compile(r":(?=[A-Za-z0-9_+\-\\]+:)")
_MASS_MENTION = re.compile(r"@(?=everyone|here)")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and line end
    "\u202a-\u202e\u2066-\u2069"  # direction overrides
    "\ud800-\udfff]"  # halves of pairs
)
_RIGHT_TO_LEFT = {"R", "AL"}
_DIRECTION_MARKS = "\u200e\u200f\u061c"


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """Without what could change the text around it: control characters and direction overrides."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n"))


def isolate(text: str) -> str:
    """One line of someone's words, closed off where its direction could turn its neighbours."""
    turns = any(
        character in _DIRECTION_MARKS or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        for character in text
    )
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if turns else text


def clip(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units; what is cut off shows as an ellipsis."""
    if units(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + "…"


def clip_start(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units; the end stays, what is cut off before it shows as an ellipsis.

    >>> clip_start("Faded; Alone; Animals", 12)
    '…ne; Animals'
    """
    if units(text) <= limit:
        return text
    return "…" + text[len(text) - _fitting(text[::-1], limit - 1) :].lstrip()


def clip_escaped(text: str, limit: int) -> str:
    """Like `clip`, for escaped text: no escape is cut in two."""
    clipped = clip(text, limit)
    if clipped == text:
        return text
    kept = clipped[:-1]
    return kept[: len(kept) - _dangling_backslashes(kept)] + "…"


def escape(text: str) -> str:
    r"""Text that reads on Discord as it stands here; web addresses stay addresses.

    >>> print(escape("1. *Star* <@1>"))
    1\. \*Star\* \<@1>
    """
    cleaned = clean(text)
    pieces, end = [], 0
    for match in _URL.finditer(cleaned):
        pieces += [_escape_words(cleaned[end : match.start()]), match.group()]
        end = match.end()
    pieces.append(_escape_words(cleaned[end:]))
    return _SPECIAL_AT_LINE_START.sub(_escape_line_start, "".join(pieces))


def escape_line(text: str) -> str:
    """Like `escape`, for a piece within a line: no line ends, its direction kept to itself."""
    one_line = " ".join(clean(text).split())
    return isolate(_escape_words(one_line))


def link(text: str, url: str) -> str:
    """A masked link; only the text where the address is not one of the web's."""
    if not _URL.fullmatch(url) or units(url) > LONGEST_URL:
        return escape_line(text)
    # Discord shows no link whose text looks like an address, and none whose brackets don't match.
    label = _balance(text).replace("://", f":{ZERO_WIDTH_SPACE}//")
    return f"[{escape_line(label)}]({_quote(url)})"


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units, cut at line ends, else at spaces, else anywhere."""
    pieces: list[str] = []
    lines: list[str] = []
    used = 0
    for line in _short_lines(text, limit):
        size = units(line) + 1
        if lines and used + size > limit + 1:
            pieces.append("\n".join(lines))
            lines, used = [], 0
        lines.append(line)
        used += size
    pieces.append("\n".join(lines))
    return [piece for piece in pieces if piece.strip()]


def _escape_words(text: str) -> str:
    escaped = _ALWAYS_SPECIAL.sub(r"\\\g<0>", text)
    escaped = _EMOJI_CODE.sub(r"\:", escaped)
    return _MASS_MENTION.sub(f"@{ZERO_WIDTH_SPACE}", escaped)


def _escape_line_start(match: re.Match[str]) -> str:
    indent, marker = match.groups()
    return f"{indent}{marker}\\" if marker.isdigit() else f"{indent}\\{marker}"


def _balance(label: str) -> str:
    """Unmatched brackets end a link's text even when escaped; they become their wide twins."""
    open_at: list[int] = []
    unmatched: set[int] = set()
    for position, character in enumerate(label):
        if character == "[":
            open_at.append(position)
        elif character == "]":
            if open_at:
                open_at.pop()
            else:
                unmatched.add(position)
    unmatched.update(open_at)
    return "".join(
        {"[": "［", "]": "］"}[character] if position in unmatched else character
        for position, character in enumerate(label)
    )


def _quote(url: str) -> str:
    return re.sub(r"[()\\\"'`*|]", lambda match: f"%{ord(match.group()):02X}", url)


def _short_lines(text: str, limit: int) -> Iterator[str]:
    """The lines, those that are too long in pieces."""
    for line in text.split("\n"):
        rest = line
        while units(rest) > limit:
            head = rest[: _fitting(rest, limit)]
            cut = head.rfind(" ")
            if cut <= 0:
                cut = len(head) - _dangling_backslashes(head)
            yield rest[:cut]
            rest = rest[cut:].lstrip(" ")
        yield rest


def _fitting(text: str, limit: int) -> int:
    """How many characters of the text fit into so many units."""
    room = limit
    for position, character in enumerate(text):
        room -= units(character)
        if room < 0:
            return position
    return len(text)


def _dangling_backslashes(text: str) -> int:
    """1 where the text ends within an escape, else 0."""
    return (len(text) - len(text.rstrip("\\"))) % 2
