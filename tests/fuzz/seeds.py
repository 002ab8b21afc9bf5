"""What the fuzzer begins with: small documents of every format, whole and in archives."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fuzz.workbooks import seeds_of_workbooks
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import URI, account_podcast, dumped, podcast, zipped
from tests.songnet.exports.writers import WRITERS

_PLAYS: Final = (
    Played("2024-01-31T12:00:00", "Alan Walker", "Faded - Remastered 2011", "Different World"),
    Played("2024-02-29T23:59:00", "Ólafur", "Lag (feat. X)"),
)
_SAVED: Final = json.dumps(
    {"tracks": [{"artist": "Alan Walker", "album": "x", "track": "Alone", "uri": URI}]}
).encode()

DOCUMENTS: Final = (
    *(writer.write(_PLAYS) for writer in WRITERS),
    dumped(podcast(), account_podcast()),
    _SAVED,
)
ARCHIVES: Final = (
    zipped({"a.json": DOCUMENTS[0], "b.csv": DOCUMENTS[1]}),
    zipped({"inner.zip": zipped({"a.json": DOCUMENTS[1]})}),
    gzip.compress(DOCUMENTS[0]),
)


_SPREAD: Final = 5
_WORDS: Final = re.compile(rb'"[\w #@:-]{2,40}"|</?\w+|\b\w+="')
"""What a format is told by: keys, elements, attributes."""


def seeds_of(target: str) -> list[bytes]:
    """Small documents as a target takes them."""
    if target == "deezer":
        return seeds_of_workbooks(_PLAYS)
    return [*DOCUMENTS, *ARCHIVES] if target in {"file", "every"} else [*DOCUMENTS]


def write_seeds(folder: Path, target: str, targets: Sequence[str]) -> None:
    """The seeds of a target as files; for `every`, each document for a few of the parsers."""
    for number, document in enumerate(seeds_of(target)):
        if target != "every":
            (folder / f"seed-{number}").write_bytes(document)
            continue
        for parser in range(number % _SPREAD, len(targets), _SPREAD):
            (folder / f"seed-{number}-{parser}").write_bytes(bytes([parser]) + document)
    if target == "every":
        parser = targets.index("deezer")
        for number, document in enumerate(seeds_of("deezer")):
            (folder / f"workbook-{number}").write_bytes(bytes([parser]) + document)


def write_words(path: Path, target: str) -> None:
    """A dictionary for libFuzzer, which cannot see how parsers in C compare."""
    words = sorted({word for document in seeds_of(target) for word in _WORDS.findall(document)})
    lines = ["".join(f"\\x{byte:02x}" for byte in word) for word in words]
    path.write_text("".join(f'"{line}"\n' for line in lines))
