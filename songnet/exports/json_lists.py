"""Rows of JSON documents that keep them under a key, some levels down."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from typing import Final

import msgspec

from songnet.errors import LimitExceeded
from songnet.exports.json_rows import MOST_BYTES_AT_ONCE, MOST_ROWS, NOT_DECODED, Row, row_ends

_DEEPEST: Final = 3
"""Levels of lists and objects above the key; Last.fm's pages have two and a list of them three."""
_WINDOW_BYTES: Final = 1024 * 1024
_SIGNS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_END_OF_LIST: Final = -1
_END_OF_OBJECT: Final = 0
"""Depths, seen from within a list and from before an object."""
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

_Bytes = bytes | msgspec.Raw


def rows_under(data: bytes, key: str, row_type: type[Row]) -> tuple[list[Row], int]:
    """The rows in all lists under `key` that fit `row_type`, and the number of the others.

    Only the rows are decoded; what else stands in the document is passed over. A damaged document
    gives the rows that are whole, and the one that is torn counts as bad.

    Raises:
        LimitExceeded: there are more than `MOST_ROWS`; the caller knows the name of the file.
    """
    pieces: Iterable[_Bytes] = _in_windows(data, key)
    if len(data) <= MOST_BYTES_AT_ONCE:
        try:
            pieces = list(_sound(data, key, 0))
        except NOT_DECODED:
            pieces = _salvaged(data, key)
    rows: list[Row] = []
    found = 0
    for found, piece in enumerate(pieces, start=1):
        if found > MOST_ROWS:
            raise LimitExceeded("", limit="rows", allowed=MOST_ROWS, found=found)
        try:
            rows.append(msgspec.json.decode(piece, type=row_type))
        except NOT_DECODED:
            continue
    return rows, found - len(rows)


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


def _in_windows(data: bytes, key: str) -> Iterator[_Bytes]:
    """The items of the lists under `key`, some of them at a time.

    Two bytes may ask for an object of seventy, so that a large list is never taken apart at once.
    """
    start = _start_of(key)
    position = next_window = 0
    while found := start.search(data, position):
        position = found.end()
        ends_at = _end_depth(found)
        while ends_at == _END_OF_LIST and position >= next_window:
            whole = _whole_items(data, position)
            if whole is None:
                # A window per list would be a great many of them where the lists are short.
                next_window = position + _WINDOW_BYTES
                break
            position, items = whole
            yield from items
        # What is left is the end of the list, or nothing that can be cut.
        position = yield from _objects(data, position, ends_at)


def _whole_items(data: bytes, position: int) -> tuple[int, list[msgspec.Raw]] | None:
    """The next items with more of them behind, and where those begin; None where nobody can say."""
    window = data[position : position + _WINDOW_BYTES]
    for end in row_ends(window):
        try:
            return position + end + 1, _LIST.decode(b"".join((b"[", window[:end], b"]")))
        except NOT_DECODED:
            continue
    return None


def _salvaged(data: bytes, key: str) -> Iterator[bytes]:
    """The objects in the lists under `key`; one that breaks off comes as it is."""
    start = _start_of(key)
    position = 0
    while found := start.search(data, position):
        position = yield from _objects(data, found.end(), _end_depth(found))


def _start_of(key: str) -> re.Pattern[bytes]:
    """Finds the start of a list, or the place before an object that is a list of one."""
    return re.compile(rb'"%s"\s*:\s*(?:\[|(?=\{))' % re.escape(key.encode()))


def _end_depth(start: re.Match[bytes]) -> int:
    return _END_OF_LIST if start[0].endswith(b"[") else _END_OF_OBJECT


def _objects(data: bytes, position: int, ends_at: int) -> Generator[bytes, None, int]:
    """The objects from `position` on up to the bracket that closes this depth; returns its end."""
    depth = 0
    begun = position
    for sign in _SIGNS.finditer(data, position):
        position = sign.end()
        if sign[0] in b"[{":
            begun = sign.start() if depth == 0 else begun
            depth += 1
        elif sign[0] in b"]}":
            depth -= 1
            if depth == 0:
                yield data[begun:position]
        if depth == ends_at:
            break
    if depth > 0:
        yield data[begun:]
    return position
