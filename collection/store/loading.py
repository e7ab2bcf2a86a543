"""Loading the difference: rows that changed or are gone are ended, new ones opened, in one store transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from collection.choices import LoadMode
from collection.store import distributing, fence, names, tables
from collection.store.columns import Column
from collection.store.staging import differs

JOIN_MEMORY = "64MB"
"""What the comparison may take before it writes to disk; with less PostgreSQL does not work in parallel."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a load changes: rows under new keys, rows with new content, rows that are gone."""

    added: int
    changed: int
    removed: int

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


class TooManyGone(Exception):
    """A load would take away more rows than it may; nothing is changed."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows


def load(
    *,
    dataset_id: int,
    generation: int,
    stage: names.Stage,
    columns: Sequence[Column],
    mode: LoadMode,
    number: int,
    most_removed: int | None = None,
    on_found: Callable[[Difference], object] = lambda found: None,
) -> Difference:
    """Load the typed rows of a run as a version that nobody sees until it is published.

    Args:
        number: the version that the rows will belong to.
        stage: where the rows are; its token is the fence.
        most_removed: how many rows may go; any number where it is left out.
        on_found: called with what was found before it is written.

    Raises:
        LeaseLost: a newer run has taken over; nothing is changed.
        TooManyGone: more rows than that would go.
    """
    table, rows = names.table(dataset_id, generation), names.rows_table(stage)
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        fence.fence_hold(dataset_id, stage.token)
        if _may_be_replaced(run, dataset_id, generation, columns):
            return Difference(_take_over(run, dataset_id, generation, stage, columns, number), 0, 0)
        found, difference = names.found_table(stage), _compare(run, stage, table, columns, mode)
        if most_removed is not None and difference.removed > most_removed:
            raise TooManyGone(difference.removed)
        on_found(difference)
        distributing.stage_distribute(stage, dataset_id, generation, "found")
        run.execute(
            sql.SQL(
                "UPDATE {table} t SET _to = %s FROM {found} f WHERE f._key = t._key AND f._is_ended AND t._to IS NULL"
            ).format(table=table, found=found),
            [number],
        )
        run.execute(
            sql.SQL(
                "INSERT INTO {table} (_from, _key, {columns}) SELECT %s, s._key, {staged} FROM {rows} s"
                " JOIN {found} f ON f._key = s._key AND f._is_opened ORDER BY s._line"
            ).format(
                table=table,
                columns=sql.SQL(", ").join(one.identifier for one in columns),
                staged=sql.SQL(", ").join(sql.SQL("s.{}").format(one.identifier) for one in columns),
                rows=rows,
                found=found,
            ),
            [number],
        )
        run.execute(sql.SQL("DROP TABLE {}").format(found))
        # Pages of changes are asked for at once; by figures of before the load each would compare all with all.
        run.execute(sql.SQL("ANALYZE {} (_from, _to, _key)").format(table))
        return difference


def _compare(
    run: CursorWrapper, stage: names.Stage, table: sql.Identifier, columns: Sequence[Column], mode: LoadMode
) -> Difference:
    """Find the keys whose rows are ended, opened, or both: one join, which PostgreSQL does in parallel."""
    found = names.found_table(stage)
    run.execute("SELECT set_config('work_mem', %s, true)", [JOIN_MEMORY])
    run.execute(
        sql.SQL(
            "CREATE UNLOGGED TABLE {found} AS SELECT coalesce(s._key, t._key) AS _key, t._key IS NOT NULL AS _is_ended,"
            " s._key IS NOT NULL AND NOT s._gone AS _is_opened"
            " FROM {rows} s {join} JOIN (SELECT * FROM {table} WHERE _to IS NULL) t ON t._key = s._key"
            " WHERE s._key IS NULL OR (t._key IS NULL AND NOT s._gone)"
            " OR (t._key IS NOT NULL AND (s._gone OR {differs}))"
        ).format(
            found=found,
            rows=names.rows_table(stage),
            join=sql.SQL("FULL" if mode == LoadMode.REPLACE else "LEFT"),
            table=table,
            differs=differs(columns, "t", "s"),
        )
    )
    run.execute(sql.SQL("ANALYZE {}").format(found))
    run.execute(
        sql.SQL(
            "SELECT count(*) FILTER (WHERE NOT _is_ended), count(*) FILTER (WHERE _is_ended AND _is_opened),"
            " count(*) FILTER (WHERE NOT _is_opened) FROM {}"
        ).format(found)
    )
    return Difference(*run.fetchone())


def _may_be_replaced(run: CursorWrapper, dataset_id: int, generation: int, columns: Sequence[Column]) -> bool:
    """Say whether no row ever came into a table, and no earlier version, empty as it was, has columns of its own."""
    if not tables.is_empty(dataset_id, generation):
        return False
    there = tables.columns_of(run, names.table_name(dataset_id, generation))
    return there <= {"_row", "_key", "_from", "_to", *(one.column for one in columns)}


def _take_over(
    run: CursorWrapper, dataset_id: int, generation: int, stage: names.Stage, columns: Sequence[Column], number: int
) -> int:
    """Let the staged rows be the table, which holds none so far: nothing is copied; return how many there are."""
    table, rows, name = names.table(dataset_id, generation), names.rows_table(stage), sql.Identifier
    run.execute(
        sql.SQL("SELECT count(*) FILTER (WHERE NOT _gone), coalesce(bool_or(_gone), false), max(_line) FROM {}").format(
            rows
        )
    )
    count, are_some_gone, last = run.fetchone()
    if are_some_gone:
        run.execute(sql.SQL("DELETE FROM {} WHERE _gone").format(rows))
    run.execute("SELECT set_config('lock_timeout', %s, true)", [tables.LOCK_TIMEOUT])
    run.execute(sql.SQL("DROP TABLE {}").format(table))
    run.execute(sql.SQL("ALTER TABLE {} SET LOGGED").format(rows))
    wanted = {"_line", "_key", *(one.column for one in columns)}
    unwanted = sorted(tables.columns_of(run, stage.name("rows")) - wanted)
    changes = [
        *(sql.SQL("DROP COLUMN {}").format(name(one)) for one in unwanted),
        sql.SQL("ADD COLUMN _from integer NOT NULL DEFAULT {}").format(sql.Literal(number)),
        sql.SQL("ADD COLUMN _to integer"),
        sql.SQL("ALTER COLUMN _key SET NOT NULL, ALTER COLUMN _row SET NOT NULL"),
    ]
    run.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN _line DROP IDENTITY IF EXISTS").format(rows))
    run.execute(sql.SQL("ALTER TABLE {} RENAME COLUMN _line TO _row").format(rows))
    for made in ("_key", *(one.column for one in columns if one.pg_type == "boolean")):
        run.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP EXPRESSION IF EXISTS").format(rows, name(made)))
    run.execute(sql.SQL("ALTER TABLE {} {}").format(rows, sql.SQL(", ").join(changes)))
    run.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(rows, name(names.table_name(dataset_id, generation))))
    run.execute(
        sql.SQL(
            "ALTER TABLE {} ALTER COLUMN _from DROP DEFAULT,"
            " ALTER COLUMN _row ADD GENERATED ALWAYS AS IDENTITY (START WITH {})"
        ).format(table, sql.Literal((last or 0) + 1))
    )
    run.execute(sql.SQL("ANALYZE {} (_from, _to)").format(table))
    return int(count)


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
