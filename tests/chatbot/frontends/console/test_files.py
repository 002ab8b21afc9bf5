from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatbot.conversation.messages import Document
from chatbot.frontends.console.files import (
    UnclosedQuote,
    dragged_paths,
    find_files,
    save_document,
    split_paths,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("my export.zip", "Bob's.zip", "a.json", "docs/b.json", "docs/.hidden", ".git/c"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12345")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*words: str) -> list[str]:
    return [file.name for file in find_files(list(words)).files]


@pytest.mark.parametrize(
    ("typed", "paths"),
    [
        ("a.json docs/b.json", ["a.json", "docs/b.json"]),
        ('"my export.zip" a.json', ["my export.zip", "a.json"]),
        (r"my\ export.zip", ["my export.zip"]),
        ("my export.zip", ["my export.zip"]),
        ("Bob's.zip", ["Bob's.zip"]),
        ("", []),
    ],
)
@pytest.mark.usefixtures("folder")
def test_paths_are_split_as_a_shell_does(typed: str, paths: list[str]) -> None:
    assert split_paths(typed) == paths


def test_a_quote_that_never_closes_is_refused() -> None:
    with pytest.raises(UnclosedQuote):
        split_paths("'a b")


def test_a_folder_stands_for_its_files_and_those_below(folder: Path) -> None:
    assert names(str(folder)) == ["Bob's.zip", "a.json", "my export.zip", "b.json"]


def test_a_file_named_twice_is_taken_once(folder: Path) -> None:
    assert names("a.json", "a.json") == ["a.json"]


def test_a_file_tells_its_size(folder: Path) -> None:
    assert find_files(["a.json"]).files[0].size == 5


def test_a_folder_with_too_much_in_it_is_refused(folder: Path) -> None:
    found = find_files([str(folder)], max_files_in_folders=3)
    assert found.files == ()
    assert "holds more than 3 files" in found.problems[0]


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("nowhere.zip", "There is no file 'nowhere.zip'."),
        ("empty", "There are no files in 'empty'."),
        ("/dev/null", "'/dev/null' is neither a file nor a folder."),
        ("nul\0", "There is no file 'nul'."),
        ("x" * 5000, "cannot be read: File name too long."),
    ],
)
def test_what_cannot_be_taken_is_explained(folder: Path, word: str, problem: str) -> None:
    (folder / "empty").mkdir()
    (sentence,) = find_files([word]).problems
    assert sentence.endswith(problem)


def test_the_home_folder_and_file_addresses_are_understood(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert names("~/a.json", (folder / "my export.zip").as_uri()) == ["a.json", "my export.zip"]


def test_an_unknown_home_is_a_missing_file() -> None:
    assert find_files(["~nobody-of-that-name/x"]).problems == (
        "There is no file '~nobody-of-that-name/x'.",
    )


def test_dragged_in_paths_are_told_from_words(folder: Path) -> None:
    assert dragged_paths(f"'{folder}/my export.zip'") == [f"{folder}/my export.zip"]
    assert dragged_paths("a.json") == ["a.json"]
    assert dragged_paths("./docs") == ["./docs"]
    assert dragged_paths(f"{folder}/missing.zip") == [f"{folder}/missing.zip"]
    assert dragged_paths("docs") is None
    assert dragged_paths("/dance") is None
    assert dragged_paths("don't") is None
    assert dragged_paths("a.json and more") is None


def test_a_name_from_elsewhere_stays_in_the_folder(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    folder = tmp_path / "not" / "there" / "yet"
    saved = save_document(Document("../../etc/pass\x1bwd", source), folder)
    assert saved == folder / "passwd"


def test_what_is_handed_out_is_for_its_owner_only(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"zip")
    before = os.umask(0)
    try:
        saved = save_document(Document("a.zip", source), tmp_path)
    finally:
        os.umask(before)
    assert saved.stat().st_mode & 0o777 == 0o600


def test_documents_are_numbered_until_a_name_is_free(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    saved = [save_document(Document("a.zip", source), tmp_path).name for _ in range(3)]
    assert saved == ["a.zip", "a-1.zip", "a-2.zip"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_has_no_files(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    assert find_files([str(closed)]).files == ()
