"""The page on security names tests; they exist."""

from __future__ import annotations

import re

from tests.docs import ROOT


def test_the_tests_that_the_page_names_exist() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= there
