"""Where compiled code is kept, and for how long.

numba finds its cache by the file of a function, and does not notice when a function in another file
that is called from there has changed. So what is compiled lies in a folder that is named after the
content of all these files. https://numba.readthedocs.io/en/stable/developer/caching.html
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import numba
import platformdirs
from numba.core import config

UNUSED_DAYS = 30.0
"""Code of other versions is removed that no process has needed for so long."""
MARK = "songnet-used"
"""The file that whoever uses a folder holds open and locked; its time is that of the last use."""
_NAME = re.compile(r"[0-9a-f]{16}")
_held: list[int] = []


@cache
def folder() -> Path | None:
    """The folder of this version, from now on in use; None where nothing can be kept."""
    base = _base()
    found = base / _version()
    if not found.is_absolute():  # nobody's home: '~' would be a folder in the working directory
        return None
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=found):
            pass
        mark = os.open(found / MARK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.utime(mark)
    except OSError:
        return None
    _held.append(mark)
    with suppress(OSError):  # a file system without locks: then nobody removes anything there
        fcntl.flock(mark, fcntl.LOCK_SH | fcntl.LOCK_NB)
        remove_unused(base, but=found)
    return found


def remove_unused(base: Path, *, but: Path) -> None:
    """Removes the folders of other versions that nobody has used for long, or is using."""
    before = time.time() - 86_400 * UNUSED_DAYS
    for each in _folders(base):
        with suppress(OSError):  # it is used, it went meanwhile, or it is somebody else's
            if each != but and _used_at(each) < before:
                _remove(each)


def _base() -> Path:
    chosen = config.CACHE_DIR  # type: ignore[attr-defined]  # what NUMBA_CACHE_DIR says
    return Path(chosen) if chosen else platformdirs.user_cache_path("songnet") / "compiled"


def _version() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _folders(base: Path) -> Iterator[Path]:
    """Ours: others may keep theirs beside them, where an operator has named the place."""
    for each in base.iterdir():
        if _NAME.fullmatch(each.name) and (each / MARK).is_file():
            yield each


def _used_at(path: Path) -> float:
    return (path / MARK).stat().st_mtime


def _remove(path: Path) -> None:
    """Raises `OSError` where a process holds it."""
    mark = os.open(path / MARK, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever opened it since compiles once more: numba makes the folders that it misses.
        shutil.rmtree(path)
    finally:
        os.close(mark)
