"""Which of its sources every row of a built dataset came from, for an app above that builds it.

A table for each build, beside the rows and under their key: it comes whole or not at all, and goes by being dropped.
The key may be a person's number, so what has left the rows leaves it too; nobody reads it but by rows that he has got.
"""

from collections.abc import Sequence

from django.db import ProgrammingError, connections, transaction
from psycopg import errors, sql

from collection.store import distributing, names, tables
from collection.store.names import Lineage


def lineage_begin(lineage: Lineage) -> None:
    """Make the table, within a transaction of the store: nothing is left of it where that does not end well."""
    with tables.cursor() as run:
        run.execute(
            sql.SQL('CREATE TABLE {} (_key text COLLATE "C" NOT NULL, _sources smallint[] NOT NULL)').format(
                lineage.table
            )
        )


def lineage_add(lineage: Lineage, lines: str) -> None:
    """Add rows.

    Args:
        lines: of a CSV: the key as the store makes it, and the numbers of the sources as PostgreSQL writes a list.
    """
    statement = sql.SQL("COPY {} (_key, _sources) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(lineage.table)
    with connections[names.ALIAS].wrap_database_errors, tables.cursor() as run, run.copy(statement) as copy:
        copy.write(lines.encode())


def lineage_end(lineage: Lineage) -> None:
    """Make the table ready to be read, once all rows are in."""
    with tables.cursor() as run:
        run.execute(sql.SQL("CREATE UNIQUE INDEX ON {} (_key)").format(lineage.table))
        run.execute(sql.SQL("ANALYZE {}").format(lineage.table))


def lineages_found(dataset_id: int | None = None) -> list[Lineage]:
    """Return what there is, of one dataset or of all."""
    pattern = names.LINEAGES if dataset_id is None else names.LINEAGES.replace("([0-9]+)", f"({int(dataset_id)})", 1)
    with tables.cursor() as run:
        run.execute(
            "SELECT regexp_match(relname, %s)::bigint[] FROM pg_class"
            " WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r' AND relname ~ %s ORDER BY relname",
            [pattern, names.SCHEMA, pattern],
        )
        return [Lineage(*found) for (found,) in run.fetchall()]


def lineage_drop(lineage: Lineage) -> None:
    with tables.cursor() as run:
        run.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(lineage.table))


def lineage_prune(lineage: Lineage, generation: int) -> int:
    """Delete what is told of rows that a table does not hold, ended ones among them; return of how many.

    They were rejected, erased, or belong to no version that is kept.
    """
    distributing.lineage_distribute(lineage, generation)
    with tables.cursor() as run:
        run.execute(
            sql.SQL("DELETE FROM {} l WHERE NOT EXISTS (SELECT FROM {} t WHERE t._key = l._key)").format(
                lineage.table, names.table(lineage.dataset_id, generation)
            )
        )
        return int(run.rowcount)


def sources_of_rows(lineage: Lineage, generation: int, numbers: Sequence[int]) -> dict[int, list[int]]:
    """Return number of a row that a reader got → the numbers of its sources; no key leaves the store.

    Rows of which nothing is told are left out, so are all where the table went meanwhile.
    """
    query = sql.SQL(
        "SELECT t._row, l._sources FROM {} t JOIN {} l ON l._key = t._key WHERE t._row = ANY(%s::bigint[])"
    ).format(names.table(lineage.dataset_id, generation), lineage.table)
    try:
        with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
            run.execute(query, [list(numbers)])
            return dict(run.fetchall())
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.UndefinedTable):
            return {}
        raise
