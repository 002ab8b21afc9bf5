"""Compiles functions that stay Python to read, and keeps what was compiled.

numba finds its cache by the file of a function, and does not notice when a function in another file
that is called from there has changed. So what is compiled lies in a folder that is named after the
content of all these files. https://numba.readthedocs.io/en/stable/developer/caching.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba
import platformdirs
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])


def _folder() -> Path | None:
    """Where compiled code is kept; None where nothing can be written."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    folder = platformdirs.user_cache_path("songnet") / "compiled" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder


FOLDER = _folder()
if FOLDER is not None:
    config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]  # made when it is imported


def part(function: Function) -> Function:
    """Compiles a function that is only called from other compiled ones."""
    return cast("Function", numba.njit(function))


def entry(function: Function) -> Function:
    """Compiles a function that Python calls, and keeps it; other threads run meanwhile."""
    return cast("Function", numba.njit(cache=FOLDER is not None, nogil=True)(function))
