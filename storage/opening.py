"""One line for a place that cannot be opened: a full disk, a silent server, a mistyped URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import PostgresError  # type: ignore[import-untyped]  # it brings no types
from obstore.exceptions import BaseError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from storage.errors import CannotOpen


@contextmanager
def opening(what: str) -> Iterator[None]:
    """Opens a place for data.

    Raises:
        CannotOpen: the address names no place, or nothing answers there.
    """
    try:
        yield
    except (OSError, ValueError, SQLAlchemyError, PostgresError, BaseError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = str(cause).partition("\n")[0] or type(cause).__name__
        raise CannotOpen(what, reason) from error
