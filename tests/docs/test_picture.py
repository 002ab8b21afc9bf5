"""The README's picture shows what the bot says."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

from tests.docs import ROOT


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_chat", ROOT / "docs/images/draw_chat.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_it_is_up_to_date(drawing: ModuleType) -> None:
    drawn = drawing.PICTURE.read_text(encoding="utf-8")
    assert drawing.draw() == drawn, "run: python docs/images/draw_chat.py"


def test_it_is_well_formed_and_tells_what_it_shows(drawing: ModuleType) -> None:
    root = ET.fromstring(drawing.draw())
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text
