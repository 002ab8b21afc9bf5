"""The way from any older schema to the one in `storage.tables`, in one transaction.

A new step: change `storage.tables`, then
`alembic -c storage/migrations/alembic.ini revision --autogenerate -m "what and why"`.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.errors import NewerSchema
from storage.keys import Keys

_alembic = Lock()
"""Alembic keeps what it does in its modules: one thread at a time, whatever its database."""
_ADVISORY_LOCK = 0x736F6E67  # any number that no other program on the server uses: "song"


def newest_revision() -> str:
    """The newest schema that this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def is_current(connection: Connection) -> bool:
    """Whether the schema is the newest that this code knows.

    Raises:
        NewerSchema: the database knows a revision that this code does not.
    """
    scripts = ScriptDirectory.from_config(_config())
    newest = newest_revision()
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {step.revision for step in scripts.walk_revisions()}:
        raise NewerSchema(found, newest)
    return found == newest


def upgrade(connection: Connection, keys: Keys | None = None) -> None:
    """Brings the schema up to date inside the connection's transaction.

    Args:
        connection: in its transaction.
        keys: what rows that stand in the open are sealed with; needed where there are any.

    Raises:
        NewerSchema: the database knows a revision that this code does not.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction holds its lock already
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _ADVISORY_LOCK})
    if is_current(connection):  # another process was faster
        return
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["keys"] = keys
    with _alembic:
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    # A percent sign starts an interpolation in Alembic's configuration.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
