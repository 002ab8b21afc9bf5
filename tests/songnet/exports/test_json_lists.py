from __future__ import annotations

import msgspec
import pytest

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
