"""Removing rows for good, from every version and generation that the store still holds."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg import sql

from collection.store import fence, names, tables
from collection.store.columns import Column
from collection.store.patterns import COLLATION
from collection.subject_numbers import BETWEEN_DIGITS, LONG_NUMBER, Sought

KINDS = ("t", "n", "i", "d")
"""Physical kinds of columns by which rows are found: texts, numbers, dates."""
NUMBERS = ("n", "i")


def _columns_of(dataset_id: int, generation: int, wanted: Sequence[str]) -> list[str]:
    """Return those of the physical columns that a generation has; a new type of an item is a new column."""
    with tables.cursor() as run:
        run.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
            " AND attname = ANY(%s)",
            [f"{names.SCHEMA}.{names.table_name(dataset_id, generation)}", list(wanted)],
        )
        return [name for (name,) in run.fetchall()]


def _condition(columns: Sequence[str], sought: Sought) -> tuple[sql.Composable, list[Any]]:
    """Return the condition under which a row is the subject's, and its parameters.

    Texts are compared sign by sign, for ``000123`` may be another's than ``123``; numbers by what they are worth.
    """
    parts: list[sql.Composable] = []
    values: list[Any] = []
    for one in columns:
        cell = sql.SQL("t.{}").format(sql.Identifier(one))
        kind = one.rpartition("_")[2]
        if kind in NUMBERS:
            plain = sql.SQL("trim_scale({})").format(cell) if kind == "n" else cell
            parts.append(sql.SQL("{}::text = %s::text").format(plain))
            values.append(sought.number)
            continue
        parts.append(sql.SQL("{}::text = ANY(%s::text[])").format(cell))
        values.append(list(sought.texts))
        if kind == "t" and sought.whole:
            parts.append(_fits(cell))
            values.append(sought.whole)
    return sql.SQL(" OR ").join(parts), values


def _fits(cell: sql.Composable) -> sql.Composable:
    """Return the condition under which a text, made half-width, fits a pattern, which it takes as a parameter."""
    return sql.SQL("normalize({}, NFKC) {} ~ %s::text").format(cell, COLLATION)


def rows_count(dataset_id: int, generations: Sequence[int], item: UUID, sought: Sought) -> int:
    """Count the stored rows of a subject, those of superseded versions among them."""
    found = 0
    for generation in generations:
        columns = _columns_of(dataset_id, generation, [f"i{item.hex}_{kind}" for kind in KINDS])
        if not columns:
            continue
        condition, values = _condition(columns, sought)
        found += _count(dataset_id, generation, condition, values)
    return found


def mentions_count(dataset_id: int, generations: Sequence[int], items: Sequence[UUID], sought: Sought) -> int:
    """Count the stored rows whose texts mention a subject; they are others' once the subject's own are gone.

    Args:
        items: whose texts are looked at.
    """
    if not sought.mention:
        return 0
    found = 0
    for generation in generations:
        columns = _columns_of(dataset_id, generation, [f"i{item.hex}_t" for item in items])
        if not columns:
            continue
        cells = [sql.SQL("t.{}").format(sql.Identifier(one)) for one in columns]
        condition = sql.SQL(" OR ").join(map(_fits, cells))
        found += _count(dataset_id, generation, condition, [sought.mention] * len(cells))
    return found


def _count(dataset_id: int, generation: int, condition: sql.Composable, values: Sequence[Any]) -> int:
    table = names.table(dataset_id, generation)
    with tables.cursor() as run:
        run.execute(sql.SQL("SELECT count(*) FROM {} t WHERE {}").format(table, condition), values)
        return int(run.fetchone()[0])


def rows_delete(
    dataset_id: int,
    generations: Sequence[int],
    item: UUID,
    sought: Sought,
    *,
    token: int,
    erasure: UUID,
    noted: int,
) -> int:
    """Delete the rows of a subject from all generations; return how many the erasure has deleted in all.

    That is kept by the same transaction of the store: a worker may die before it notes it elsewhere, and rows that are
    gone when the next one comes may as well have been purged.

    Args:
        noted: how many were noted as deleted, where the store has kept nothing of the erasure yet.

    Raises:
        LeaseLost: somebody else holds the dataset; nothing is deleted.
    """
    deleted = 0
    with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
        fence.fence_hold(dataset_id, token)
        for generation in generations:
            columns = _columns_of(dataset_id, generation, [f"i{item.hex}_{kind}" for kind in KINDS])
            if not columns:
                continue
            condition, values = _condition(columns, sought)
            table = names.table(dataset_id, generation)
            run.execute(sql.SQL("DELETE FROM {} t WHERE {}").format(table, condition), values)
            deleted += int(run.rowcount)
        run.execute(
            "INSERT INTO store.erased (erasure, rows) VALUES (%s, %s)"
            " ON CONFLICT (erasure) DO UPDATE SET rows = store.erased.rows + %s RETURNING rows",
            [erasure, noted + deleted, deleted],
        )
        return int(run.fetchone()[0])


def rows_deleted(erasure: UUID) -> int:
    """Return how many rows an erasure has deleted."""
    tables.schema_ensure()
    with tables.cursor() as run:
        run.execute("SELECT coalesce(max(rows), 0) FROM store.erased WHERE erasure = %s", [erasure])
        return int(run.fetchone()[0])


_HASHED = sql.SQL("encode(sha256(%s::bytea || sha256(%s::bytea || convert_to({}, 'UTF8'))), 'hex') = ANY(%s::text[])")
"""HMAC (RFC 2104) in SQL."""


def returned_count(
    dataset_id: int, generation: int, number: int, sought: Mapping[Column, Sequence[str]], pads: tuple[bytes, bytes]
) -> int:
    """Count the rows that a load has opened in which a value has one of some keyed hashes, and was in no row before it.

    A long number in a text is also hashed without what stands between its digits: that is how it is hashed today, while
    hashes of earlier releases hold it as it was written.

    Args:
        number: of the version that was loaded, whether it is published or not.
        sought: the hashes by column.
        pads: the key as HMAC uses it, inside and outside; a parameter, as the hashes are.
    """
    table = names.table(dataset_id, generation)
    parts: list[sql.Composable] = []
    news: list[sql.Composable] = []
    values: list[Any] = []
    for at, (column, hashes) in enumerate(sought.items()):
        condition, hashed = _hashed(column, hashes, pads)
        back, known = sql.Identifier(f"back{at}"), sql.Identifier(f"known{at}")
        parts.append(
            sql.SQL(
                "{back} AS MATERIALIZED (SELECT s._row, s.{cell} AS value FROM {table} s"
                " WHERE s._from = {number} AND ({condition})),"
                " {known} AS (SELECT DISTINCT k.{cell} AS value FROM {table} k WHERE k._from < {number}"
                " AND (k._to IS NULL OR k._to = {number}) AND k.{cell} IN (SELECT value FROM {back}))"
            ).format(
                back=back,
                known=known,
                cell=column.identifier,
                table=table,
                number=sql.Literal(int(number)),
                condition=condition,
            )
        )
        new = "SELECT b._row FROM {back} b LEFT JOIN {known} k ON k.value = b.value WHERE k.value IS NULL"
        news.append(sql.SQL(new).format(back=back, known=known))
        values += hashed
    statement = sql.SQL("WITH {} SELECT count(DISTINCT _row) FROM ({}) found")
    with tables.cursor() as run:
        run.execute(statement.format(sql.SQL(", ").join(parts), sql.SQL(" UNION ALL ").join(news)), values)
        return int(run.fetchone()[0])


def _hashed(column: Column, hashes: Sequence[str], pads: tuple[bytes, bytes]) -> tuple[sql.Composable, list[Any]]:
    """Return the condition under which a cell has one of some keyed hashes, and its parameters."""
    inside, outside = pads
    cell = sql.SQL("s.{}").format(column.identifier)
    text = sql.SQL("trim_scale({})" if column.pg_type == "numeric" else "{}").format(cell)
    folded = sql.SQL("upper(regexp_replace(normalize({}::text, NFKC), '\\s+', '', 'g'))").format(text)
    condition, values = _HASHED.format(folded), [outside, inside, list(hashes)]
    if not column.is_text:
        return condition, values
    bare = sql.SQL("regexp_replace({}, {}, '', 'g')").format(folded, sql.Literal(BETWEEN_DIGITS))
    either = sql.SQL("{} OR ({} ~ {} AND {})")
    return either.format(condition, bare, sql.Literal(LONG_NUMBER), _HASHED.format(bare)), values * 2


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
