"""A short run of the fuzzer; CONTRIBUTING.md says how to make a long one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from songnet.exports.formats import Format
from songnet.exports.registry import FORMATS
from tests.fuzz.seeds import seeds_of
from tests.fuzz.targets import read_as
from tests.fuzz.workbooks import FUZZED, SOUND

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("known", [known for known in FORMATS if known.package is None])
def test_some_seed_of_each_parser_leads_to_plays(known: Format) -> None:
    """From there, and not from nothing, the fuzzer goes on."""
    readings = [read_as(known, seed) for seed in seeds_of(known.name)]
    assert any(reading is not None and len(reading.plays) for reading in readings)


@pytest.mark.parametrize("part", range(len(FUZZED)))
def test_each_part_of_a_workbook_is_where_the_fuzzer_writes(part: int) -> None:
    deezer = next(known for known in FORMATS if known.name == "deezer")
    sound = SOUND[FUZZED[part]]
    reading = read_as(deezer, bytes([part]) + sound)
    assert reading is not None
    assert len(reading.plays) == 2
    torn = read_as(deezer, bytes([part]) + sound[: len(sound) // 2])
    assert torn is None or len(torn.plays) < 2


@pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris has no package for this Python or machine"
)
def test_a_thousand_mutations_break_no_parser(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "every", "-runs=1000", "-seed=1", "-max_len=4096",
         f"-artifact_prefix={tmp_path}/"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
