"""Everything that storage refuses, with the data that a caller needs to say why.

StorageError
├── CannotOpen          a place for data cannot be reached or made
├── DatabaseBusy        a lock was not free in time; trying again later may help
├── NewerSchema         the data was written by a newer songnet; nothing was touched
├── Mismatched          these blobs or keys belong to another database; nothing was touched
├── KeysMissing         the keys that the database was written with are not there
├── Conflict            somebody else was faster: what was expected is no longer so
├── RecordMissing       a row that is needed is gone, as after a user was deleted
├── BlobMissing         no bytes under that key
├── CorruptBlob         the bytes under that key are not the ones that were stored
├── InvalidKey          a key that could leave the blob store, or that it could not hold
└── TooLarge            over a named limit; nothing of it was kept

All of them survive pickling, because they travel from worker processes to their parents.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(eq=False)
class StorageError(Exception):
    """Anything that storage refuses."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        return (type(self).__doc__ or type(self).__name__).splitlines()[0]


@dataclass(eq=False)
class CannotOpen(StorageError):
    """A place for data cannot be reached or made."""

    what: str
    """The place, in words: `database`."""
    reason: str

    def __str__(self) -> str:
        return f"The {self.what} cannot be opened: {self.reason}"


@dataclass(eq=False)
class DatabaseBusy(StorageError):
    """The database was locked by another process for too long."""

    __str__ = StorageError.__str__


@dataclass(eq=False)
class NewerSchema(StorageError):
    """The data was written by a newer songnet."""

    found: str
    """The revision that the database is at."""
    known: str
    """The newest revision that this code knows."""

    def __str__(self) -> str:
        return (
            f"The data was written by a newer songnet (schema {self.found}; this one knows up to "
            f"{self.known}). Nothing was changed. Install the newer songnet again."
        )


@dataclass(eq=False)
class Mismatched(StorageError):
    """The database and the blobs do not belong together."""

    database_id: str | None
    """None where the database is new."""
    blobs_id: str

    def __str__(self) -> str:
        return (
            f"The blobs or the keys belong to the database {self.blobs_id}, and this one is "
            f"{self.database_id or 'new'}. Nothing was changed. Set all addresses to the same "
            "installation's, or give a new database empty places for its blobs and keys."
        )


@dataclass(eq=False)
class KeysMissing(StorageError):
    """The keys that the database was written with are not there."""

    def __str__(self) -> str:
        return (
            "The keys that the stored data were written with are not in the place of the keys. "
            "Nothing was changed. Set SONGNET_KEYS_URL to where they are, or restore that place."
        )


@dataclass(eq=False)
class Conflict(StorageError):
    """Somebody else was faster."""

    what: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.what}: expected version {self.expected}, found {self.found}."


@dataclass(eq=False)
class RecordMissing(StorageError):
    """A row that is needed is gone."""

    what: str
    """The kind of row: `user`, `model`."""
    id: int | None = None
    """None where the database does not tell."""

    def __str__(self) -> str:
        number = "" if self.id is None else f" {self.id}"
        return f"The {self.what}{number} is gone."


@dataclass(eq=False)
class BlobMissing(StorageError):
    """There are no bytes under a key."""

    key: str

    def __str__(self) -> str:
        return f"There is no blob '{self.key}'."


@dataclass(eq=False)
class CorruptBlob(StorageError):
    """The bytes under a key are not the ones that were stored."""

    key: str
    expected_sha256: str | None
    """None where the bytes could not even be unsealed."""
    found_sha256: str

    def __str__(self) -> str:
        if self.expected_sha256 is None:
            return (
                f"The blob '{self.key}' is damaged: it cannot be unsealed. The SHA-256 of what is "
                f"stored is {self.found_sha256}."
            )
        return (
            f"The blob '{self.key}' is damaged: its SHA-256 is {self.found_sha256}, "
            f"stored was {self.expected_sha256}."
        )


@dataclass(eq=False)
class InvalidKey(StorageError):
    """A key that the blob store cannot take."""

    key: str

    def __str__(self) -> str:
        return (
            f"'{self.key}' cannot name a blob. Expected: words of ASCII letters, digits, "
            "'.', '_' and '-' that start with no '.' or '-', separated by '/'."
        )


@dataclass(eq=False)
class TooLarge(StorageError):
    """Over a limit."""

    limit: str
    """The limit's name."""
    allowed: int
    """In the limit's unit: bytes for `max_bytes`."""

    def __str__(self) -> str:
        return f"More than {self.limit} = {self.allowed:,}."
