from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, text

from storage import Storage, migrations, tables
from storage.database import Database
from storage.errors import DatabaseBusy, NewerSchema, RecordMissing
from storage.keys import Keys

NEWEST = migrations.newest_revision()
_REVISION = text("SELECT version_num FROM alembic_version")


async def revisions(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(_REVISION))


async def test_migrations_and_tables_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found = list(compare_metadata(context, tables.metadata))
        if database.is_sqlite:  # SQLAlchemy cannot read there what a key does that came later
            found = [each for each in found if each[0] not in ("add_fk", "remove_fk")]
        return found

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_keys_to_other_tables_are_as_they_are_described(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("compared above")
    async with database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            rows = await connection.execute(text(f"PRAGMA foreign_key_list({table.name})"))
            found = {(row["from"], row["table"], row["on_delete"]) for row in rows.mappings()}
            assert found == {
                (key.parent.name, key.column.table.name, key.ondelete or "NO ACTION")
                for key in table.foreign_keys
            }


async def test_migrating_again_changes_nothing(database: Database) -> None:
    before = await revisions(database)
    await database.migrate()
    assert await revisions(database) == before == [NEWEST]


async def test_several_may_migrate_at_once(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(4)]
    try:
        await asyncio.gather(*(database.migrate() for database in databases))
        assert await revisions(databases[0]) == [NEWEST]
    finally:
        await asyncio.gather(*(database.close() for database in databases))


async def test_a_new_file_in_which_somebody_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "songnet.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # before the journal is a log: SQLite waits for nothing here
    database = Database.open(f"sqlite+aiosqlite:///{path}")
    migrating = asyncio.create_task(database.migrate())
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(migrating), 0.2)
        other.execute("COMMIT")
        await migrating
        assert await revisions(database) == [NEWEST]
    finally:
        other.close()
        await database.close()


async def test_several_processes_may_start_at_once(database_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from storage.database import Database\n"
        "async def start():\n"
        "    database = Database.open(sys.argv[1])\n"
        "    await database.migrate()\n"
        "    await database.close()\n"
        "asyncio.run(start())\n"
    )
    starts = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, database_url, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for start in starts:
        _, complaint = await start.communicate()
        assert (start.returncode, complaint) == (0, b"")


async def test_data_of_a_newer_songnet_is_refused_unharmed(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        await database.migrate()
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            await connection.execute(text("CREATE TABLE of_the_future (id INTEGER)"))
        with pytest.raises(NewerSchema) as caught:
            await database.migrate()
        assert (caught.value.found, caught.value.known) == ("9999", NEWEST)
        assert await revisions(database) == ["9999"]
    finally:
        await database.close()


async def test_a_file_of_a_newer_songnet_stays_the_same_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "songnet.db"
    database = Database.open(f"sqlite+aiosqlite:///{file}")
    await database.migrate()
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(NewerSchema):
        await Storage.open(f"sqlite+aiosqlite:///{file}", (tmp_path / "blobs").as_uri())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


async def test_a_migration_that_fails_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrations.upgrade

    def cut_short(connection: Connection, keys: Keys | None) -> None:
        upgrade(connection, keys)
        raise RuntimeError("the power went")

    database = Database.open(database_url)
    try:
        monkeypatch.setattr(migrations, "upgrade", cut_short)
        with pytest.raises(RuntimeError, match="the power went"):
            await database.migrate()
        async with database.reading() as connection:
            left = await connection.run_sync(lambda c: c.dialect.get_table_names(c))
        assert left == []
        monkeypatch.undo()
        await database.migrate()
        assert await revisions(database) == [NEWEST]
    finally:
        await database.close()


async def test_an_exception_rolls_back(database: Database) -> None:
    with pytest.raises(RuntimeError, match="no"):
        async with database.transaction() as connection:
            await connection.execute(text("DELETE FROM alembic_version"))
            raise RuntimeError("no")
    assert await revisions(database) == [NEWEST]


async def test_an_error_does_not_quote_what_was_to_be_written(database: Database) -> None:
    stranger = {
        "platform": "discord",
        "platform_id_hmac": "d-4711",
        "platform_id": b"d-4711",
        "user_id": 999,
    }
    with pytest.raises(RecordMissing) as caught:
        async with database.transaction() as connection:
            await connection.execute(insert(tables.identities).values(stranger))
    assert caught.value.__cause__ is not None
    assert "d-4711" not in str(caught.value.__cause__)


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        assert await revisions(database) == [NEWEST]


async def test_a_lock_that_is_not_released_is_reported(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/songnet.db"
    holder, waiter = Database.open(url), Database.open(url, busy_timeout_seconds=0.05)
    try:
        async with holder.transaction():
            with pytest.raises(DatabaseBusy):
                async with waiter.transaction():
                    pass
    finally:
        await holder.close()
        await waiter.close()


async def test_a_row_lock_that_is_not_released_is_reported(postgres_url: str) -> None:
    holder, waiter = (
        Database.open(postgres_url),
        Database.open(postgres_url, busy_timeout_seconds=0.05),
    )
    try:
        await holder.migrate()
        async with holder.transaction() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            with pytest.raises(DatabaseBusy):
                async with waiter.transaction() as waiting:
                    await waiting.execute(text("DELETE FROM alembic_version"))
    finally:
        await holder.close()
        await waiter.close()


async def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/songnet.db", busy_timeout_seconds=7)
    try:
        async with database.reading() as connection:
            found = {
                name: await connection.scalar(text(f"PRAGMA {name}"))
                for name in (
                    "journal_mode",
                    "foreign_keys",
                    "synchronous",
                    "secure_delete",
                    "busy_timeout",
                )
            }
    finally:
        await database.close()
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "secure_delete": 1,
        "busy_timeout": 7000,
    }


async def test_sqlite_files_are_for_their_owner_only(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/a/b/songnet.db")
    try:
        await database.migrate()
        async with database.reading() as connection:
            await connection.execute(_REVISION)
            files = {
                path.name: stat.S_IMODE(path.stat().st_mode)
                for path in (tmp_path / "a/b").iterdir()
            }
    finally:
        await database.close()
    assert files == dict.fromkeys(["songnet.db", "songnet.db-wal", "songnet.db-shm"], 0o600)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700


async def test_migrating_leaves_the_event_loop_free(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/songnet.db")
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    beating = asyncio.create_task(beat())
    try:
        await database.migrate()
    finally:
        beating.cancel()
        await database.close()
    assert beats > 100


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "sqlite:///sync.db", "sqlite+aiosqlite://", "postgresql://host/db"]
)
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Expected sqlite"):
        Database.open(url)


def test_a_refused_url_keeps_its_password() -> None:
    with pytest.raises(ValueError, match="Expected") as caught:
        Database.open("postgresql://me:s3cret@host/db")
    assert "s3cret" not in str(caught.value)
