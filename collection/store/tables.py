"""Making and growing the tables of the store. Columns are added, never renamed, retyped or dropped."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from collection.store import names
from collection.store.columns import Column
from core.planned import planned_cursor

LOCK_TIMEOUT = "5s"
"""How long a change of shape waits for readers; it is tried again by the next run."""


def is_held(error: BaseException) -> bool:
    """Say whether a change of shape gave up because readers held the table for longer than ``LOCK_TIMEOUT``."""
    return isinstance(error.__cause__, errors.LockNotAvailable)


_STAGED = "^r([0-9]+)_[0-9]+_(?:raw|typed|bad|rows|found)$"
"""Names of the tables of staging, and the run in them."""

_SCHEMA_LOCK = 0x73746F7265
"""Key of the advisory lock under which the schema is made: two first runs may meet."""


def cursor() -> CursorWrapper:
    return connections[names.ALIAS].cursor()


def planned() -> AbstractContextManager[CursorWrapper]:
    return planned_cursor(names.ALIAS)


class TooSlow(OperationalError):
    """A statement was ended because its time was over."""


@contextmanager
def bounded(milliseconds: int) -> Iterator[CursorWrapper]:
    """Give a cursor whose statements end after a time: people wait for the answer.

    Raises:
        TooSlow: a statement took longer.
    """
    try:
        with transaction.atomic(using=names.ALIAS), cursor() as run:
            run.execute("SELECT set_config('statement_timeout', %s, true)", [str(max(1, int(milliseconds)))])
            yield run
            # Within a transaction of the caller the setting would outlive this block.
            run.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise TooSlow from None
        raise


def schema_ensure() -> None:
    """Make the schema, the table of fences and that of what erasures deleted, where they are not there."""
    with transaction.atomic(using=names.ALIAS), cursor() as run:
        run.execute("SELECT to_regclass('store.fence') IS NOT NULL AND to_regclass('store.erased') IS NOT NULL")
        if run.fetchone()[0]:
            return
        run.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
        run.execute("SELECT to_regnamespace('store') IS NOT NULL")
        if not run.fetchone()[0]:
            run.execute("CREATE SCHEMA store")
        run.execute("CREATE TABLE IF NOT EXISTS store.fence (dataset bigint PRIMARY KEY, token bigint NOT NULL)")
        run.execute("CREATE TABLE IF NOT EXISTS store.erased (erasure uuid PRIMARY KEY, rows bigint NOT NULL)")


def table_ensure(dataset_id: int, generation: int, columns: Sequence[Column]) -> bool:
    """Make the table, or add the columns it lacks; return whether it is new.

    A new table has no index yet: ``indexes_ensure`` makes them after the first rows are in, which is quicker.

    Raises:
        django.db.OperationalError: readers held the table for longer than ``LOCK_TIMEOUT``.
    """
    table = names.table(dataset_id, generation)
    with transaction.atomic(using=names.ALIAS), cursor() as run:
        present = columns_of(run, names.table_name(dataset_id, generation))
        wanted = [sql.SQL("{} {}").format(one.identifier, typed(one)) for one in columns if one.column not in present]
        if not present:
            run.execute(
                sql.SQL(
                    "CREATE TABLE {} (_row bigint GENERATED ALWAYS AS IDENTITY, _from integer NOT NULL, _to integer,"
                    ' _key text COLLATE "C" NOT NULL, {})'
                ).format(table, sql.SQL(", ").join(wanted))
            )
            return True
        if wanted:
            run.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            added = sql.SQL(", ").join(sql.SQL("ADD COLUMN {}").format(one) for one in wanted)
            run.execute(sql.SQL("ALTER TABLE {} {}").format(table, added))
    return False


def typed(one: Column) -> sql.Composable:
    """Return the type of a column with its order."""
    return sql.SQL(one.pg_type + (' COLLATE "C"' if one.is_text else ""))


def columns_of(run: CursorWrapper, table: str) -> set[str]:
    """Return the names of a table's columns; none where there is no such table."""
    run.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [f"{names.SCHEMA}.{table}"],
    )
    return {name for (name,) in run.fetchall()}


def indexes_ensure(dataset_id: int, generation: int) -> None:
    """Make the indexes: the open key is unique, pages go by ``_row``, changes by version and from key to key."""
    table, base = names.table(dataset_id, generation), names.table_name(dataset_id, generation)
    statements = (
        ("key", "CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} (_key) WHERE _to IS NULL"),
        ("row", "CREATE INDEX IF NOT EXISTS {} ON {} (_row)"),
        ("from", "CREATE INDEX IF NOT EXISTS {} ON {} (_from)"),
        ("to", "CREATE INDEX IF NOT EXISTS {} ON {} (_to) WHERE _to IS NOT NULL"),
        ("was", "CREATE INDEX IF NOT EXISTS {} ON {} (_key) WHERE _to IS NOT NULL"),
    )
    with cursor() as run:
        for suffix, statement in statements:
            run.execute(sql.SQL(statement).format(sql.Identifier(f"{base}_{suffix}"), table))


def table_exists(dataset_id: int, generation: int) -> bool:
    with cursor() as run:
        run.execute(
            "SELECT to_regclass(%s) IS NOT NULL", [f"{names.SCHEMA}.{names.table_name(dataset_id, generation)}"]
        )
        return bool(run.fetchone()[0])


def is_empty(dataset_id: int, generation: int) -> bool:
    """Say whether no row has ever come into a table, or there is none yet."""
    if not table_exists(dataset_id, generation):
        return True
    with cursor() as run:
        run.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(names.table(dataset_id, generation)))
        return not run.fetchone()[0]


def sizes(dataset_ids: Iterable[int]) -> dict[int, int]:
    """Return dataset → bytes of its tables, of every generation and lineage, with their indexes."""
    with cursor() as run:
        run.execute(
            "SELECT dataset, sum(pg_total_relation_size(oid))::bigint"
            " FROM (SELECT oid, substring(relname FROM %s)::bigint AS dataset FROM pg_class"
            " WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r') AS t"
            " WHERE dataset = ANY(%s::bigint[]) GROUP BY dataset",
            [names.OF_DATASETS, names.SCHEMA, list(dataset_ids)],
        )
        return dict(run.fetchall())


def runs_staged() -> set[int]:
    """Return the runs that have tables of staging."""
    with cursor() as run:
        run.execute(
            "SELECT DISTINCT substring(relname FROM %s)::bigint FROM pg_class"
            " WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r' AND relname ~ %s",
            [_STAGED, names.SCHEMA, _STAGED],
        )
        return {number for (number,) in run.fetchall()}


def staging_drop(run_id: int) -> None:
    """Drop what the workers of a run staged."""
    with cursor() as run:
        run.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'"
            " AND relname ~ %s AND substring(relname FROM %s)::bigint = %s",
            [names.SCHEMA, _STAGED, _STAGED, run_id],
        )
        for (name,) in run.fetchall():
            run.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(names.SCHEMA, name)))
