"""The main job with PostgreSQL in place of the files: the same code, another URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from songnet.demo import write_demo_export
from tests.end_to_end.bot_process import bot


@pytest.mark.postgres
def test_the_main_job_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    export = tmp_path / "my_spotify_data.zip"
    write_demo_export(export, plays=1500)
    environment = {"SONGNET_DATABASE_URL": postgres_url}
    with bot(tmp_path / "data", environment=environment) as songnet:
        songnet.type(f"/import {export}")
        songnet.wait_for("Ready")
        songnet.type("/playlist Faded")
        songnet.wait_for(r"^ *20\. .*open\.spotify\.com")
        songnet.type("/quit")
        assert songnet.wait_for_end() == 0
    assert list((tmp_path / "data").glob("*.sqlite*")) == []
