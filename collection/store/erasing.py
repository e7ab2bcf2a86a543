"""Removing rows for good, from every version and generation that the store still holds."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from psycopg import sql

from collection.store import fence, names, tables

KINDS = ("t", "n", "i", "d")
"""Physical kinds of columns by which rows are found: texts, numbers, dates."""


def _columns_of(dataset_id: int, generation: int, item: UUID) -> list[str]:
    """Return the physical columns that an item has had in a generation; a new type is a new column."""
    with tables.cursor() as run:
        run.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
            " AND attname = ANY(%s)",
            [
                f"{names.SCHEMA}.{names.table_name(dataset_id, generation)}",
                [f"i{item.hex}_{kind}" for kind in KINDS],
            ],
        )
        return [name for (name,) in run.fetchall()]


def _condition(columns: Sequence[str]) -> sql.Composable:
    """Return the condition under which a row is the subject's; each column takes the values as a parameter."""
    parts = []
    for one in columns:
        cell = sql.SQL("t.{}").format(sql.Identifier(one))
        if one.endswith("_n"):
            cell = sql.SQL("trim_scale({})::text").format(cell)
        elif not one.endswith("_t"):
            cell = sql.SQL("{}::text").format(cell)
        parts.append(sql.SQL("{} = ANY(%s::text[])").format(cell))
    return sql.SQL(" OR ").join(parts)


def rows_count(dataset_id: int, generations: Sequence[int], item: UUID, values: Sequence[str]) -> int:
    """Count the stored rows of a subject, those of superseded versions among them."""
    found = 0
    for generation in generations:
        columns = _columns_of(dataset_id, generation, item)
        if not columns:
            continue
        statement = sql.SQL("SELECT count(*) FROM {} t WHERE {}").format(
            names.table(dataset_id, generation), _condition(columns)
        )
        with tables.cursor() as run:
            run.execute(statement, [list(values)] * len(columns))
            found += int(run.fetchone()[0])
    return found


def rows_delete(
    dataset_id: int, generations: Sequence[int], item: UUID, values: Sequence[str], *, token: int
) -> int:  # fmt: skip
    """Delete the rows of a subject from all generations in one store transaction; return how many there were.

    Raises:
        LeaseLost: somebody else holds the dataset; nothing is deleted.
    """
    deleted = 0
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        fence.fence_hold(dataset_id, token)
        for generation in generations:
            columns = _columns_of(dataset_id, generation, item)
            if not columns:
                continue
            statement = sql.SQL("DELETE FROM {} t WHERE {}").format(
                names.table(dataset_id, generation), _condition(columns)
            )
            run.execute(statement, [list(values)] * len(columns))
            deleted += int(run.rowcount)
    return deleted


def version_row_counts(dataset_id: int, generation: int, numbers: Sequence[int]) -> dict[int, int]:
    """Count the rows of versions in one pass over their table."""
    if not numbers or not tables.table_exists(dataset_id, generation):
        return {}
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) FILTER (WHERE t._from <= {0} AND (t._to IS NULL OR t._to > {0}))").format(
            sql.Literal(int(number))
        )
        for number in numbers
    )
    with tables.cursor() as run:
        run.execute(sql.SQL("SELECT {} FROM {} t").format(counts, names.table(dataset_id, generation)))
        return dict(zip(numbers, map(int, run.fetchone()), strict=True))
