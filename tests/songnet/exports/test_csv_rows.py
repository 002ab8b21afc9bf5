from __future__ import annotations

import pytest

from songnet.exports.csv_rows import LONGEST_LINE, rows_of_lines

Rows = list[list[str] | None]


def rows(text: str, width: int = 2) -> Rows:
    return list(rows_of_lines(text.splitlines(keepends=True), range(width, width + 1)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\n\n   \nc,d", [["a", "b"], ["c", "d"]]),
        ('"a,1","say ""b"""\n', [["a,1", 'say "b"']]),
        ('a,"two\nlines"\nc,d\n', [["a", "two\nlines"], ["c", "d"]]),
        ('12" mix,b\nc,d\n', [['12" mix', "b"], ["c", "d"]]),
        ("a\na,b,c\nc,d\n", [None, None, ["c", "d"]]),
        (
            'a,"never closed\nc,d\ne,f\ng,h\ni,j\n',
            [None, *(list(p) for p in ("cd", "ef", "gh", "ij"))],
        ),
        ('a,"never closed', [None]),
        ("a," + "x" * 200_000 + "\nc,d\n", [None, ["c", "d"]]),
        ("x" * (LONGEST_LINE + 1) + "\nc,d\n", [None, ["c", "d"]]),
    ],
)
def test_a_bad_row_costs_one_row(text: str, found: Rows) -> None:
    assert rows(text) == found


def test_without_a_width_all_rows_are_like_the_first() -> None:
    assert list(rows_of_lines(["a,b,c\n", "1,2\n", "1,2,3\n"])) == [
        ["a", "b", "c"],
        None,
        ["1", "2", "3"],
    ]
