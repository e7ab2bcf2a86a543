"""Who may write to a dataset in the store. The store may be another server, so it keeps tokens of its own.

A run brings the fencing token of its lease. A higher token shuts out every lower one for good: a worker that
was taken for dead and wakes up again can neither load nor end rows.
"""

from django.db import connections, transaction
from psycopg import sql

from collection.store import names, tables
from workflow.exceptions import LeaseLost


def fence_take(dataset_id: int, token: int, *, generation: int, published: int) -> None:
    """Shut out older runs and undo what they left: rows of versions that were never published.

    Args:
        generation: generation of the published version.
        published: number of the published version, 0 where there is none.

    Raises:
        LeaseLost: a newer run holds the dataset.
    """
    tables.schema_ensure()
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        run.execute(
            "INSERT INTO store.fence (dataset, token) VALUES (%s, %s)"
            " ON CONFLICT (dataset) DO UPDATE SET token = excluded.token WHERE store.fence.token <= excluded.token",
            [dataset_id, token],
        )
        if run.rowcount == 0:
            raise LeaseLost(f"dataset {dataset_id}")
        for number in (generation, generation + 1):
            if not tables.table_exists(dataset_id, number):
                continue
            table = names.table(dataset_id, number)
            run.execute(sql.SQL("DELETE FROM {} WHERE _from > %s").format(table), [published])
            run.execute(sql.SQL("UPDATE {} SET _to = NULL WHERE _to > %s").format(table), [published])


def fence_hold(dataset_id: int, token: int) -> None:
    """Hold the fence for the rest of the store's transaction.

    Raises:
        LeaseLost: a newer run holds the dataset.
        RuntimeError: no transaction is open in the store.
    """
    if not connections[names.ALIAS].in_atomic_block:
        raise RuntimeError("a fence holds within a transaction only")
    with tables.cursor() as run:
        run.execute("SELECT token FROM store.fence WHERE dataset = %s FOR UPDATE", [dataset_id])
        row = run.fetchone()
        if row is None or row[0] != token:
            raise LeaseLost(f"dataset {dataset_id}")
