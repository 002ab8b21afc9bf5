"""What the fuzzer begins with: small documents of every format, whole and in archives."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Final

from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import (
    URI,
    account,
    account_podcast,
    dumped,
    extended,
    lastfm,
    lastfm_line,
    podcast,
    zipped,
)
from tests.songnet.exports.writers import WRITERS

PLAYS: Final = (
    Played("2024-01-01T10:00:00", "Alan Walker", "Faded", "Different World"),
    Played("2024-01-01T10:05:00", "Лолита", "Пошлю его на"),
)
_SAVED: Final = json.dumps(
    {"tracks": [{"artist": "Alan Walker", "album": "x", "track": "Alone", "uri": URI}]}
).encode()

DOCUMENTS: Final = (
    dumped(extended(), podcast(), extended(ts="2024-02-02T00:00:00Z")),
    dumped(account(), account_podcast()),
    lastfm(lastfm_line(), lastfm_line(86_400)),
    _SAVED,
    *(writer.write(PLAYS) for writer in WRITERS),
)
ARCHIVES: Final = (
    zipped({"a.json": DOCUMENTS[0], "b.csv": DOCUMENTS[2]}),
    zipped({"inner.zip": zipped({"a.json": DOCUMENTS[1]})}),
    gzip.compress(DOCUMENTS[0]),
)


def write_seeds(folder: Path, target: str, targets: int) -> None:
    """The seeds of a target as files; for `every`, each of them for each parser."""
    documents = (*DOCUMENTS, *ARCHIVES) if target in {"file", "every"} else DOCUMENTS
    prefixes = [bytes([number]) for number in range(targets)] if target == "every" else [b""]
    for place, prefix in enumerate(prefixes):
        for number, document in enumerate(documents):
            (folder / f"seed-{place}-{number}").write_bytes(prefix + document)
