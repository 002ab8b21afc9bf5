"""What is stored about a person: to see it, and to delete it."""

from __future__ import annotations

import asyncio
import json
import shutil
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from chatbot.services.jobs import Jobs
from chatbot.services.recommenders import RecommenderCache
from storage import Storage

_README = """\
Everything that songnet stores about you.

data.json         your accounts, imports, models and playlists, as in the database
history.csv       your plays: started_at (UTC), track_id, artist, title, album, uri, ms_played,
                  skipped, shuffle; one line each, in time order
model.safetensors what songnet learned from them; https://huggingface.co/docs/safetensors tells
                  the format

Raw files that wait to be read are listed in data.json; they are deleted once they are read.
"""


class PrivacyService:
    """Gives out and deletes everything of one person."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        recommenders: RecommenderCache,
        *,
        temporary: Path,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._temporary = temporary

    async def forget(self, user_id: int) -> None:
        """Stops the person's jobs and deletes everything of theirs."""
        await self._jobs.delete_of_user(user_id)
        self._recommenders.forget(user_id)
        try:
            await self._storage.delete_user(user_id)
        finally:
            # A job may have been queued between the two.
            await self._jobs.delete_of_user(user_id)

    @asynccontextmanager
    async def export(self, user_id: int) -> AsyncIterator[Path]:
        """A zip of everything of theirs, which is deleted on leaving."""
        directory = self._temporary / f"export-{uuid4().hex}"
        await asyncio.to_thread(directory.mkdir, mode=0o700, parents=True)
        try:
            rows = await self._storage.everything_of(user_id)
            history = directory / "history.parquet"
            has_history = await self._storage.histories.fetch(user_id, history) is not None
            active = await self._storage.models.active(user_id)
            model = await self._storage.models.read(active) if active else None
            target = directory / f"songnet-{datetime.now(UTC):%Y-%m-%d}.zip"
            await asyncio.to_thread(_pack, target, rows, history if has_history else None, model)
            yield target
        finally:
            await asyncio.to_thread(_remove, directory)


def _pack(target: Path, rows: dict[str, Any], history: Path | None, model: bytes | None) -> None:
    from songnet.music import History

    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README)
        archive.writestr("data.json", json.dumps(rows, indent=1, ensure_ascii=False, default=str))
        if history is not None:
            with archive.open("history.csv", "w") as file:
                History.read_parquet(history).frame.to_csv(file, index=False)
        if model is not None:
            archive.writestr("model.safetensors", model)


def _remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
