"""A backup of a bot at work, brought back elsewhere: real processes, real files."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.bot_process import bot, bot_environment
from tests.end_to_end.faults import Fault, faulty_bot
from tests.fixtures import stored_data


def operate(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatbot", *map(str, arguments)],
        env=bot_environment(data),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_backup_of_a_bot_at_work_goes_on_elsewhere(tmp_path: Path) -> None:
    data, elsewhere = stored_data.restore("0.1.0", tmp_path / "data"), tmp_path / "elsewhere"
    backup = tmp_path / "songnet.backup"
    before = os.umask(0)
    try:
        with faulty_bot(data, [Fault("parsing", "hold")]) as (songnet, struck):
            struck.wait_until_held("parsing")  # the import that waited is at work
            written = operate(data, "backup", backup)
            assert (written.returncode, written.stderr) == (0, "")
            assert f"Done: {backup}" in written.stdout
            refused = operate(data, "restore", backup, "--replace")
            assert refused.returncode == 1
            assert "another bot" in refused.stderr
            songnet.kill()
        assert operate(data, "backup", backup).returncode == 1
        restored = operate(elsewhere, "restore", backup)
        assert (restored.returncode, restored.stderr) == (0, "")
        with bot(elsewhere) as songnet:
            songnet.wait_for("Here is what I found")
            songnet.type("/playlist Faded")
            songnet.wait_for("open.spotify.com")
            songnet.close_input()
            assert songnet.wait_for_end() == 0
    finally:
        os.umask(before)
    assert "Traceback" not in songnet.errors
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    for path in (*data.rglob("*"), *elsewhere.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_file_that_is_no_backup_is_one_clear_line(tmp_path: Path) -> None:
    other = tmp_path / "holiday.pdf"
    other.write_bytes(b"%PDF")
    refused = operate(tmp_path / "data", "restore", other)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "is no backup of songnet" in refused.stderr
    assert not (tmp_path / "data").exists()
