from __future__ import annotations

import msgspec
import pytest

from songnet.exports import json_lists
from songnet.exports.json_lists import rows_under


class Row(msgspec.Struct):
    a: int


@pytest.mark.parametrize(
    ("data", "good", "bad"),
    [
        (b'{"rows": [{"a": 1}, {"a": 2}]}', [1, 2], 0),
        (b'{"b": {"x": 1}, "c": {"rows": [{"a": 1}]}}', [1], 0),
        (b'[{"c": {"rows": [{"a": 1}]}}, {"c": {"rows": [{"a": 2}]}}]', [1, 2], 0),
        (b'{"rows": {"a": 1}}', [1], 0),
        (b'[{"rows": {"a": 1, "b": {"a": 2}}, "c": {"a": 3}}, {"rows": [{"a": 4}]}, {', [1, 4], 0),
        (b'[{"rows": [{"a": 1}]}, {"rows": {"a": 2', [1], 1),
        (b'{"rows": [{"a": "x"}, null, {"a": 2}]}', [2], 2),
        (b'{"rows": [{"a": 1}, {"a": 2, "b": [{}', [1], 1),
        (b'{"rows": [{"a": 1}, {"a": NaN}, {"a": 3}], "b": 1}', [1, 3], 1),
        (b'{"rows": [{"a": 1, "b": "} ] {"}], "b": NaN}', [1], 0),
        (b'{"rows": [{"a": 1}], "rows2": 1} {"rows": [{"a": 2}]}', [1, 2], 0),
        (b'{"rows": 5}', [], 0),
        (b"{}", [], 0),
        (b"", [], 0),
        (b'{"rows": [{"a": 1}, {"b": "' + b'\\"' * 100_000, [1], 1),
        (b'{"rows": [' + b"[" * 100_000, [], 1),
    ],
)
def test_rows_are_found_and_the_torn_ones_counted(data: bytes, good: list[int], bad: int) -> None:
    rows, found_bad = rows_under(data, "rows", Row)
    assert ([row.a for row in rows], found_bad) == (good, bad)


DOCUMENTS = {
    "one list": b'{"rows": [%s], "more": [{"a": 99}]}',
    "two lists": b'[{"x": {"rows": [%s], "y": {"a": 99}}}, {"x": {"rows": [{"a": 7}]}}]',
    "a list alone": b'{"y": {"a": 99}, "rows":[%s]}',
    "and a list of one": b'[{"rows": [%s]}, {"rows": {"a": 8, "b": {"a": 9}}, "c": {"a": 99}}]',
    "cut off": b'{"rows": [%s, {"a": 1',
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("window", [10, 37, 100, 1_000, 100_000])
def test_large_lists_are_read_window_by_window(
    monkeypatch: pytest.MonkeyPatch, document: bytes, window: int
) -> None:
    items = [b'{"a": %d, "b": [{"c": "}, {"}, {"a": 98}]}' % number for number in range(50)]
    data = document % b", ".join([*items[:20], b'{"a": "x"}', *items[20:]])
    whole = rows_under(data, "rows", Row)
    monkeypatch.setattr(json_lists, "MOST_BYTES_AT_ONCE", 0)
    monkeypatch.setattr(json_lists, "_WINDOW_BYTES", window)
    rows, bad = rows_under(data, "rows", Row)
    assert ([row.a for row in rows], bad) == ([row.a for row in whole[0]], whole[1])
    assert [row.a for row in rows][:50] == list(range(50))


def test_many_short_lists_are_no_reason_for_as_many_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []
    whole_items = json_lists._whole_items

    def counted(data: bytes, position: int) -> tuple[int, list[msgspec.Raw]] | None:
        tried.append(position)
        return whole_items(data, position)

    monkeypatch.setattr(json_lists, "_whole_items", counted)
    monkeypatch.setattr(json_lists, "MOST_BYTES_AT_ONCE", 0)
    monkeypatch.setattr(json_lists, "_WINDOW_BYTES", 1_000)
    data = b"{" + b'"rows":[],' * 5_000 + b'"rows":[{"a": 1}]}'
    rows, bad = rows_under(data, "rows", Row)
    assert ([row.a for row in rows], bad) == ([1], 0)
    assert 0 < len(tried) <= 51
