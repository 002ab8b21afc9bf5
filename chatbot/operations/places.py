"""Where an installation's data lie, and whether one file can hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chatbot.settings import Settings

DATABASES = ("songnet.sqlite", "jobs.sqlite")
DIRECTORIES = ("blobs", "keys")
_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_MEMBER = re.compile(rf"(songnet|jobs)\.sqlite|(blobs|keys)(/{_WORD})+")


class OperationRefused(Exception):
    """It cannot be done; the message says why and what to do, and nothing was changed."""


@dataclass(frozen=True)
class Places:
    """The parts of a data directory."""

    data: Path

    @property
    def database(self) -> Path:
        return self.data / "songnet.sqlite"

    @property
    def jobs(self) -> Path:
        return self.data / "jobs.sqlite"

    @property
    def blobs(self) -> Path:
        return self.data / "blobs"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def temporary(self) -> Path:
        return self.data / "tmp"


def places(settings: Settings) -> Places:
    """The data directory, where it holds everything.

    Raises:
        OperationRefused: a part of the data lies elsewhere.
    """
    urls = {
        "SONGNET_DATABASE_URL": settings.database_url,
        "SONGNET_JOBS_URL": settings.jobs_url,
        "SONGNET_BLOBS_URL": settings.blobs_url,
        "SONGNET_KEYS_URL": settings.keys_url,
    }
    elsewhere = [name for name, url in urls.items() if url]
    if elsewhere:
        raise OperationRefused(
            f"{' and '.join(elsewhere)} put data outside the data directory, and this command "
            "copies that directory only. For PostgreSQL use pg_dump, then copy the blobs: "
            "docs/backup.md tells how."
        )
    return Places(settings.data)


def is_member(name: str) -> bool:
    """Whether a backup may hold a file of that name: no other is ever written or read."""
    return _MEMBER.fullmatch(name) is not None


def megabytes(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e6:,.1f} MB"
