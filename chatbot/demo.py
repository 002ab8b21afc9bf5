"""`make demo`: the main job without a person, on the real parts, in a directory of its own."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from chatbot import bootstrap, running
from chatbot.frontends.console import ConsoleFrontEnd
from chatbot.settings import PREFIX, Settings, environment_name
from songnet.demo import write_demo_export

SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"


@contextmanager
def demo_environment() -> Iterator[None]:
    """Nothing of the operator's own set-up is read or touched: workers inherit this too."""
    kept, folder = dict(os.environ), os.getcwd()  # noqa: PTH109  # for chdir, below
    for field in Settings.model_fields:
        os.environ.pop(environment_name(field), None)
    with tempfile.TemporaryDirectory(prefix="songnet-demo-") as directory:
        os.environ[f"{PREFIX}DATA"] = directory
        os.environ[f"{PREFIX}MONITORING_PORT"] = "0"  # a real bot may hold the usual one
        os.chdir(directory)  # away from a `.env`
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(kept)


async def run_demo(settings: Settings, stop: asyncio.Event) -> int:
    """Imports the invented export through the console and asks for a playlist.

    Returns:
        The exit code: 0 where the playlist came out as long as it should.
    """
    export = settings.data / "my_spotify_data.zip"
    await asyncio.to_thread(write_demo_export, export)
    script = io.StringIO(f"/import {export}\n/wait\n/playlist {SEEDS}\n")
    console = ConsoleFrontEnd(input=script, plain=True)
    await running.run_bot(settings, [console], with_worker=True, stop=stop)
    return 0 if await _tracks_of_last_playlist(settings) == settings.playlist_length else 1


async def _tracks_of_last_playlist(settings: Settings) -> int:
    async with bootstrap.open_storage(settings) as storage:
        user_id = await storage.users.find("console", "me")
        playlists = [] if user_id is None else await storage.playlists.recent(user_id, 1)
        return len(playlists[0].tracks) if playlists else 0
