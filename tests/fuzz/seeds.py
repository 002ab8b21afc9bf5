"""What the fuzzer begins with: small documents of every format, whole and in archives."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Final

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


def write_seeds(folder: Path, target: str, targets: int) -> None:
    """The seeds of a target as files; for `every`, each document for a few of the parsers."""
    documents = (*DOCUMENTS, *ARCHIVES) if target in {"file", "every"} else DOCUMENTS
    for number, document in enumerate(documents):
        if target != "every":
            (folder / f"seed-{number}").write_bytes(document)
            continue
        for parser in range(number % _SPREAD, targets, _SPREAD):
            (folder / f"seed-{number}-{parser}").write_bytes(bytes([parser]) + document)
