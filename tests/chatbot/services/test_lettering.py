"""Which names can be written, and what stands for the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import font_manager

from chatbot.services.lettering import UNWRITABLE, Lettering, available_fonts

NOBODY_HAS = "\U0010fffd"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ólafur", "Ólafur"),
        (f"a{NOBODY_HAS}b", f"a{UNWRITABLE}b"),
        (f"{NOBODY_HAS * 3} b", f"{UNWRITABLE} b"),
        (f"{NOBODY_HAS}\u200d{NOBODY_HAS}", UNWRITABLE),
        ("a\ufe0f\u202eb", "ab"),
        (" a\n\tb ", "a b"),
        ("", UNWRITABLE),
    ],
)
def test_what_no_font_has_is_marked(name: str, written: str) -> None:
    assert Lettering().writable(name) == written


@pytest.mark.skipif(
    not any("NotoSansCJK" in path for path in font_manager.findSystemFonts()),
    reason="this machine has no fonts of Noto",
)
def test_fonts_that_came_after_the_list_of_fonts_was_written_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = font_manager.fontManager
    before = [entry for entry in manager.ttflist if "Noto" not in Path(entry.fname).name]
    monkeypatch.setattr(manager, "ttflist", before)
    assert {"Noto Sans", "Noto Sans CJK JP", "Noto Sans Arabic"} <= set(available_fonts())
    assert Lettering().writable("夜に駆ける YOASOBI") == "夜に駆ける YOASOBI"
