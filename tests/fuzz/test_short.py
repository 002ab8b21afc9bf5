"""A short run of the fuzzer; CONTRIBUTING.md says how to make a long one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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
