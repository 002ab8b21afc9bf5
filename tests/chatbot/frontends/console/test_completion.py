from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from chatbot.frontends.console.completion import LineCompleter
from tests.chatbot.frontends.console.scripted import COMMANDS


def completed(text: str) -> list[str]:
    """The lines that the completions of a line lead to."""
    found = LineCompleter(COMMANDS).get_completions(Document(text), CompleteEvent())
    return [text[: len(text) + one.start_position] + one.text for one in found]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("my export.zip", "other.json", "it's.json"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_slash_offers_every_command() -> None:
    assert completed("/") == ["/playlist", "/import", "/forget", "/help"]


def test_the_case_does_not_matter() -> None:
    assert completed("/PL") == ["/playlist"]


def test_plain_words_are_left_alone() -> None:
    assert completed("pl") == []
    assert completed("/playlist o") == []


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("/import my", "/import my\\ export.zip"),
        ("/import my\\ e", "/import my\\ export.zip"),
        ('/import "my e', '/import "my export.zip'),
        ("/import 'my e", "/import 'my export.zip"),
        ("/import other.json my", "/import other.json my\\ export.zip"),
        ("/import it", "/import it\\'s.json"),
    ],
)
def test_paths_are_completed_in_the_form_that_was_begun(
    folder: Path, typed: str, becomes: str
) -> None:
    assert completed(typed) == [becomes]


def test_the_home_folder_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert completed("/import ~/oth") == ["/import ~/other.json"]
