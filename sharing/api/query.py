"""The query of a call: which items, which rows, how many. A small grammar that becomes conditions, never SQL.

    <item>=value  <item>__gte  __lte  __gt  __lt  __in (commas)  __startswith  __isnull (true, false)

An item goes by its field name or its Chinese name; one that is named like a parameter of ours by ``item.<name>``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.http import QueryDict
from django.utils.translation import gettext as _

from collection.readers import Condition, Operator
from collection.readers.page import MOST_ROWS
from collection.store.columns import Column
from core.exceptions import FieldError, RuleViolation

RESERVED = frozenset({"grant", "limit", "cursor", "fields", "version", "since", "format", "formulas"})
PREFIX = "item."
DEFAULT_ROWS = 100
MOST_CONDITIONS = 50
_PAGING = frozenset({"grant", "limit", "cursor", "version"})


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked.

    Attributes:
        fields: identities of the items wanted; None for all.
        conditions: joined by AND.
    """

    fields: tuple[str, ...] | None
    conditions: tuple[Condition, ...]


def digest(parameters: QueryDict) -> str:
    """Return what tells this query from another, whatever page of it is asked for."""
    asked = sorted((name, value) for name, values in parameters.lists() for value in values if name not in _PAGING)
    return sha256(repr(asked).encode("utf-8", "surrogatepass")).hexdigest()


def read_query(parameters: QueryDict, columns: Sequence[Column]) -> Query:
    """Return fields and conditions.

    Args:
        columns: what the caller may read; anything else does not exist for him.

    Raises:
        RuleViolation: an item that is not among them or without a name, or too many conditions. Whether it is hidden
            or is none at all is not told.
    """
    named = _names(columns)
    fields = None
    if "fields" in parameters:
        wanted = [one.strip() for value in parameters.getlist("fields") for one in value.split(",")]
        if not all(wanted):
            message = _("Name an item between all commas. For all items leave “fields” out.")
            raise RuleViolation([FieldError("fields", "empty", message)])
        fields = tuple(_item(named, one) for one in wanted)
    conditions = [
        _condition(named, name, value)
        for name, values in parameters.lists()
        if name not in RESERVED
        for value in values
    ]
    if len(conditions) > MOST_CONDITIONS:
        message = _("Give at most %(count)d conditions.") % {"count": MOST_CONDITIONS}
        raise RuleViolation([FieldError("filter", "too_many", message)])
    return Query(fields, tuple(conditions))


def _names(columns: Iterable[Column]) -> dict[str, str]:
    """Return name → item; a field name goes before a Chinese name."""
    found: dict[str, str] = {}
    for one in columns:
        if one.field_name:
            found.setdefault(one.field_name, one.item)
    for one in columns:
        found.setdefault(one.name, one.item)
    return found


def _item(named: dict[str, str], name: str) -> str:
    if name not in named:
        message = _("There is no item “%(name)s” that you may read.") % {"name": name[:100]}
        raise RuleViolation([FieldError(name[:100], "unknown_item", message)])
    return named[name]


def _condition(named: dict[str, str], parameter: str, value: str) -> Condition:
    name = parameter.removeprefix(PREFIX)
    if name in named:
        return Condition(named[name], Operator.EQUAL, (value,))
    base, _mark, word = name.rpartition("__")
    operators = {one.value for one in Operator} - {Operator.EQUAL.value}
    if base and word in operators:
        values = tuple(value.split(",")) if word == Operator.IN.value else (value,)
        return Condition(_item(named, base), Operator(word), values)
    return Condition(_item(named, name), Operator.EQUAL, (value,))


def read_limit(parameters: QueryDict) -> int:
    """Return the number of rows asked for, clamped to what a page holds however large it is.

    Raises:
        RuleViolation: it is no whole number from 1, or given twice.
    """
    text = _single(parameters, "limit")
    if not text:
        return DEFAULT_ROWS
    digits = text.lstrip("0")
    if len(digits) > len(str(MOST_ROWS)) and digits.isascii() and digits.isdecimal():
        return MOST_ROWS
    return min(_whole(digits, "limit"), MOST_ROWS)


def read_number(parameters: QueryDict, name: str, *, least: int = 1) -> int | None:
    """Return a number of a parameter, None where it is left out.

    Raises:
        RuleViolation: it is no whole number from ``least``, or given twice.
    """
    text = _single(parameters, name)
    return _whole(text, name, least=least) if text else None


def _single(parameters: QueryDict, name: str) -> str:
    """Return a parameter that has one value; "" where it is left out or empty.

    Raises:
        RuleViolation: it is given more than once.
    """
    values = parameters.getlist(name)
    if len(values) > 1:
        raise RuleViolation([FieldError(name, "repeated", _("Give it once."))])
    return values[0] if values else ""


def _whole(text: str, name: str, *, least: int = 1) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
        message = _("Give a whole number from %(least)d.") % {"least": least}
        raise RuleViolation([FieldError(name, "not_a_number", message)])
    return int(text)
