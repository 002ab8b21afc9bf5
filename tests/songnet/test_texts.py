from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from songnet.texts import coded, is_coded, numbered, of_numbers, plain, taken

TEXTS = ["b", None, "a", "b"]


def plain_column() -> pd.Series:
    return pd.Series(TEXTS, dtype="string")


def coded_column() -> pd.Series:
    return coded(pa.array(TEXTS, pa.large_string()).dictionary_encode())


def in_pieces() -> pd.Series:
    parts = [coded(coded_column().array.__arrow_array__().take([place])) for place in range(4)]
    return pd.concat(parts, ignore_index=True)


def from_numbers() -> pd.Series:
    """Two of the numbers stand for the same text."""
    return of_numbers(np.array([0, 1, 2, 3]), ["b", None, "a", "b"])  # type: ignore[list-item]


COLUMNS = pytest.mark.parametrize("make", [plain_column, coded_column, in_pieces, from_numbers])


@COLUMNS
def test_equal_texts_have_one_number_and_missing_ones_none(make) -> None:
    numbers, texts = numbered(make())
    assert [None if number < 0 else texts[number] for number in numbers] == TEXTS
    assert numbers[0] == numbers[3]
    assert numbers[1] == -1


@COLUMNS
def test_plain_text_is_the_same_text(make) -> None:
    assert plain(make()).equals(plain_column())
    assert not is_coded(plain(make()))


@COLUMNS
def test_rows_are_taken_from_columns_that_stand_below_each_other(make) -> None:
    found = taken(make(), np.array([5, 0, 3, 6]), plain_column())
    assert found.equals(pd.Series([None, "b", "b", "a"], dtype="string"))


@COLUMNS
def test_nothing_may_stand_below(make) -> None:
    assert taken(make(), np.array([2, 1]), plain_column().iloc[:0]).tolist() == ["a", pd.NA]
