"""Markdown as the tests read it: blocks of code, links, headings, names between backticks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.docs import ROOT

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


@cache
def documents() -> tuple[Path, ...]:
    """Every Markdown file of the project."""
    return (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[Block]:
    """The fenced blocks of one language; '' for those without."""
    return [Block(*found) for found in _FENCE.findall(text) if found[0] == language]


def shell_commands(text: str) -> list[str]:
    """The lines of the blocks marked `sh`."""
    return [line for block in blocks(text, "sh") for line in block.text.splitlines() if line]


def prose(text: str) -> str:
    """Without the fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What `#...` can point to, as GitHub makes it of the headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")
        for heading in _HEADING.findall(prose(text))
    }


def code_names(text: str) -> list[str]:
    """What stands between backticks in the prose."""
    return _CODE.findall(prose(text))
