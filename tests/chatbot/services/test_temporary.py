from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from chatbot.services.temporary import TemporaryFolders

_KILLED = """
import asyncio, sys
from pathlib import Path
from chatbot.services.temporary import TemporaryFolders

async def work():
    async with TemporaryFolders(Path(sys.argv[1])).folder() as folder:
        (folder / "plays").write_text("Faded")
        print("at work", flush=True)
        await asyncio.Event().wait()

asyncio.run(work())
"""


async def test_a_folder_is_gone_with_its_files_on_leaving(tmp_path: Path) -> None:
    async with TemporaryFolders(tmp_path / "tmp").folder() as folder:
        (folder / "plays").write_text("Faded")
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        async with TemporaryFolders(tmp_path / "tmp").folder() as folder:
            modes = [path.stat().st_mode & 0o777 for path in (folder, folder.parent)]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o700]


async def test_a_sweep_leaves_what_is_in_use(tmp_path: Path) -> None:
    folders = TemporaryFolders(tmp_path)
    async with folders.folder() as folder:
        assert await TemporaryFolders(tmp_path).sweep() == 0
        assert folder.is_dir()


async def test_a_sweep_takes_what_a_killed_process_left(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        assert await TemporaryFolders(tmp_path).sweep() == 0
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert [path.name for path in tmp_path.rglob("plays")] == ["plays"]
    assert await TemporaryFolders(tmp_path).sweep() == 1
    assert list(tmp_path.iterdir()) == []


async def test_there_is_nothing_to_sweep_where_nobody_ever_worked(tmp_path: Path) -> None:
    assert await TemporaryFolders(tmp_path / "tmp").sweep() == 0
