"""Files of the real sizes of harm, under the default limits, with an eye on the memory.

Each is read in a process of its own, whose peak of memory above the interpreter with pandas is
what the kernel says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.songnet.exports.samples import dumped, extended, lastfm, lastfm_line
from tests.songnet.exports.workbooks import DEEZER_COLUMNS, sheet_xml, workbook

MEGABYTE = 1_000_000
GOOD = dumped(extended())
LATER = dumped(extended(ts="2024-05-05T05:05:05Z", ms_played=5_000))
BEFORE_TEXT = GOOD[:-1] + b', {"ts": "'
AFTER_TEXT = b'"}, ' + LATER[1:]

READ = """
import json, sys
from pathlib import Path
from songnet.errors import LimitExceeded
from songnet.exports import read_history

def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)) / 1024

before = peak_mb()
try:
    history, report = read_history(sys.argv[1])
    found = {"plays": len(history), "rows": report.rows, "skipped": report.skipped}
except LimitExceeded as error:
    found = {"limit": error.limit, "allowed": error.allowed}
print(json.dumps(found | {"peak_mb": peak_mb() - before}))
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A place for a file that is too large to be kept after the test."""
    path = tmp_path / "large"
    yield path
    path.unlink(missing_ok=True)


def read_apart(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write(path: Path, start: bytes, unit: bytes, times: int, end: bytes) -> None:
    with path.open("wb") as file:
        file.write(start)
        for _ in range(times):
            file.write(unit)
        file.write(end)


pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the peak of memory there"
)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(BEFORE_TEXT, AFTER_TEXT, id="JSON"),
        pytest.param(lastfm(lastfm_line()), b"\n" + lastfm_line(1_700_000_000).encode(), id="CSV"),
    ],
)
def test_a_text_of_500_mb_costs_its_row_and_no_memory(file: Path, start: bytes, end: bytes) -> None:
    write(file, start, b"a" * MEGABYTE, 500, end)
    found = read_apart(file)
    peak = found.pop("peak_mb")
    assert found == {"plays": 2, "rows": 3, "skipped": {"bad_row": 1}}
    assert peak < 64


def test_zipped_it_is_a_bomb(file: Path) -> None:
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.json", "w") as member,
    ):
        member.write(BEFORE_TEXT)
        for _ in range(100):
            member.write(b"a" * MEGABYTE)
        member.write(AFTER_TEXT)
    found = read_apart(file)
    peak = found.pop("peak_mb")
    assert found == {"limit": "compression_ratio", "allowed": 200}
    assert peak < 64


def test_a_million_rows_of_which_most_are_ragged(file: Path) -> None:
    row = lastfm_line(0, "Artist %d", "Song %d")[1:]
    with file.open("w") as target:
        target.write(lastfm().decode())
        for number in range(1_000_000):
            line = f"{1_300_000_000 + number * 100}" + row % (number % 500, number % 5_000)
            target.write((line, line + ",x,y,z", line[:-1])[number % 3] + "\n")
    found = read_apart(file)
    peak = found.pop("peak_mb")
    assert found == {"plays": 333_334, "rows": 1_000_000, "skipped": {"bad_row": 666_666}}
    assert peak < 400


def tiny_scrobbles() -> bytes:
    return b'{"scrobbles": [{"time": 1, "track": {}}, ' + b"{}, " * 15_000_000 + b"{}]}"


def tiny_cells() -> bytes:
    rows = "<row><c><v>1</v></c></row>" * 1_800_000
    sheet = sheet_xml(DEEZER_COLUMNS).replace("</sheetData>", rows + "</sheetData>")
    return workbook({"10_listeningHistory": sheet})


@pytest.mark.parametrize(("make", "allowed"), [(tiny_scrobbles, 1_000_000), (tiny_cells, 2**20)])
def test_tiny_rows_are_refused_before_they_fill_the_memory(
    file: Path, make: Callable[[], bytes], allowed: int
) -> None:
    file.write_bytes(make())
    found = read_apart(file)
    peak = found.pop("peak_mb")
    assert found == {"limit": "rows", "allowed": allowed}
    assert peak < 600
