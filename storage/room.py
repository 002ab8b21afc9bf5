"""Telling a full disk from every other failure: it is the operator's, and it passes."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT}
_POSTGRES_FULL = "53100"
_SQLITE_PRIMARY = 0xFF
"""The lower byte of an extended result code is the plain one."""


def is_out_of_room(error: BaseException) -> bool:
    """Whether there was no room for what was to be written, on this disk or the database's."""
    return any(map(_says_full, _with_causes(error)))


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        return code & _SQLITE_PRIMARY == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _POSTGRES_FULL


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what the database driver said, and what each of them was raised from."""
    seen: set[int] = set()
    rest: list[BaseException | None] = [error]
    while rest:
        found = rest.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        orig = getattr(found, "orig", None)
        rest += [found.__cause__, orig if isinstance(orig, BaseException) else None]
