"""Those of DBOS's tables and columns that its own interface does not reach far enough into."""

from __future__ import annotations

import sqlalchemy as sa

_TABLES = sa.MetaData()

WORKFLOWS = sa.Table(
    "workflow_status",
    _TABLES,
    sa.Column("workflow_uuid", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("queue_name", sa.Text),
    sa.Column("queue_partition_key", sa.Text),
    sa.Column("executor_id", sa.Text),
    sa.Column("owner_xid", sa.Text),
    sa.Column("started_at_epoch_ms", sa.BigInteger),
    sa.Column("priority", sa.Integer),
    sa.Column("authenticated_user", sa.Text),
    sa.Column("created_at", sa.BigInteger),
    sa.Column("completed_at", sa.BigInteger),
    sa.Column("attributes", sa.JSON),
)
"""One row a job; `created_at` and `completed_at` are whole seconds on SQLite, in milliseconds."""

STEPS = sa.Table(
    "operation_outputs",
    _TABLES,
    sa.Column("workflow_uuid", sa.Text),
    sa.Column("function_id", sa.Integer),
    sa.Column("function_name", sa.Text),
    sa.Column("output", sa.Text),
    sa.Column("started_at_epoch_ms", sa.BigInteger),
    sa.Column("completed_at_epoch_ms", sa.BigInteger),
)
"""One row a finished step, timed by the worker's clock to the millisecond."""
