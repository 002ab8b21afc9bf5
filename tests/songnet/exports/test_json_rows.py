from __future__ import annotations

import msgspec
import pytest

from songnet.exports.json_rows import decode_rows, row_batches


class Row(msgspec.Struct):
    a: int | None = None
    b: str | None = None


@pytest.mark.parametrize(
    ("data", "good", "bad"),
    [
        (b'[{"a": 1}, {"a": 2}]', [1, 2], 0),
        (b"[]", [], 0),
        (b'[{"a": 1}, {"a": "x"}, {"a": 3}]', [1, 3], 1),
        (b'[{"a": 1}, null, 5, {"a": 3}]', [1, 3], 2),
        (b'[{"a": 1}, {"a": 2}, {"a"', [1, 2], 1),
        (b'[{"a": 1}, {"a": NaN}, {"a": NaN}, {"a": 4}]', [1, 4], 2),
        (b'[{"a": 1}, {"a": , {"a": 3}, {"a": 4}]', [1, 4], 1),  # it swallows its neighbour
        (b'[{"a": 1}\x00, {"a": 2}]', [1, 2], 0),
        (b'[{"a": 1, "b": "\xff"}, {"a": 2}]', [2], 1),
        (b'[{"a": 1, "b": "a } brace"}, {"a": NaN}, {"a": 3, "b": "{}"}]', [1, 3], 1),
        (b'[{"a": 1}] and more', [1], 0),
        (b"", [], 0),
        (b'{"a": 1}', [1], 0),
    ],
)
def test_what_fits_is_kept_and_the_rest_counted(data: bytes, good: list[int], bad: int) -> None:
    rows, found_bad = decode_rows(data, Row)
    assert ([row.a for row in rows], found_bad) == (good, bad)
    for size in (1, 2, 3, 7, 19):
        chunks = (data[at : at + size] for at in range(0, len(data), size))
        batches = list(row_batches(chunks, Row))
        found = [row.a for rows, _ in batches for row in rows]
        assert (found, sum(bad_rows for _, bad_rows in batches)) == (good, bad), size
