"""PostgreSQL keeps old bytes in its log: what can be read of them, and how it is backed up.

One server of its own, so that nobody else's bytes are searched, and one training for all tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from songnet.demo import write_demo_export
from storage import tables
from tests.docs.markdown import blocks, read
from tests.end_to_end.bot_process import BotProcess, bot
from tests.end_to_end.keyholder import (
    forms_of_key,
    needles_in,
    opens_anything,
    readable,
    secrets_in,
    value_with,
)
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres

FILE_NAME = "my_own_listening.zip"
SEEDS = "Faded; Fearless Pt. II; Don't You Worry Child"
NEEDLES = [
    form
    for word in (FILE_NAME, "my_own_listening", "Fearless Pt. II", "Don't You Worry Child",
                 "Alan Walker", "Swedish House Mafia")
    for form in (word.encode(), word.encode("utf-16-le"))
]  # fmt: skip
SEALED_COLUMNS = [
    (table.name, column.name)
    for table in tables.metadata.sorted_tables
    for column in table.columns
    if column.type.python_type is bytes
]


@dataclass(frozen=True)
class Home:
    """A data directory, and the database that belongs to it."""

    server: PostgresServer
    data: Path
    database: str

    @property
    def environment(self) -> dict[str, str]:
        return {"SONGNET_DATABASE_URL": self.server.url(self.database)}

    @property
    def url(self) -> str:
        """As PostgreSQL's own programs take it."""
        return self.server.url(self.database, driver="")

    def sealed_columns(self) -> list[bytes]:
        with psycopg.connect(self.url) as connection:
            return [
                bytes(value)
                for table, column in SEALED_COLUMNS
                for (value,) in connection.execute(f"SELECT {column} FROM {table}".encode())
                if value is not None
            ]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    started = PostgresServer()
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def trained(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A person with a model, and one playlist."""
    folder = tmp_path_factory.mktemp("trained")
    home = Home(server, folder / "data", server.create_database())
    write_demo_export(folder / FILE_NAME, plays=400)
    with bot(home.data, environment=home.environment) as songnet:
        songnet.type(f"/import {folder / FILE_NAME}")
        songnet.wait_for("Now ask me for a playlist")
        _ask(songnet)
        _leave(songnet)
    return home


@pytest.fixture
def home(trained: Home, tmp_path: Path) -> Home:
    """A copy of it for one test."""
    data = Path(shutil.copytree(trained.data, tmp_path / "data"))
    return Home(trained.server, data, trained.server.create_database(trained.database))


def _ask(songnet: BotProcess) -> None:
    songnet.type(f"/playlist {SEEDS}")
    songnet.wait_for(r"20\. .*open\.spotify\.com")


def _leave(songnet: BotProcess) -> None:
    songnet.type("/quit")
    assert songnet.wait_for_end() == 0


def _bytes_of(directory: Path) -> Iterator[bytes]:
    """Every file, without the empty stretches that PostgreSQL makes in advance."""
    for path in directory.rglob("*"):
        if path.is_file():
            yield re.sub(rb"\0{64,}", bytes(64), path.read_bytes())


def _found(directory: Path, needles: list[bytes]) -> set[bytes]:
    return {needle for content in _bytes_of(directory) for needle in needles if needle in content}


def _flush(home: Home) -> None:
    with psycopg.connect(home.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def test_the_search_reaches_the_log_of_the_server(home: Home) -> None:
    with psycopg.connect(home.url) as connection:
        connection.execute("CREATE TABLE open (word text)")
        connection.execute("INSERT INTO open VALUES ('in the open: a plain song')")
        connection.execute("DROP TABLE open")
    _flush(home)
    log = home.server.directory / "data" / "pg_wal"
    assert _found(log, [b"a plain song"])


def test_what_the_log_keeps_of_who_is_forgotten_cannot_be_read(home: Home, tmp_path: Path) -> None:
    (secret,) = secrets_in(home.data).values()
    columns = home.sealed_columns()
    copy = Path(shutil.copytree(home.data, tmp_path / "copy"))
    # With the key, everything can be read: the searches below would find it.
    told = b"".join(value_with(secret, column) for column in columns)
    assert {*needles_in(told, NEEDLES)} >= {FILE_NAME.encode(), b"Fearless Pt. II"}
    opened = dict(readable(copy, [secret]))
    assert {name.split("/")[2] for name in opened} == {"histories", "models"}
    assert all(b"Alan Walker" in content for content in opened.values())

    with bot(home.data, "--no-worker", environment=home.environment) as songnet:
        _ask(songnet)
        songnet.type("/forget yes")
        songnet.wait_for("I have deleted everything")
        _flush(home)
        everywhere = [home.server.directory, home.data]
        sought = [*NEEDLES, *forms_of_key(secret)]
        assert [_found(place, sought) for place in everywhere] == [set(), set()]
        _leave(songnet)
    assert not [needle for needle in NEEDLES if needle in songnet.errors.encode()]
    assert home.sealed_columns() == []
    # The server still has the sealed bytes, and an older copy of the blobs may: nothing opens them.
    assert _found(home.server.directory, [column[:28] for column in columns])
    assert secrets_in(home.data) == {}
    files = [path for path in home.data.rglob("*") if path.is_file()]
    left = [path.read_bytes() for path in files if path.stat().st_size == len(secret)]
    assert left  # the key of look-ups, which opens nothing
    assert not opens_anything(left, columns)
    assert dict(readable(copy, left)) == {}


def _run(commands: str, home: Home, backup: Path) -> None:
    """Runs a block of the page as an operator does."""
    environment = {
        "PATH": f"{home.server.programs}:{os.environ['PATH']}",
        "SONGNET_DATA": str(home.data),
        "DATABASE": home.url,
        "BACKUP": str(backup),
    }
    for line in commands.splitlines():
        done = subprocess.run(
            ["/bin/sh", "-c", line], env=environment, capture_output=True, text=True, check=False
        )
        # tar's 1: something went while it was read
        assert done.returncode == 0 or (line.startswith("tar") and done.returncode == 1), done


def test_the_backup_of_the_page_goes_on_elsewhere(home: Home, tmp_path: Path) -> None:
    page = read("docs/backup.md").partition("\n## PostgreSQL")[2].partition("\n## ")[0]
    save, bring_back = (block.text for block in blocks(page, "sh"))
    elsewhere = Home(home.server, tmp_path / "elsewhere" / "data", home.server.create_database())
    elsewhere.data.parent.mkdir()
    with bot(home.data, environment=home.environment) as songnet:
        _ask(songnet)
        _run(save, home, tmp_path / "backup")
        _leave(songnet)
    _run(bring_back, elsewhere, tmp_path / "backup")
    with bot(elsewhere.data, environment=elsewhere.environment) as songnet:
        _ask(songnet)
        songnet.type("/status")
        songnet.wait_for("I know 400 plays")
        _leave(songnet)
    assert "Traceback" not in songnet.errors
    assert len(list(elsewhere.data.glob("blobs/users/1/*/*"))) == 2
