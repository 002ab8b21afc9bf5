"""Columns of text, plain or coded: each different text once, and a number per row.

A listener hears a few thousand songs a few hundred thousand times. While a table is made, its names
are numbers, which are sorted, taken and compared in a fraction of the time; the finished `History`
holds plain text.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

CODED: Final = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.large_string()))

Ints = NDArray[np.int64]


def coded(texts: pa.DictionaryArray) -> pd.Series:
    """A coded column; what is missing must be missing among the numbers, not among the texts."""
    return pd.Series(pd.arrays.ArrowExtensionArray(texts))


def is_coded(column: pd.Series) -> bool:
    return bool(column.dtype == CODED)


def numbered(column: pd.Series) -> tuple[Ints, list[str]]:
    """A number for each row, -1 where the text is missing, and the text for each number."""
    if not is_coded(column):
        codes, texts = pd.factorize(column)
        return codes.astype(np.int64), list(texts)
    codes, distinct = _parts(column)
    return codes, distinct.to_pylist()


def of_numbers(codes: Ints, texts: list[str]) -> pd.Series:
    """The coded column in which these texts stand, some perhaps under several numbers."""
    distinct = pa.array(texts, pa.large_string()).dictionary_encode()
    return coded(distinct.take(pa.array(codes)))


def plain(column: pd.Series) -> pd.Series:
    """The same column as `string`, whatever it was."""
    return taken(column, np.arange(len(column))) if is_coded(column) else column


def taken(column: pd.Series, rows: Ints, *more: pd.Series) -> pd.Series:
    """Rows of a column and of the plain ones that stand below it; coded text becomes plain."""
    if not is_coded(column):
        whole = pd.concat([column, *more], ignore_index=True) if more else column
        return whole.take(rows).reset_index(drop=True)
    codes, distinct = _parts(column)
    below = [pa.array(part, pa.large_string()) for part in more]
    count = sum(map(len, below))
    codes = np.concatenate([codes, len(distinct) + np.arange(count)])[rows]
    texts = pa.concat_arrays([distinct, *below])
    return pd.Series(_strings(texts.take(pa.array(codes, mask=codes < 0))))


def _parts(column: pd.Series) -> tuple[Ints, pa.Array]:
    texts = pa.array(column)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    codes = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, texts.dictionary


def _strings(texts: pa.Array) -> Any:
    return pd.array(texts, dtype="string")
