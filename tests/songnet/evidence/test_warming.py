"""What is compiled once is known to be there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from songnet.evidence.compiled import FOLDER
from songnet.evidence.warming import is_compiled, warm


def test_it_is_there_once_it_was_needed() -> None:
    warm()
    assert is_compiled() == (FOLDER is not None)


def test_it_is_not_there_before(tmp_path: Path) -> None:
    asked = "from songnet.evidence.warming import is_compiled; print(is_compiled())"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False"]
