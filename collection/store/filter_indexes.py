"""Indexes for the items that a dataset declares as filters: made while people read and runs load, dropped likewise."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections
from psycopg import sql

from collection.store import names, tables
from collection.store.columns import Column

INDEXED_CHARACTERS = 200
"""An index row has a largest size, so of a text its beginning is indexed; the whole text is compared after that."""

_LOCK = 0x66696C74
"""First key of the advisory lock under which a dataset's indexes are made; the second is the dataset."""


class IndexesBusy(Exception):
    """Another worker is making the indexes of this dataset; it may not know of the latest declaration."""


def indexed(column: Column, row: str = "t") -> sql.Composable:
    """Return what the index of an item holds."""
    cell = sql.SQL("{}.{}").format(sql.Identifier(row), column.identifier)
    return sql.SQL("left({}, {})").format(cell, sql.Literal(INDEXED_CHARACTERS)) if column.is_text else cell


def _name(dataset_id: int, generation: int, column: Column) -> str:
    return f"{names.table_name(dataset_id, generation)}_f_{column.column}"


def filter_indexes_ensure(dataset_id: int, generation: int, columns: Sequence[Column]) -> tuple[int, int]:
    """Make the indexes of the declared items and drop all others of their kind; return how many of each.

    Outside of a transaction they are made concurrently, so that nobody waits; what an interrupted attempt left
    invalid is dropped and made anew.

    Raises:
        IndexesBusy: another worker is at it.
    """
    if not tables.table_exists(dataset_id, generation) or not (columns or _present(dataset_id, generation)):
        return 0, 0
    wanted = {_name(dataset_id, generation, one): one for one in columns}
    concurrently = sql.SQL("" if connections[names.ALIAS].in_atomic_block else "CONCURRENTLY")
    made = dropped = 0
    with _alone(dataset_id), tables.cursor() as run:
        for name, is_valid in _present(dataset_id, generation):
            if name not in wanted or not is_valid:
                run.execute(
                    sql.SQL("DROP INDEX {} IF EXISTS {}").format(concurrently, sql.Identifier(names.SCHEMA, name))
                )
                dropped += 1
            else:
                del wanted[name]
        for name, column in wanted.items():
            run.execute(
                sql.SQL("CREATE INDEX {} {} ON {} (({}), _row)").format(
                    concurrently,
                    sql.Identifier(name),
                    names.table(dataset_id, generation),
                    _own(column),
                )
            )
            made += 1
        if made:
            # An index over an expression tells the planner nothing before its statistics are there.
            run.execute(sql.SQL("ANALYZE {}").format(names.table(dataset_id, generation)))
    return made, dropped


def _own(column: Column) -> sql.Composable:
    """Return what is indexed as ``CREATE INDEX`` names it: without an alias."""
    if column.is_text:
        return sql.SQL("left({}, {})").format(column.identifier, sql.Literal(INDEXED_CHARACTERS))
    return column.identifier


def _present(dataset_id: int, generation: int) -> list[tuple[str, bool]]:
    prefix = f"{names.table_name(dataset_id, generation)}_f_"
    with tables.cursor() as run:
        run.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = to_regclass(%s) AND starts_with(c.relname::text, %s)",
            [f"{names.SCHEMA}.{names.table_name(dataset_id, generation)}", prefix],
        )
        return list(run.fetchall())


@contextmanager
def _alone(dataset_id: int) -> Iterator[None]:
    """Hold the dataset's lock, without waiting: who waits in a statement would hold up a concurrent index.

    Raises:
        IndexesBusy: somebody else holds it.
    """
    with tables.cursor() as run:
        run.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, dataset_id])
        if not run.fetchone()[0]:
            raise IndexesBusy(str(dataset_id))
        try:
            yield
        finally:
            run.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, dataset_id])
