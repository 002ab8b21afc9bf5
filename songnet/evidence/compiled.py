"""Compiles functions that stay Python to read, and keeps what was compiled.

numba finds its cache by the file of a function, and does not notice when a function in another file
that is called from there has changed. So what is compiled lies in a folder that is named after the
content of all these files. https://numba.readthedocs.io/en/stable/developer/caching.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])


def _folder() -> Path | None:
    """Where compiled code is kept; None where nothing can be written."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    chosen = config.CACHE_DIR  # type: ignore[attr-defined]  # what NUMBA_CACHE_DIR says
    base = Path(chosen) if chosen else platformdirs.user_cache_path("songnet") / "compiled"
    folder = base / digest.hexdigest()[:16]
    if not folder.is_absolute():  # nobody's home: '~' would be a folder in the working directory
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


FOLDER = _folder()


def part(function: Function) -> Function:
    """Compiles a function that only other compiled ones call, and that makes no arrays.

    It counts no references to the arrays that it is given, which whoever calls an `entry` holds:
    else every call in every loop counted all arrays of the past up and down, and two threads would
    wait for each other's counts. One that makes an array does not compile.
    """
    return cast("Function", numba.njit(**_inner(counts=False))(function))


def maker(function: Function) -> Function:
    """Compiles a function that only other compiled ones call, and that makes arrays."""
    return cast("Function", numba.njit(**_inner(counts=True))(function))


def _inner(*, counts: bool) -> dict[str, Any]:
    # No way in from Python or C. What numba says of its types does not know these three.
    return {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": counts}


def entry(function: Function) -> Function:
    """Compiles a function that Python calls, and keeps it; other threads run meanwhile."""
    if FOLDER is None:
        return cast("Function", numba.njit(nogil=True)(function))
    before = config.CACHE_DIR  # type: ignore[attr-defined]  # made when it is imported
    config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]  # as above
    try:
        return cast("Function", numba.njit(cache=True, nogil=True)(function))
    finally:  # what others compile is kept where they like it
        config.CACHE_DIR = before  # type: ignore[attr-defined]  # as above
