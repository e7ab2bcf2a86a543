"""Loading the difference: rows that changed or are gone are ended, new ones opened, in one store transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from psycopg import sql

from collection.choices import LoadMode
from collection.store import fence, names, tables
from collection.store.columns import Column
from collection.store.staging import differs


@dataclass(frozen=True, slots=True)
class Difference:
    """What a load changes: rows under new keys, rows with new content, rows that are gone."""

    added: int
    changed: int
    removed: int

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


def load(
    *, dataset_id: int, generation: int, stage: names.Stage, columns: Sequence[Column], mode: LoadMode, number: int
) -> Difference:
    """Load the typed rows of a run as a version that nobody sees until it is published.

    Args:
        number: the version that the rows will belong to.
        stage: where the rows are; its token is the fence.

    Raises:
        LeaseLost: a newer run has taken over; nothing is changed.
    """
    table = names.table(dataset_id, generation)
    rows = names.rows_table(stage)
    columns_sql = sql.SQL(", ").join(one.identifier for one in columns)
    staged = sql.SQL(", ").join(sql.SQL("s.{}").format(one.identifier) for one in columns)
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        fence.fence_hold(dataset_id, stage.token)
        run.execute(sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE _to IS NULL)").format(table))
        if not run.fetchone()[0]:
            run.execute(
                sql.SQL(
                    "INSERT INTO {} (_from, _key, {}) SELECT {}, s._key, {} FROM {} s"
                    " WHERE NOT s._gone ORDER BY s._line"
                ).format(table, columns_sql, sql.Literal(number), staged, rows)
            )
            return Difference(int(run.rowcount), 0, 0)
        run.execute(
            sql.SQL(
                "UPDATE {table} t SET _to = %s FROM {rows} s"
                " WHERE s._key = t._key AND t._to IS NULL AND NOT s._gone AND {differs}"
            ).format(table=table, rows=rows, differs=differs(columns, "t", "s")),
            [number],
        )
        changed = int(run.rowcount)
        removed = 0
        if mode == LoadMode.REPLACE:
            run.execute(
                sql.SQL(
                    "UPDATE {table} t SET _to = %s WHERE t._to IS NULL"
                    " AND NOT EXISTS (SELECT FROM {rows} s WHERE s._key = t._key)"
                ).format(table=table, rows=rows),
                [number],
            )
            removed = int(run.rowcount)
        if mode == LoadMode.CHANGES:
            run.execute(
                sql.SQL(
                    "UPDATE {table} t SET _to = %s FROM {rows} s WHERE s._key = t._key AND t._to IS NULL AND s._gone"
                ).format(table=table, rows=rows),
                [number],
            )
            removed = int(run.rowcount)
        run.execute(
            sql.SQL(
                "INSERT INTO {table} (_from, _key, {columns}) SELECT %s, s._key, {staged} FROM {rows} s"
                " WHERE NOT s._gone AND NOT EXISTS"
                " (SELECT FROM {table} t WHERE t._key = s._key AND t._to IS NULL) ORDER BY s._line"
            ).format(table=table, columns=columns_sql, staged=staged, rows=rows),
            [number],
        )
        return Difference(int(run.rowcount) - changed, changed, removed)


def version_purge(dataset_id: int, generation: int, oldest_kept: int) -> int:
    """Delete the rows that ended before the oldest version still kept; return how many."""
    if not tables.table_exists(dataset_id, generation):
        return 0
    with tables.cursor() as run:
        run.execute(
            sql.SQL("DELETE FROM {} WHERE _to <= %s").format(names.table(dataset_id, generation)), [oldest_kept]
        )
        return int(run.rowcount)


def generation_drop(dataset_id: int, generation: int) -> None:
    """Drop the table of a generation of which no version is kept any more."""
    with tables.cursor() as run:
        run.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(names.table(dataset_id, generation)))
