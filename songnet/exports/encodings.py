"""Text in UTF-8, whatever the document is written in, piece by piece."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def utf8_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 without a byte order mark; what is no text stays as it is."""
    pieces = iter(chunks)
    first = next(pieces, b"")
    if first.startswith(_WIDE):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        yield decoder.decode(first).encode("utf-8", "replace")
        for piece in pieces:
            yield decoder.decode(piece).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode()
        return
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from pieces
