"""What was shared before anything was only offered."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, select, text

from storage import migrations, tables
from storage.database import Database

MOMENT = "2026-01-02 00:00:00+00:00"
ROWS = (
    f"users (id, created_at) VALUES (1, '{MOMENT}')",
    (
        "playlists (id, user_id, created_at, seeds, tracks, options) "
        f"VALUES ('p', 1, '{MOMENT}', '', '', '')"
    ),
    f"shares (id, playlist_id, user_id, created_at) VALUES ('s', 'p', 1, '{MOMENT}')",
)


def _schema_of_before(connection: Connection) -> None:
    config = migrations._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0008")


async def test_what_was_shared_before_stays_shared(database_url: str) -> None:
    database = Database.open(database_url)
    async with database.transaction() as connection:
        await connection.run_sync(_schema_of_before)
        for row in ROWS:
            await connection.execute(text(f"INSERT INTO {row}"))
    await database.migrate()
    async with database.reading() as connection:
        for table in (tables.playlists, tables.shares):
            assert await connection.scalar(select(table.c.is_offered)) is False
    await database.close()
