"""Rows of JSON documents that keep them under a key, some levels down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from songnet.exports.json_rows import Row

_DEEPEST: Final = 3
"""Levels of lists and objects above the key; Last.fm's pages have two and a list of them three."""
_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)
_SIGNS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

_Bytes = bytes | msgspec.Raw


def rows_under(data: bytes, key: str, row_type: type[Row]) -> tuple[list[Row], int]:
    """The rows in all lists under `key` that fit `row_type`, and the number of the others.

    Only the rows are decoded; what else stands in the document is passed over. A damaged document
    gives the rows that are whole, and the one that is torn counts as bad.
    """
    try:
        pieces = list(_sound(data, key, 0))
    except _ERRORS:
        pieces = list(_salvaged(data, key))
    rows: list[Row] = []
    for piece in pieces:
        try:
            rows.append(msgspec.json.decode(piece, type=row_type))
        except _ERRORS:
            continue
    return rows, len(pieces) - len(rows)


def rows_of_list(data: bytes, row_type: type[Row]) -> tuple[list[Row], int]:
    """The rows of a document that is a list, whose rows may hold objects; see `rows_under`."""
    return rows_under(b'{"rows":' + data + b"}", "rows", row_type)


def _sound(data: _Bytes, key: str, depth: int) -> Iterator[_Bytes]:
    start = bytes(data[:64] if isinstance(data, bytes) else data)[:64].lstrip()[:1]
    if depth > _DEEPEST or start not in (b"{", b"["):
        return
    if start == b"[":
        for item in _LIST.decode(data):
            yield from _sound(item, key, depth + 1)
        return
    fields = _OBJECT.decode(data)
    if key not in fields:
        for value in fields.values():
            yield from _sound(value, key, depth + 1)
    elif bytes(fields[key]).startswith(b"{"):
        yield fields[key]  # Last.fm writes a list of one without the list
    else:
        yield from _LIST.decode(fields[key])


def _salvaged(data: bytes, key: str) -> Iterator[bytes]:
    """The objects in the lists under `key`; one that breaks off comes as it is."""
    start = re.compile(rb'"%s"\s*:\s*\[' % re.escape(key.encode()))
    position = 0
    while found := start.search(data, position):
        depth = 0
        begun = position = found.end()
        for sign in _SIGNS.finditer(data, position):
            position = sign.end()
            if sign[0] in b"[{":
                begun = sign.start() if depth == 0 else begun
                depth += 1
            elif sign[0] in b"]}":
                depth -= 1
                if depth == 0:
                    yield data[begun:position]
            if depth < 0:
                break
        if depth > 0:
            yield data[begun:]
