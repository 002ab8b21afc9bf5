"""What is compiled once is kept, known to be there, and gone when nobody needs it any more."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from songnet.evidence import kept
from songnet.evidence.warming import is_cold, warm

OLD = time.time() - 86_400 * (kept.UNUSED_DAYS + 1)


def in_a_new_process(code: str, cache: Path) -> str:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def test_it_is_there_once_it_was_needed() -> None:
    warm()
    assert not is_cold()


def test_it_is_not_there_before(tmp_path: Path) -> None:
    asked = "from songnet.evidence.warming import is_cold; print(is_cold())"
    assert in_a_new_process(asked, tmp_path) == "True"


def test_to_import_makes_no_folder(tmp_path: Path) -> None:
    in_a_new_process("import songnet.evidence.warming, songnet.models.songnet", tmp_path)
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_kept_nothing_is_cold(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = "from songnet.evidence.warming import is_cold; print(is_cold())"
    assert in_a_new_process(asked, tmp_path / "file") == "False"


def a_version(base: Path, letter: str, *, used_at: float = OLD, mark: bool = True) -> Path:
    folder = base / (letter * 16)
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "code.nbc").touch()
    if mark:
        (folder / kept.MARK).touch()
        os.utime(folder / kept.MARK, (used_at, used_at))
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return a_version(tmp_path, "a")


def test_what_nobody_has_used_for_long_is_removed(own: Path) -> None:
    old = a_version(own.parent, "b")
    kept.remove_unused(own.parent, but=own)
    assert not old.exists()
    assert own.exists()


def test_what_was_used_lately_stays(own: Path) -> None:
    lately = a_version(own.parent, "b", used_at=time.time())
    kept.remove_unused(own.parent, but=own)
    assert lately.exists()


def test_what_a_process_uses_stays(own: Path) -> None:
    used = a_version(own.parent, "b")
    with (used / kept.MARK).open() as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)
        kept.remove_unused(own.parent, but=own)
        assert used.exists()
    kept.remove_unused(own.parent, but=own)
    assert not used.exists()


def test_what_is_not_ours_stays(own: Path) -> None:
    theirs = a_version(own.parent, "b", mark=False)
    named = own.parent / "their_project_1234"
    named.mkdir()
    kept.remove_unused(own.parent, but=own)
    assert theirs.exists()
    assert named.exists()


def test_whoever_uses_it_holds_it(tmp_path: Path) -> None:
    code = (
        "import fcntl, os; from songnet.evidence import kept; mark = kept.folder() / kept.MARK\n"
        "try: fcntl.flock(os.open(mark, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except BlockingIOError: print('held')"
    )
    assert in_a_new_process(code, tmp_path) == "held"
