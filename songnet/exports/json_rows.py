"""Typed rows out of JSON lists, of which some rows may be bad."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from songnet.errors import LimitExceeded
from songnet.exports.archive import Document
from songnet.exports.encodings import utf8_chunks

Row = TypeVar("Row", bound=msgspec.Struct)

LONGEST_ROW_BYTES: Final = 1024 * 1024
"""What is longer is no row of any service; it is counted, and never held as a whole."""
MOST_BRACES_IN_ROW: Final = 4
"""How often a closing brace may stand inside the texts of a row of a damaged document."""
MOST_ROWS: Final = 1_000_000
"""Rows of one document that is read whole: five million tiny ones would take 1.4 GB."""
NOT_DECODED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)
"""What a document may raise that is no JSON, or none of the wanted shape."""
MOST_BYTES_AT_ONCE: Final = 8 * 1024 * 1024
"""A longer list is decoded in pieces: a few bytes may ask for an object of a hundred."""
MOST_CUTS: Final = 64
"""How many closing braces are tried as the end of a row before a piece counts as damaged."""
MOST_SPACES: Final = 256
"""What stands between two rows of a list at most; more is taken for damage."""

_PIECE_BYTES: Final = 1024 * 1024
_SPACES: Final = b" \r\n\t"
_BETWEEN_ROWS: Final = b"[, \r\n\t\x00"


def read_rows(document: Document, row_type: type[Row]) -> Iterator[tuple[list[Row], int]]:
    """The rows of a document that is a JSON list, batch by batch; see `row_batches`.

    Raises:
        BrokenArchive, LimitExceeded: before the end of the document.
    """
    limits = document.budget.limits
    count = document.budget.rows
    for rows, bad_rows in row_batches(utf8_chunks(document.chunks()), row_type):
        count += len(rows) + bad_rows
        if count > limits.rows:
            raise LimitExceeded(document.file, limit="rows", allowed=limits.rows, found=count)
        yield rows, bad_rows


def decode_rows(data: bytes, row_type: type[Row]) -> tuple[list[Row], int]:
    """The rows of a JSON list in UTF-8 that fit, and the number of the others.

    Raises:
        LimitExceeded: there are more than `MOST_ROWS`; the caller knows the name of the file.
    """
    if len(data) <= MOST_BYTES_AT_ONCE:
        decoder = msgspec.json.Decoder(list[row_type])  # type: ignore[valid-type]  # at run time it is one
        whole = _list_of_rows(decoder, row_type, data)
        if whole is not None:
            return whole
    good: list[Row] = []
    bad = 0
    pieces = (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
    for rows, bad_rows in row_batches(pieces, row_type):
        good += rows
        bad += bad_rows
        if len(good) + bad > MOST_ROWS:
            raise LimitExceeded("", limit="rows", allowed=MOST_ROWS, found=len(good) + bad)
    return good, bad


def decode_items(data: msgspec.Raw | bytes, item_type: type[Row]) -> list[Row]:
    """The items of a JSON list that fit; the others are left out."""
    return decode_rows(bytes(data), item_type)[0]


def row_batches(chunks: Iterable[bytes], row_type: type[Row]) -> Iterator[tuple[list[Row], int]]:
    """The rows of a JSON list that fit `row_type`, and the number of those that do not.

    The list is decoded in pieces that end where a row ends. Where a row is of the wrong shape, each
    row of the piece is decoded on its own. Where a piece is no list of rows, because the JSON is
    damaged or a row holds objects, whatever stands between braces is taken for a row from there on.
    """
    source = iter(chunks)
    decoder = msgspec.json.Decoder(list[row_type])  # type: ignore[valid-type]  # at run time it is one
    begun = b""
    for chunk in source:
        # A cut inside a text or a nested object makes a piece that is no list: nothing is misread.
        for end in row_ends(chunk):
            piece = b"".join((begun, memoryview(chunk)[:end], b"]"))
            batch = _list_of_rows(decoder, row_type, piece)
            if batch is not None:
                yield batch
                begun = b"[" + chunk[end + 1 :]
                break
        else:
            begun += chunk
            if len(begun) > LONGEST_ROW_BYTES:
                yield from _salvaged(itertools.chain([begun], source), row_type)
                return
    batch = _list_of_rows(decoder, row_type, begun)
    yield from [batch] if batch is not None else _salvaged([begun], row_type)


def row_ends(chunk: bytes) -> Iterator[int]:
    """Where a row may end with another one after it; the last places first."""
    at = len(chunk)
    for _ in range(MOST_CUTS):
        at = chunk.rfind(b"},", 0, at)
        if at < 0:
            return
        if chunk[at + 2 : at + 2 + MOST_SPACES].lstrip(_SPACES).startswith(b"{"):
            yield at + 1


def _list_of_rows(
    decoder: msgspec.json.Decoder[list[Row]], row_type: type[Row], piece: bytes
) -> tuple[list[Row], int] | None:
    """The rows of a JSON list and the number of bad ones; None where it is no such list."""
    try:
        return decoder.decode(piece), 0
    except NOT_DECODED:
        pass
    try:
        parts = msgspec.json.decode(piece, type=list[msgspec.Raw])
    except NOT_DECODED:
        return None
    rows = [row for part in parts if (row := _decoded(part, row_type)) is not None]
    return rows, len(parts) - len(rows)


def _decoded(data: bytes | msgspec.Raw, row_type: type[Row]) -> Row | None:
    try:
        return msgspec.json.decode(data, type=row_type)
    except NOT_DECODED:
        return None


def _salvaged(chunks: Iterable[bytes], row_type: type[Row]) -> Iterator[tuple[list[Row], int]]:
    """What looks like a row in a damaged list, and the number of what only begins like one."""
    rest = b""
    waiting: list[bytes] = []
    for chunk in chunks:
        rows: list[Row] = []
        bad = 0
        *pieces, rest = (rest + chunk).split(b"}")
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
        yield rows, bad
        if len(rest) > LONGEST_ROW_BYTES:
            # NUL is in no JSON: a row that is too long stays a bad one, whatever its end is.
            rest = rest[:LONGEST_ROW_BYTES] + b"\0"
    yield [], 1 if waiting or b"{" in rest else 0
