"""A page of rows in the order of one item that the reader sees whole, for people who look at a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from psycopg import sql

from collection.readers.entitlement import Condition, Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import MOST_ROWS, Page, PinnedVersion, shown_columns, shown_values, visible_rows
from collection.readers.shown import json_row
from collection.store import names
from collection.store.columns import Column
from collection.store.filter_indexes import indexed
from core.exceptions import FieldError, RuleViolation


@dataclass(frozen=True, slots=True)
class Order:
    """The item by which rows are ordered. Empty values come last, first where the order is reversed."""

    item: str
    is_descending: bool = False


def ordered_page(
    run: CursorWrapper,
    entitlement: Entitlement,
    version: PinnedVersion,
    order: Order,
    *,
    limit: int,
    after: int = 0,
    conditions: Sequence[Condition] = (),
) -> Page:
    """Return the rows that follow the row ``after`` in an order; long texts are ordered by their beginning.

    The place is told by a row's number alone: no value goes into an address.

    Args:
        run: cursor of the store, whose time the caller bounds.

    Raises:
        RuleViolation: the reader may not order by this item, or filter by another.
    """
    columns = entitlement.columns(version.columns)
    by = _ordered_by(entitlement, columns, order)
    shown = shown_columns(entitlement, columns)
    parameters = Parameters()
    values = shown_values(entitlement, shown, parameters)
    visible = visible_rows(entitlement, version, columns, conditions, parameters)
    direction = sql.SQL("DESC" if order.is_descending else "ASC")
    rows = sql.SQL(
        "SELECT {values} FROM {table} t WHERE {visible} AND {place} ORDER BY {by} {way}, t._row {way} LIMIT {limit}"
    ).format(
        values=sql.SQL(", ").join([sql.SQL("t._row"), sql.SQL("{} AS _by").format(indexed(by)), *values]),
        table=names.table(version.dataset_id, version.generation),
        visible=visible,
        place=_place(run, version, by, order, after),
        by=indexed(by),
        way=direction,
        limit=sql.Literal(max(1, min(limit, MOST_ROWS))),
    )
    run.execute(
        sql.SQL(
            "SELECT array_agg(s._row ORDER BY s._by {way}, s._row {way}),"
            " string_agg({body}, ',' ORDER BY s._by {way}, s._row {way}) FROM ({rows}) AS s"
        ).format(way=direction, body=json_row(shown), rows=rows),
        parameters.values,
    )
    found, body = run.fetchone()
    numbers = found or []
    return Page(f"[{body or ''}]", len(numbers), numbers[-1] if len(numbers) == limit else None, tuple(numbers))


def settled_page(
    run: CursorWrapper,
    entitlement: Entitlement,
    version: PinnedVersion,
    order: Order | None,
    *,
    limit: int,
    conditions: Sequence[Condition] = (),
) -> Page:
    """Return the first rows in an order made of nothing but what is shown of them; there is no page after it.

    A row that has changed comes as another in the order of loading. Here it stays where it is as long as it looks as
    before, whatever was loaded: rows that look alike are told apart by nothing.

    Args:
        run: cursor of the store, whose time the caller bounds: every row is looked at.
        order: None for that of the rows as they are written.

    Raises:
        RuleViolation: as ``ordered_page``.
    """
    columns = entitlement.columns(version.columns)
    shown = shown_columns(entitlement, columns)
    by = _ordered_by(entitlement, columns, order) if order is not None else None
    parameters = Parameters()
    values = shown_values(entitlement, shown, parameters)
    first = next((one.value for one in shown if one.column == by), sql.SQL("NULL::text"))
    way = sql.SQL("DESC" if order is not None and order.is_descending else "ASC")
    # Ordered and cut in one step: written as a window the rows would be numbered all of them.
    run.execute(
        sql.SQL(
            "SELECT array_agg(b._row ORDER BY b._by {way}, b._body),"
            " string_agg(b._body, ',' ORDER BY b._by {way}, b._body)"
            ' FROM (SELECT s._row, {first} AS _by, ({body}) COLLATE "C" AS _body'
            " FROM (SELECT {values} FROM {table} t WHERE {visible}) AS s ORDER BY 2 {way}, 3 LIMIT {limit}) AS b"
        ).format(
            way=way,
            first=first,
            body=json_row(shown),
            values=sql.SQL(", ").join([sql.SQL("t._row"), *values]),
            table=names.table(version.dataset_id, version.generation),
            visible=visible_rows(entitlement, version, columns, conditions, parameters),
            limit=sql.Literal(max(1, min(limit, MOST_ROWS))),
        ),
        parameters.values,
    )
    found, body = run.fetchone()
    numbers = found or []
    return Page(f"[{body or ''}]", len(numbers), None, tuple(numbers))


def _ordered_by(entitlement: Entitlement, columns: Sequence[Column], order: Order) -> Column:
    by = next((one for one in columns if one.item == order.item), None)
    if by is None or not entitlement.may_sort(by.item):
        raise RuleViolation([FieldError("order", "unknown_item", _("Rows cannot be ordered by this item."))])
    return by


def _place(run: CursorWrapper, version: PinnedVersion, by: Column, order: Order, after: int) -> sql.Composable:
    """Return the condition under which a row comes after another; every row does where the other is gone."""
    table, row = names.table(version.dataset_id, version.generation), sql.Literal(after)
    run.execute(sql.SQL("SELECT {} IS NULL FROM {} t WHERE t._row = {}").format(indexed(by), table, row))
    known = run.fetchone()
    if known is None:
        return sql.SQL("true")
    here = sql.SQL("(SELECT {} FROM {} p WHERE p._row = {})").format(indexed(by, "p"), table, row)
    value = indexed(by)
    if known[0]:
        place = "({v} IS NULL AND t._row < {r}) OR {v} IS NOT NULL" if order.is_descending else (
            "{v} IS NULL AND t._row > {r}"
        )  # fmt: skip
    elif order.is_descending:
        place = "{v} < {h} OR ({v} = {h} AND t._row < {r})"
    else:
        place = "{v} > {h} OR ({v} = {h} AND t._row > {r}) OR {v} IS NULL"
    return sql.SQL(f"({place})").format(v=value, h=here, r=row)
