from __future__ import annotations

from collections.abc import Iterable

import pytest

from songnet.exports import coded
from songnet.exports.coded import CodedTexts, TextRow

ROWS: list[TextRow] = [("a", "x"), ("b", None), ("a", "x"), (None, None), ("a", "y"), ("b", "x")]


def columns(batches: Iterable[list[TextRow]]) -> list[list[str | None]]:
    texts = CodedTexts(2)
    for rows in batches:
        texts.extend(iter(rows), len(rows))
    return [column.to_pylist() for column in texts.columns()]


def test_rows_come_back_column_by_column() -> None:
    assert columns([ROWS]) == [list(column) for column in zip(*ROWS, strict=True)]


def test_batches_do_not_show() -> None:
    assert columns([ROWS[:2], [], ROWS[2:]]) == columns([ROWS])


def test_without_rows_there_are_empty_columns() -> None:
    assert columns([]) == columns([[], []]) == [[], []]


def test_a_text_stands_once_however_often_it_came() -> None:
    texts = CodedTexts(2)
    texts.extend(ROWS * 100, 600)
    assert [column.dictionary.to_pylist() for column in texts.columns()] == [["a", "b"], ["x", "y"]]


def test_many_different_rows_are_not_all_held_as_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded, "MOST_DISTINCT", 1)
    assert columns([ROWS[:3], ROWS[3:], ROWS]) == columns([ROWS, ROWS])


def test_few_rows_of_long_texts_are_not_all_held_as_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coded, "MOST_LETTERS", 1_000)
    texts = CodedTexts(1)
    for letter in "abcdefghij":
        texts.extend([(letter * 600,)], 1)
        assert sum(len(text or "") for (text,) in texts._numbers) <= 1_000
    assert [text[:1] for text in texts.columns()[0].to_pylist()] == list("abcdefghij")
