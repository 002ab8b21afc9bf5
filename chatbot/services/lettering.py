"""Which characters the fonts of this machine can write, and a mark for those that none can."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from itertools import groupby
from pathlib import Path

FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Gurmukhi",
    "Noto Sans Gujarati",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Kannada",
    "Noto Sans Malayalam",
    "Noto Sans Sinhala",
    "Noto Sans Khmer",
    "Noto Sans Lao",
    "Noto Sans Myanmar",
    "Noto Sans Ethiopic",
    "Noto Sans Georgian",
    "Noto Sans Armenian",
    "Noto Sans Math",
    "Noto Sans Symbols",
    "Noto Sans Symbols2",
    "Noto Emoji",
)
"""In this order, those of them that the machine has; the first comes with matplotlib."""

UNWRITABLE = "□"
"""Stands for what no font has: one for each run of it."""

JOINERS = frozenset("\u200c\u200d")
"""Invisible, but Persian and the scripts of India are misspelt without them."""


class Lettering:
    """Names as far as the fonts of this machine can write them."""

    @cached_property
    def characters(self) -> frozenset[int]:
        """Every character that one of the fonts has."""
        from matplotlib import font_manager

        found: set[int] = set()
        for name in available_fonts():
            path = font_manager.findfont(name, fallback_to_default=False)
            found |= set(font_manager.get_font(path).get_charmap())
        return frozenset(found)

    def writable(self, name: str) -> str:
        """A name on one line, with a mark in place of what cannot be written."""
        visible = "".join(letter for letter in " ".join(name.split()) if not _is_invisible(letter))
        runs = groupby(visible, self._can_write)
        marked = "".join("".join(run) if can else UNWRITABLE for can, run in runs)
        # What was one emoji of several characters is one mark.
        joined = re.sub(f"{UNWRITABLE}[\u200c\u200d{UNWRITABLE}]*", UNWRITABLE, marked)
        return joined.strip() or UNWRITABLE

    def _can_write(self, letter: str) -> bool:
        return letter in JOINERS or ord(letter) in self.characters


def available_fonts() -> list[str]:
    """Those of `FONTS` that the machine has."""
    from matplotlib import font_manager

    # matplotlib keeps a list of fonts in the home folder, which outlives the machine's fonts where
    # that is a volume and the image is newer.
    manager = font_manager.fontManager
    listed = {entry.fname for entry in manager.ttflist}
    wanted = {name.replace(" ", "") for name in FONTS} | {"NotoSansCJK"}
    for path in font_manager.findSystemFonts():
        family, _, weight = Path(path).stem.partition("-")
        if path not in listed and family in wanted and weight in {"Regular", "Bold"}:
            manager.addfont(path)
    installed = {entry.name for entry in manager.ttflist if Path(entry.fname).exists()}
    return [name for name in FONTS if name in installed]


def _is_invisible(letter: str) -> bool:
    """Whether it only steers what is beside it: variation selectors, marks of direction."""
    if letter in JOINERS:
        return False
    return unicodedata.category(letter) in {"Cc", "Cf"} or "\ufe00" <= letter <= "\ufe0f"
