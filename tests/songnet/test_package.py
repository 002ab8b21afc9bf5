"""What `import songnet` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import songnet


@pytest.mark.parametrize("name", songnet.__all__)
def test_every_name_that_is_offered_is_there(name: str):
    assert getattr(songnet, name) is not None
    assert name in dir(songnet)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = songnet.nonsense


@pytest.mark.parametrize(
    "statement",
    [
        "import songnet",
        "from songnet import read_history, History",
        "from songnet.sessions import check_enough",
        "import songnet.cli",
    ],
)
def test_reading_and_naming_load_no_torch(statement: str):
    code = f"{statement}\nimport sys\nsys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
