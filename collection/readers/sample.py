"""A part of a large version: evenly spread runs of consecutive rows, the same on every call."""

from psycopg import sql

from collection.readers.page import PinnedVersion
from collection.store import names, tables

WINDOWS = 100


def sampled(version: PinnedVersion, rows: int, wanted: int) -> sql.Composable:
    """Return the condition that leaves about so many rows ``t``: ranges of an index, so its cost does not grow.

    Args:
        rows: rows of the version; where they are no more than wanted, all are left.
    """
    if rows <= wanted:
        return sql.SQL("true")
    with tables.cursor() as run:
        run.execute(
            sql.SQL("SELECT min(_row), max(_row) FROM {}").format(names.table(version.dataset_id, version.generation))
        )
        first, last = run.fetchone()
    step = max(1, (last - first + 1) // WINDOWS)
    width = max(1, step * wanted // rows)
    runs = [
        sql.SQL("t._row BETWEEN {} AND {}").format(sql.Literal(start), sql.Literal(start + width - 1))
        for start in range(first, last + 1, step)
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(runs))
