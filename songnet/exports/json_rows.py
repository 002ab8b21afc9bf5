"""Typed rows out of JSON lists, of which some rows may be bad."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)

MOST_BRACES_IN_ROW: Final = 4
"""How often a closing brace may stand inside the texts of a row of a damaged document."""

_BETWEEN_ROWS: Final = b"[, \r\n\t\x00"
_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)


def decode_rows(data: bytes, row_type: type[Row]) -> tuple[list[Row], int]:
    """The rows of a JSON list that fit `row_type`, and the number of those that do not.

    A sound document is decoded in one go. Where a row is of the wrong shape, each row is decoded on
    its own; where the JSON itself is damaged, whatever stands between braces is taken for a row.
    """
    try:
        return msgspec.json.Decoder(list[row_type]).decode(data), 0  # type: ignore[valid-type]  # at run time it is one
    except _ERRORS:
        pass
    try:
        pieces = msgspec.json.decode(data, type=list[msgspec.Raw])
    except _ERRORS:
        return _salvaged(data, row_type)
    rows = [_decoded(piece, row_type) for piece in pieces]
    good = [row for row in rows if row is not None]
    return good, len(rows) - len(good)


def decode_items(data: msgspec.Raw | bytes, item_type: type[Row]) -> list[Row]:
    """The items of a JSON list that fit; the others are left out."""
    return decode_rows(bytes(data), item_type)[0]


def _decoded(data: bytes | msgspec.Raw, row_type: type[Row]) -> Row | None:
    try:
        return msgspec.json.decode(data, type=row_type)
    except _ERRORS:
        return None


def _salvaged(data: bytes, row_type: type[Row]) -> tuple[list[Row], int]:
    rows: list[Row] = []
    bad = 0
    waiting: list[bytes] = []
    *pieces, rest = data.split(b"}")
    for piece in pieces:
        if piece.lstrip(_BETWEEN_ROWS).startswith(b"{"):
            # Another row begins, so that the one before it, if still open, never ends.
            bad += bool(waiting)
            waiting = [piece.lstrip(_BETWEEN_ROWS)]
        elif waiting:
            waiting.append(piece)
        else:
            continue
        row = _decoded(b"}".join(waiting) + b"}", row_type)
        if row is not None:
            rows.append(row)
            waiting = []
        elif len(waiting) > MOST_BRACES_IN_ROW:
            bad += 1
            waiting = []
    return rows, bad + (1 if waiting or b"{" in rest else 0)
