"""Run by Alembic: migrates over the connection that `storage.migrations.upgrade` hands over.

Called from Alembic's command line, it connects by itself, to compare `storage.tables` with a
scratch database: `alembic -c storage/migrations/alembic.ini -x url=sqlite:///scratch.db ...`.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from storage.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    _run(handed_over)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as scratch:
        _run(scratch)
