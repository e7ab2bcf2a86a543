"""Large tables on a Citus cluster: rows and their typed staging spread over its nodes by the row's key, side by side.

Where the store has no such extension nothing here does anything. Raw cells and rejections stay on the coordinator.
What the extension asks for (``create_distributed_table``, docs.citusdata.com): every unique index holds the column by
which rows are spread, as that of the open key does; what a table held before is copied to the nodes and stays on the
coordinator, unseen, until ``truncate_local_data_after_distributing_table``; that column is never updated.
"""

from collections.abc import Iterable

import structlog
from django.db import DatabaseError, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from collection.store import fence, names, tables
from workflow.exceptions import LeaseLost

log = structlog.get_logger(__name__)

_KEY = "_key"


def is_cluster() -> bool:
    """Say whether the store's database has the extension."""
    with tables.cursor() as run:
        run.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
        return bool(run.fetchone()[0])


def is_distributed(dataset_id: int, generation: int) -> bool:
    """Say whether a dataset's table is spread over the nodes."""
    return is_cluster() and _is_spread(_name(dataset_id, generation))


def _is_spread(table: str) -> bool:
    with tables.cursor() as run:
        run.execute(
            "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(%s) AND partmethod = 'h')",
            [table],
        )
        return bool(run.fetchone()[0])


def table_distribute(dataset_id: int, generation: int, *, token: int, most_rows: int) -> bool:
    """Spread a table that has more rows than stay on one server; return whether that was done now.

    Whoever reads goes on reading while rows are copied. What does not succeed – a reader holds the table, a node is
    away – is undone and tried again after the next load: it never harms the run that comes by.

    Args:
        token: fencing token of the worker that has just loaded the table.
        most_rows: how many rows, ended ones among them, stay on one server.
    """
    try:
        if not is_cluster() or is_distributed(dataset_id, generation):
            return False
        with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
            fence.fence_hold(dataset_id, token)
            run.execute(
                sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) t").format(
                    names.table(dataset_id, generation), sql.Literal(most_rows + 1)
                )
            )
            if run.fetchone()[0] <= most_rows:
                return False
            run.execute("SELECT set_config('lock_timeout', %s, true)", [tables.LOCK_TIMEOUT])
            _distribute(run, _name(dataset_id, generation), beside="none")
    except (DatabaseError, LeaseLost) as error:
        log.warning("collection_table_not_distributed", dataset=dataset_id, error=type(error).__name__)
        return False
    log.info("collection_table_distributed", dataset=dataset_id, generation=generation)
    return True


def stage_distribute(stage: names.Stage, dataset_id: int, generation: int, kind: str = "rows") -> bool:
    """Spread a run's typed rows as those of its dataset are, so that the two are joined on each node by itself.

    Args:
        kind: which of the run's tables; it has the column ``_key``.
    """
    if not is_distributed(dataset_id, generation):
        return False
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        # By a column that the table itself works out rows cannot be spread.
        run.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN _key DROP EXPRESSION IF EXISTS").format(stage.table(kind)))
        _distribute(run, f"{names.SCHEMA}.{stage.name(kind)}", beside=_name(dataset_id, generation))
        run.execute(sql.SQL("ANALYZE {}").format(stage.table(kind)))
    return True


def lineage_distribute(lineage: names.Lineage, generation: int) -> None:
    """Spread the lineage of rows as the rows are, so that the two are joined on each node by itself."""
    table = f"{names.SCHEMA}.{lineage.name}"
    if not is_distributed(lineage.dataset_id, generation) or _is_spread(table):
        return
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        _distribute(run, table, beside=_name(lineage.dataset_id, generation))
        run.execute(sql.SQL("ANALYZE {}").format(lineage.table))


def sizes(dataset_ids: Iterable[int]) -> dict[int, int]:
    """Return dataset → bytes of its tables, with their indexes, on whatever node they lie."""
    ids = list(dataset_ids)
    found = tables.sizes(ids)
    if not is_cluster():
        return found
    with tables.cursor() as run:
        run.execute(
            "SELECT dataset, sum(citus_total_relation_size(oid))::bigint"
            " FROM (SELECT c.oid, substring(c.relname FROM %s)::bigint AS dataset FROM pg_class c"
            " JOIN pg_dist_partition p ON p.logicalrelid = c.oid WHERE c.relnamespace = to_regnamespace(%s)) AS t"
            " WHERE dataset = ANY(%s::bigint[]) GROUP BY dataset",
            [names.OF_DATASETS, names.SCHEMA, ids],
        )
        for dataset_id, size in run.fetchall():
            found[dataset_id] = found.get(dataset_id, 0) + size
    return found


def _name(dataset_id: int, generation: int) -> str:
    return f"{names.SCHEMA}.{names.table_name(dataset_id, generation)}"


def _distribute(run: CursorWrapper, table: str, *, beside: str) -> None:
    run.execute("SELECT create_distributed_table(%s::regclass, %s, colocate_with => %s)", [table, _KEY, beside])
    run.execute("SELECT truncate_local_data_after_distributing_table(%s::regclass)", [table])
