"""Which columns hold any value at all: of a version, and of the rows that a run has staged."""

from collections.abc import Sequence

from psycopg import sql

from collection.store import names, tables
from collection.store.columns import Column


def filled_in_version(dataset_id: int, generation: int, number: int, columns: Sequence[Column]) -> set[str]:
    """Return the identities of the items that have a value in some row of a version."""
    there = sql.SQL("t._from <= {0} AND (t._to IS NULL OR t._to > {0})").format(sql.Literal(int(number)))
    return _filled(names.table(dataset_id, generation), columns, there)


def filled_in_stage(stage: names.Stage, columns: Sequence[Column]) -> set[str]:
    """Return the identities of the items that have a value in some staged row."""
    return _filled(names.rows_table(stage), columns, sql.SQL("true"))


def _filled(table: sql.Identifier, columns: Sequence[Column], there: sql.Composable) -> set[str]:
    """Ask of each column by itself: a value is found at once, and only an empty column is read through."""
    found = set()
    with tables.cursor() as run:
        for one in columns:
            run.execute(
                sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE {} AND t.{} IS NOT NULL)").format(
                    table, there, one.identifier
                )
            )
            if run.fetchone()[0]:
                found.add(one.item)
    return found
