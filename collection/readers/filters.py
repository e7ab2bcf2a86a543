"""Conditions as SQL: values are read as the item's type and bound, never pasted."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from catalog.choices import Mask
from collection.readers.entitlement import Condition, Entitlement, Operator
from collection.readers.masks import NUMBERS, Parameters, masked
from collection.readers.shown import typed_text
from collection.store import zone
from collection.store.cells import NO, YES
from collection.store.columns import PG_TYPES, Column
from collection.store.filter_indexes import INDEXED_CHARACTERS, indexed
from core.exceptions import FieldError, RuleViolation

MOST_VALUES = 200
MOST_DIGITS = 1000
"""Before or behind the point of a number that is compared; PostgreSQL takes 131,072 and 16,383."""

_LOOSE = {Operator.GT: Operator.GTE, Operator.LT: Operator.LTE}
"""How a beginning compares where the whole text compares strictly."""
_COMPARISONS = {Operator.EQUAL: "=", Operator.GTE: ">=", Operator.LTE: "<=", Operator.GT: ">", Operator.LT: "<"}


def rows_granted(entitlement: Entitlement, available: Sequence[Column], parameters: Parameters) -> sql.Composable:
    """Return the entitlement's own row filter, which compares true values.

    Raises:
        RuleViolation: it names an item that the version does not have, or has with another type; nothing may be read
            then.
    """
    by_item = {one.item: one for one in available}
    parts = []
    for condition in entitlement.row_filter:
        column = by_item.get(condition.item)
        if column is None:
            message = _("The row filter names an item that this version does not have.")
            raise RuleViolation([FieldError("row_filter", "unknown_item", message)])
        parts.append(_compared(column, Mask.NONE, condition, parameters, b""))
    return _all(parts)


def rows_asked(
    entitlement: Entitlement, columns: Sequence[Column], conditions: Sequence[Condition], parameters: Parameters
) -> sql.Composable:
    """Return the reader's own conditions, which compare what he sees.

    Raises:
        RuleViolation: an item he may not read, one that has another type than when the condition was written, or a
            value that does not fit its type.
    """
    by_item = {one.item: one for one in columns}
    parts = []
    for condition in conditions:
        column = by_item.get(condition.item)
        if column is None or not entitlement.may_filter(column.item):
            raise RuleViolation([FieldError("filter", "unknown_item", _("This item cannot be filtered by."))])
        parts.append(_compared(column, entitlement.mask_of(column.item), condition, parameters, entitlement.hash_key))
    return _all(parts)


def _all(parts: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


def _compared(
    column: Column, mask: Mask, condition: Condition, parameters: Parameters, hash_key: bytes
) -> sql.Composable:
    if condition.type and PG_TYPES[condition.type] != column.pg_type:
        # Numbers that are compared as texts, or texts as numbers, would be other rows than those that were meant.
        message = _(
            "“%(item)s” has another type in this version than when the condition on rows was written. Read a version"
            " that was loaded with that type, or ask for the data anew."
        )
        raise RuleViolation([FieldError("row_filter", "retyped", message % {"item": column.name})])
    if any("\x00" in one or not _is_text(one) for one in condition.values):
        raise RuleViolation([FieldError(column.label, "bad_value", _("The value holds characters that are no text."))])
    left = masked(column, mask, parameters, hash_key)
    is_text = column.is_text or mask != Mask.NONE
    operator = condition.operator
    if operator == Operator.NULL:
        return sql.SQL("{} IS {}").format(left, sql.SQL("NULL" if _yes(column, condition.values[0]) else "NOT NULL"))
    _require_form_shown(column, mask, condition)
    if operator == Operator.STARTS:
        shown = left if is_text else typed_text(column.pg_type, left)
        begins = sql.SQL("starts_with({}, {})")
        head = indexed(column) if column.is_text and mask == Mask.NONE else None
        found = begins.format(head, parameters.bind(condition.values[0][:INDEXED_CHARACTERS])) if head else None
        whole = begins.format(shown, parameters.bind(condition.values[0]))
        return _all([found, whole]) if found else whole
    if len(condition.values) > MOST_VALUES:
        message = _("Give at most %(count)d values.") % {"count": MOST_VALUES}
        raise RuleViolation([FieldError(column.label, "too_many_values", message)])
    values = [one if is_text else read(column, one) for one in condition.values]
    if column.is_text and mask == Mask.NONE:
        heads = [one[:INDEXED_CHARACTERS] for one in values]
        # What the index holds of a text narrows the rows down, then the whole text decides.
        near = _LOOSE.get(operator, operator)
        return _all(
            [
                _comparison(indexed(column), near, heads, "text", parameters),
                _comparison(left, operator, values, "text", parameters),
            ]
        )
    return _comparison(left, operator, values, "text" if is_text else column.pg_type, parameters)


_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MONTH_BEGINS = re.compile(r"[0-9]{0,4}|[0-9]{4}-([01]|0[1-9]|1[0-2])?")
_BAND = re.compile(r"-?[0-9]+~-?[0-9]+|\*{3}")


def _require_form_shown(column: Column, mask: Mask, condition: Condition) -> None:
    """Refuse to compare what is shown cut with what is written whole: rows would be left out without a word.

    Raises:
        RuleViolation: a month is compared with something else, or a band; bands stand in no order.
    """
    operator, values = condition.operator, condition.values
    if mask == Mask.MONTH and column.pg_type in ("date", "timestamptz"):
        form = _MONTH_BEGINS if operator == Operator.STARTS else _MONTH
        message = _("You are shown the month of “%(item)s” alone: write it like 2026-02.")
    elif mask == Mask.BAND and column.pg_type in NUMBERS and operator != Operator.STARTS:
        form = _BAND
        message = _("You are shown “%(item)s” in bands alone: look for one as it is shown, like 800~900.")
        if operator not in (Operator.EQUAL, Operator.IN):
            values = ("",)
    else:
        return
    if not all(form.fullmatch(one) for one in values):
        raise RuleViolation([FieldError(column.label, "masked_form", message % {"item": column.name})])


def _comparison(
    left: sql.Composable, operator: Operator, values: Sequence[Any], kind: str, parameters: Parameters
) -> sql.Composable:
    if operator == Operator.IN:
        return sql.SQL("{} = ANY({}::{}[])").format(left, parameters.bind(list(values)), sql.SQL(kind))
    collation = sql.SQL(' COLLATE "C"' if kind == "text" else "")
    comparison = sql.SQL(_COMPARISONS[operator])
    return sql.SQL("{}{} {} {}").format(left, collation, comparison, parameters.bind(values[0]))


_SLASHED = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$", re.ASCII)


def _date(text: str) -> date:
    """Read a date as files write it too: 2026/2/6.

    Raises:
        ValueError: it is none.
    """
    match = _SLASHED.match(text)
    return date(*map(int, match.groups())) if match else date.fromisoformat(text)


def _is_text(value: str) -> bool:
    """Say whether a text can be written in UTF-8: half a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _yes(column: Column, text: str) -> bool:
    said = text.strip().lower()
    if said in YES:
        return True
    if said in NO:
        return False
    raise RuleViolation([FieldError(column.label, "bad_value", _("Write true or false."))])


def read(column: Column, text: str) -> Any:
    """Read a typed value.

    Raises:
        RuleViolation: it is none of the column's type.
    """
    text = text.strip()
    try:
        match column.pg_type:
            case "numeric":
                number = Decimal(text)
                # Digits behind the point count too: they may be many where the number itself is small.
                last = number.as_tuple().exponent
                if not isinstance(last, int) or max(abs(number.adjusted()), -last) > MOST_DIGITS:
                    raise ValueError(text)
                return number
            case "bigint":
                whole = int(text)
                if not -(2**63) <= whole < 2**63:
                    raise ValueError(text)
                return whole
            case "double precision":
                return float(text)
            case "date":
                return _date(text)
            case "timestamptz":
                moment = datetime.fromisoformat(text)
                return moment if moment.tzinfo else moment.replace(tzinfo=zone.ZONE)
            case "boolean":
                return _yes(column, text)
    except (ValueError, InvalidOperation, OverflowError):
        message = _("“%(value)s” does not fit the type of “%(item)s”.") % {"value": text[:50], "item": column.name}
        raise RuleViolation([FieldError(column.label, "bad_value", message)]) from None
    return text
