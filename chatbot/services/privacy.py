"""What is stored about a person: to see it, and to delete it."""

from __future__ import annotations

import asyncio
import json
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.services.export_schema import SCHEMA
from chatbot.services.jobs import Jobs
from chatbot.services.lengths import TrackLengths
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.temporary import TemporaryFolders
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob
from storage.histories import HistoryRecord
from storage.postings import Posting
from storage.summary import Stored, count_of_user

PLAYS_PER_FILE = 50_000
"""About 2 MB zipped, so that every platform can carry one."""
ZIP_ENTRY_BYTES = 1024
"""More than a zip spends on naming an entry."""

_README = """\
Everything that songnet stores about you. Where it comes in several files, they belong together.

data.json         your accounts, imports, models and playlists, as in the database
schema.json       what each field of data.json means
history-*.csv     your plays in time order, one line each: started_at (UTC), track_id, artist,
                  title, album, uri, ms_played, skipped, shuffle, how exactly the time is known
model.safetensors what songnet learned from them, in the open format 'safetensors'; where it is
                  in parts (.part1, .part2 ...), put them together in that order

Raw files that wait to be read are listed in data.json; they are deleted once they are read.
"""


@dataclass(frozen=True)
class Overview:
    """How much is stored about a person."""

    since: datetime | None
    """When they first gave something; None for a stranger."""
    platforms: tuple[str, ...] = ()
    history: HistoryRecord | None = None
    stored: Mapping[str, Stored] = field(default_factory=dict)
    """By table."""


class PrivacyService:
    """Gives out and deletes everything of one person."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        recommenders: RecommenderCache,
        lengths: TrackLengths,
        *,
        temporary: TemporaryFolders,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._lengths = lengths
        self._temporary = temporary

    async def overview(self, user_id: int | None) -> Overview:
        """How much is stored about somebody, in numbers and dates."""
        if user_id is None:
            return Overview(None)
        return Overview(
            await self._storage.users.created_at(user_id),
            tuple(entry.platform for entry in await self._storage.users.identities(user_id)),
            await self._storage.histories.get(user_id),
            await count_of_user(self._storage.database, user_id),
        )

    async def forget(self, user_id: int, when_gone: Callable[[list[Posting]], None]) -> None:
        """Stops the person's jobs and deletes everything of theirs.

        Args:
            user_id: who.
            when_gone: told in which messages others still see playlists of theirs, once everything
                is deleted that would find them; the deletion does not wait for what comes of it.
        """
        await self._jobs.delete_of_user(user_id)
        try:
            await self._storage.delete_user(user_id, when_gone)
        finally:
            self._recommenders.forget(user_id)
            self._lengths.forget(user_id)
            # A job may have been queued between the two.
            await self._jobs.delete_of_user(user_id)
            await self._temporary.sweep()  # a worker that was killed left its files

    @asynccontextmanager
    async def export(self, user_id: int, max_bytes: int | None) -> AsyncIterator[tuple[Path, ...]]:
        """Zips of everything of theirs, none larger than `max_bytes`; deleted on leaving."""
        async with self._temporary.folder() as directory:
            rows = await self._storage.everything_of(user_id)
            damaged: list[str] = []
            history = await self._history(user_id, directory / "history.parquet", damaged)
            model = await self._model(user_id, damaged)
            pack = ExportPack(directory, max_bytes)
            yield await asyncio.to_thread(pack.write, rows, history, model, damaged)

    async def _history(self, user_id: int, path: Path, damaged: list[str]) -> Path | None:
        try:
            return path if await self._storage.histories.fetch(user_id, path) else None
        except (BlobMissing, CorruptBlob):
            damaged.append("Your plays (history-*.csv) are damaged on the disk and left out.")
            return None

    async def _model(self, user_id: int, damaged: list[str]) -> bytes | None:
        active = await self._storage.models.active(user_id)
        try:
            return await self._storage.models.read(active) if active else None
        except (BlobMissing, CorruptBlob):  # damaged, or replaced at this very moment
            damaged.append("What was learned (model.safetensors) is damaged or was just replaced.")
            return None


class ExportPack:
    """Packs what is stored about a person into zips that a platform can carry."""

    def __init__(self, directory: Path, max_bytes: int | None) -> None:
        self._directory = directory
        self._max_bytes = max_bytes

    def write(
        self,
        rows: dict[str, Any],
        history: Path | None,
        model: bytes | None,
        damaged: Sequence[str] = (),
    ) -> tuple[Path, ...]:
        """Blocks; one zip where that is small enough, else several."""
        entries = [
            ("README.txt", _README.encode()),
            ("schema.json", json.dumps(SCHEMA, indent=1).encode()),
            ("data.json", json.dumps(rows, indent=1, ensure_ascii=False, default=str).encode()),
        ]
        if damaged:
            entries.append(("DAMAGED.txt", "\n".join(damaged).encode()))
        if history is not None:
            entries += _history_entries(history)
        if model is not None:
            entries += self._model_entries(model)
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        whole = self._zip(f"songnet-{day}.zip", entries)
        if self._max_bytes is None or whole.stat().st_size <= self._max_bytes:
            return (whole,)
        whole.unlink()
        return tuple(
            self._zip(f"songnet-{day}-{number}.zip", group)
            for number, group in enumerate(self._groups(entries), start=1)
        )

    def _zip(self, name: str, entries: list[tuple[str, bytes]]) -> Path:
        path = self._directory / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        return path

    def _groups(self, entries: list[tuple[str, bytes]]) -> list[list[tuple[str, bytes]]]:
        """Neighbours that fit together; an entry's share is judged by packing it alone."""
        assert self._max_bytes is not None
        groups: list[list[tuple[str, bytes]]] = []
        filled = 0
        for name, content in entries:
            size = len(zlib.compress(content)) + ZIP_ENTRY_BYTES
            if not groups or filled + size > self._max_bytes:
                groups.append([])
                filled = 0
            groups[-1].append((name, content))
            filled += size
        return groups

    def _model_entries(self, model: bytes) -> list[tuple[str, bytes]]:
        size = len(model) if self._max_bytes is None else self._max_bytes - 2 * ZIP_ENTRY_BYTES
        if len(model) <= size:
            return [("model.safetensors", model)]
        return [
            (f"model.safetensors.part{number}", model[start : start + size])
            for number, start in enumerate(range(0, len(model), size), start=1)
        ]


def _history_entries(history: Path) -> list[tuple[str, bytes]]:
    from songnet.music import History

    frame = History.read_parquet(history).frame
    return [
        (
            f"history-{number}.csv",
            frame.iloc[start : start + PLAYS_PER_FILE].to_csv(index=False).encode(),
        )
        for number, start in enumerate(range(0, len(frame), PLAYS_PER_FILE), start=1)
    ]
