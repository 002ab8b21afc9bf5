"""Compiles functions that stay Python to read, and keeps what was compiled (see `kept`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from pathlib import Path
from threading import RLock
from typing import Any, Generic, ParamSpec, TypeVar, cast

import numba
from numba.core import config

from songnet.evidence import kept

Function = TypeVar("Function", bound=Callable[..., object])
Given = ParamSpec("Given")
Result = TypeVar("Result")
_COMPILING = RLock()


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


class entry(Generic[Given, Result]):  # noqa: N801 - a decorator, as `part` is
    """Compiles a function that Python calls, and keeps it; other threads run meanwhile.

    Where it is kept is looked up when it is called first: importing makes no folder.
    """

    def __init__(self, function: Callable[Given, Result]) -> None:
        self._function = function
        update_wrapper(self, function)

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Runs it."""
        return self._compiled(*args, **kwargs)

    def is_compiled(self) -> bool:
        """Whether it was compiled and kept before, so that a first call only has to load it."""
        if kept.folder() is None:
            return False
        where = self._compiled.stats.cache_path  # type: ignore[attr-defined]  # numba's, around it
        return any(Path(where).glob("*.nbi"))

    @cached_property
    def _compiled(self) -> Callable[Given, Result]:
        folder = kept.folder()
        if folder is None:
            return cast("Callable[Given, Result]", numba.njit(nogil=True)(self._function))
        with _COMPILING:  # where numba keeps things is said once for the whole process
            before = config.CACHE_DIR  # type: ignore[attr-defined]  # made when it is imported
            config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # as above
            try:
                compiled = numba.njit(cache=True, nogil=True)(self._function)
            finally:  # what others compile is kept where they like it
                config.CACHE_DIR = before  # type: ignore[attr-defined]  # as above
        return cast("Callable[Given, Result]", compiled)
