"""What the fuzzer feeds with bytes: each parser of exports by itself, and files as they are given.

Whatever the bytes are, a parser gives plays that keep the rules and counts that add up, or raises
one of songnet's own errors.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd

from songnet.errors import ExportError
from songnet.exports import ExportFile, ExportLimits, read_history
from songnet.exports.archive import Document
from songnet.exports.cleaning import EARLIEST, LONGEST_PLAY_MS
from songnet.exports.formats import Format, Reading
from songnet.exports.metering import Budget
from songnet.exports.registry import FORMATS, format_of
from songnet.plays import identified
from tests.fuzz.workbooks import workbook_around

LIMITS: Final = ExportLimits(
    total_bytes=4_000_000, file_bytes=2_000_000, ratio_free_bytes=100_000, entries=50, rows=20_000
)

Target = Callable[[bytes], object]


def read_as(known: Format, data: bytes) -> Reading | None:
    """One document, read as one format whether it is recognised or not."""
    if known.name == "deezer":
        document = workbook_around(data, Budget(LIMITS))
    else:
        stream = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
        document = Document("file", "", 1.0, stream, Budget(LIMITS))
    known.recognises(document.head)
    try:
        reading = known.read(document)
    except ExportError:
        return None
    check(reading)
    return reading


def check(reading: Reading) -> None:
    plays = reading.plays
    nameless = 0 if reading.nameless is None else len(reading.nameless)
    counted = len(plays) + nameless + sum(reading.skipped.values())
    assert reading.rows == counted, (reading.rows, counted)
    assert all(count > 0 for count in reading.skipped.values())
    assert all(uris for uris in reading.links.values())
    if len(plays):
        assert (plays["started_at"] >= EARLIEST - pd.Timedelta(LONGEST_PLAY_MS, unit="ms")).all()
        assert not plays[["artist", "title", "started_at"]].isna().any(axis=None)
        assert identified(plays)["track_id"].notna().all()


def read_file(data: bytes) -> None:
    """A file as a person gives it: an archive, or any document."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            history, report = read_history(ExportFile(Path(file.name), "file"), limits=LIMITS)
        except ExportError as error:
            str(error)
            return
    assert report.rows == len(history) + sum(report.skipped.values())
    for part in report.files:
        assert part.rows == part.plays + sum(part.skipped.values())
    json.dumps(report.to_json())


def recognise(data: bytes) -> None:
    """The head of any document."""
    format_of(data)


def every(data: bytes) -> None:
    """The first byte chooses the parser: one short run for all of them."""
    if data:
        targets = [target for name, target in TARGETS.items() if name != "every"]
        targets[data[0] % len(targets)](data[1:])


def _target(known: Format) -> Target:
    return lambda data: read_as(known, data)


TARGETS: Final[dict[str, Target]] = {
    **{known.name: _target(known) for known in FORMATS},
    "file": read_file,
    "head": recognise,
    "every": every,
}
