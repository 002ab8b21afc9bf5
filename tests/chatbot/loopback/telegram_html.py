"""Telegram's HTML, parsed as strictly as its server does (stricter where its leniency hides bugs).

https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "a": "text_link",
}  # fmt: skip
_TOKEN = re.compile(
    r"<(?P<tag>[^<>]*)>|&(?P<entity>[^;\s&<>]*);|(?P<special>[<>&])|(?P<text>[^<>&]+)"
)
_OPEN = re.compile(r'(?P<name>[a-z-]+)(?:\s+href="(?P<href>[^"]*)")?')
_ENTITY = re.compile(r"lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+")


class BadMarkup(Exception):
    """What the real server answers with 'can't parse entities'."""


@dataclass(frozen=True)
class Entity:
    type: str
    offset: int
    """In UTF-16 code units."""
    length: int
    url: str | None = None

    def to_json(self) -> dict[str, object]:
        plain = {"type": self.type, "offset": self.offset, "length": self.length}
        return plain | ({"url": self.url} if self.url else {})


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parse(markup: str) -> tuple[str, list[Entity]]:
    """The visible text and its entities.

    Raises:
        BadMarkup: unknown or unbalanced tags, or characters that had to be escaped.
    """
    text = ""
    entities: list[Entity] = []
    stack: list[tuple[str, str | None, int]] = []
    for token in _TOKEN.finditer(markup):
        if token["text"] is not None:
            text += token["text"]
        elif token["special"] is not None:
            raise BadMarkup(f"unescaped '{token['special']}' at {token.start()}")
        elif token["entity"] is not None:
            if _ENTITY.fullmatch(token["entity"]) is None:
                raise BadMarkup(f"unknown entity '&{token['entity']};'")
            text += html.unescape(f"&{token['entity']};")
        elif token["tag"].startswith("/"):
            _close(token["tag"][1:], text, stack, entities)
        else:
            name, href = _opened(token["tag"])
            stack.append((name, href, utf16_units(text)))
    if stack:
        raise BadMarkup(f"can't find end tag for '{stack[-1][0]}'")
    return text, entities


def _opened(tag: str) -> tuple[str, str | None]:
    match = _OPEN.fullmatch(tag)
    if match is None or match["name"] not in TAGS:
        raise BadMarkup(f"unsupported start tag '{tag}'")
    if (match["name"] == "a") != (match["href"] is not None):
        raise BadMarkup(f"attributes of '{tag}'")
    return match["name"], html.unescape(match["href"]) if match["href"] is not None else None


def _close(
    name: str, text: str, stack: list[tuple[str, str | None, int]], entities: list[Entity]
) -> None:
    if not stack or stack[-1][0] != name:
        raise BadMarkup(f"unmatched end tag '{name}'")
    _, href, start = stack.pop()
    length = utf16_units(text) - start
    if length:
        entities.append(Entity(TAGS[name], start, length, href))
