"""One page of rows by keyset, as JSON that the database builds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import sql

from catalog.choices import Mask
from collection.readers import filters
from collection.readers.entitlement import Condition, Entitlement
from collection.readers.masks import Parameters, masked
from collection.readers.shown import Shown, alias, json_row
from collection.store import names, tables
from collection.store.columns import Column

MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class PinnedVersion:
    """The version that a reader reads from the first page to the last.

    Attributes:
        lineage: changes are told within one lineage only; an erasure begins another.
    """

    dataset_id: int
    generation: int
    number: int
    columns: tuple[Column, ...]
    lineage: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        rows: a JSON array of objects, as text.
        count: rows in it.
        next_after: where the next page begins; None at the end.
        numbers: those of its rows, where they were asked for.
    """

    rows: str
    count: int
    next_after: int | None
    numbers: tuple[int, ...] = ()


def visible_rows(
    entitlement: Entitlement,
    version: PinnedVersion,
    columns: Sequence[Column],
    conditions: Sequence[Condition],
    parameters: Parameters,
) -> sql.Composable:
    """Return the condition under which a stored row ``t`` belongs to what the reader reads."""
    number = sql.Literal(int(version.number))
    granted = filters.rows_granted(entitlement, version.columns, parameters)
    asked = filters.rows_asked(entitlement, columns, conditions, parameters)
    return sql.SQL("t._from <= {0} AND (t._to IS NULL OR t._to > {0}) AND {1} AND {2}").format(number, granted, asked)


def shown_columns(entitlement: Entitlement, columns: Sequence[Column]) -> list[Shown]:
    """Return the columns as the reader sees them."""
    return [Shown(one, at, entitlement.mask_of(one.item) != Mask.NONE) for at, one in enumerate(columns)]


def shown_values(entitlement: Entitlement, shown: Sequence[Shown], parameters: Parameters) -> list[sql.Composable]:
    """Return what a reader sees of columns of a stored row ``t``, each under its alias. No value leaves another way."""
    return [
        sql.SQL("{} AS {}").format(
            masked(one.column, entitlement.mask_of(one.column.item), parameters, entitlement.hash_key),
            alias(one.position),
        )
        for one in shown
    ]


def rows_query(
    entitlement: Entitlement,
    version: PinnedVersion,
    shown: Sequence[Shown],
    conditions: Sequence[Condition],
    parameters: Parameters,
    *,
    after: int,
    limit: int | None = None,
    until: int | None = None,
    key: sql.Composable | None = None,
) -> sql.Composable:
    """Return the one query through which rows leave the store: what is shown, as a reader sees it, by keyset.

    Args:
        limit: most rows; None for all of them, for figures over the whole.
        until: the last row that may come; None for the last there is.
        key: what the reader may know of the row's key, to come along as ``_key``; its values are bound already.
    """
    firsts = [sql.SQL("t._row"), *([sql.SQL("{} AS _key").format(key)] if key else [])]
    values = shown_values(entitlement, shown, parameters)
    columns = entitlement.columns(version.columns)
    return sql.SQL(
        "SELECT {values} FROM {table} t WHERE {visible} AND t._row > {after}{until} ORDER BY t._row LIMIT {limit}"
    ).format(
        values=sql.SQL(", ").join([*firsts, *values]),
        table=names.table(version.dataset_id, version.generation),
        visible=visible_rows(entitlement, version, columns, conditions, parameters),
        after=parameters.bind(after),
        until=sql.SQL("") if until is None else sql.SQL(" AND t._row <= {}").format(parameters.bind(until)),
        limit=parameters.bind(limit),
    )


def page(
    entitlement: Entitlement,
    version: PinnedVersion,
    *,
    limit: int,
    after: int = 0,
    fields: Sequence[str] | None = None,
    conditions: Sequence[Condition] = (),
    numbered: bool = False,
) -> Page:
    """Return the rows that follow ``after`` in the order in which they came.

    The order is that of loading, not of a key: an order by a hidden or masked value would betray it.

    Args:
        limit: most rows; at most ``MOST_ROWS``.
        fields: identities of the items wanted, None for all that may be read.
        numbered: whether the numbers of the rows are wanted too.

    Raises:
        RuleViolation: a filter names an item that may not be read, or a value does not fit its type.
    """
    wanted = None if fields is None else tuple(fields)
    limit = max(1, min(limit, MOST_ROWS))
    if conditions or numbered:
        statement, bound = _statement(entitlement, version, wanted, tuple(conditions), numbered=numbered)
    else:
        statement, bound = _walk_statement(entitlement, version, wanted)
    with tables.planned() as run:
        run.execute(statement, [*bound, after, limit])
        count, last, body, numbers = run.fetchone()
    return Page(f"[{body or ''}]", count, last if count == limit else None, tuple(numbers or ()))


def _statement(
    entitlement: Entitlement,
    version: PinnedVersion,
    fields: tuple[str, ...] | None,
    conditions: tuple[Condition, ...] = (),
    *,
    numbered: bool = False,
) -> tuple[str, tuple[Any, ...]]:
    """Return the text of a page's statement and the values it binds before ``after`` and ``limit``."""
    columns = entitlement.columns(version.columns)
    wanted = [one for one in columns if fields is None or one.item in fields]
    parameters = Parameters()
    shown = shown_columns(entitlement, wanted)
    statement = sql.SQL(
        "SELECT count(*), max(s._row), string_agg({body}, ',' ORDER BY s._row), {numbers} FROM ({rows}) AS s"
    ).format(
        numbers=sql.SQL("array_agg(s._row ORDER BY s._row)" if numbered else "NULL::bigint[]"),
        body=json_row(shown),
        rows=rows_query(entitlement, version, shown, conditions, parameters, after=0, limit=0),
    )
    *bound, _after, _limit = parameters.values
    return statement.as_string(), tuple(bound)


_walk_statement = lru_cache(maxsize=512)(_statement)
"""The same without conditions, kept: to write it takes longer than to run it, and a walk asks it again and again."""


def count(entitlement: Entitlement, version: PinnedVersion, conditions: Sequence[Condition] = ()) -> int:
    """Count the rows that the reader may see and asked for."""
    parameters = Parameters()
    columns = entitlement.columns(version.columns)
    visible = visible_rows(entitlement, version, columns, conditions, parameters)
    table = names.table(version.dataset_id, version.generation)
    with tables.cursor() as run:
        run.execute(sql.SQL("SELECT count(*) FROM {} t WHERE {}").format(table, visible), parameters.values)
        return int(run.fetchone()[0])
