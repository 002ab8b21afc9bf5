"""What we call things at DBOS, and those of its tables that its interface does not reach into."""

from __future__ import annotations

import sqlalchemy as sa
from dbos import DBOSPortableJSONSerializer

APPLICATION = "songnet"
VERSION = "1"
"""Pinned: raised only when jobs of an older release cannot be continued by this one."""
WORKFLOW = "songnet.job"
"""The one DBOS workflow; the task is its argument."""
WAITING_QUEUE = "songnet-waiting"
"""Jobs that wait for their user's turn; no worker listens."""
JOBS_QUEUE = "songnet-jobs"
"""The job whose turn it is, and those that run."""
ENDS_QUEUE = "songnet-ends"
"""Jobs that were cancelled in the queue: they only have to be told, and overtake the others."""
WITHDRAWN_QUEUE = "songnet-withdrawn"
"""Jobs that are about to be deleted; no worker listens."""
PROGRESS_EVENT = "progress"
CANCEL_NOTE = "cancel"
DEATH_NOTE = "death:"
SERIALIZER = DBOSPortableJSONSerializer()
"""Plain JSON: nothing that is read from the database can run code."""

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
