"""The rows of a dataset on a page: one page of them, filtered, always through the readers."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from collection.doubts import rows_doubted
from collection.models import DatasetVersion
from collection.origins import Origins
from collection.readers import Condition, Entitlement, Operator, Page, page
from collection.readers.known import rows_known_again
from collection.readers.ordered import Order, ordered_page, settled_page
from collection.readers.page import PinnedVersion
from collection.selectors.dataset import pinned_version, versions_of
from collection.store import tables
from collection.store.columns import Column
from collection.wording import cell_text, how_to_write
from core.exceptions import RuleViolation

ROWS = 50
MOST_MILLISECONDS = 10_000
"""How long a page may look for rows that fit; a declared filter item is found at once."""

OPERATORS = {
    Operator.EQUAL: pgettext_lazy("comparison", "is"),
    Operator.STARTS: pgettext_lazy("comparison", "begins with"),
    Operator.GTE: pgettext_lazy("comparison", "from"),
    Operator.LTE: pgettext_lazy("comparison", "up to"),
    Operator.NULL: pgettext_lazy("comparison", "is empty (yes or no)"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: the order it is in, and the query that orders by it; "" where rows cannot be."""

    column: Column
    direction: str
    query: str

    @property
    def is_number(self) -> bool:
        return self.column.is_number


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown: its text, None where it is empty, and whether just it is being verified."""

    text: str | None
    is_doubted: bool = False
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is shown, whether all of it is being verified, the sources it came from, where it is objected to."""

    cells: list[Cell]
    is_doubted: bool = False
    origins: Sequence[str] = ()
    objection_url: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of rows as the actor may see them.

    Attributes:
        rows: cells in the order of ``heads``.
        filters: the items that may be filtered by.
        masked: names of the items that are shown masked.
        next_query: query of the next page; "" at the end.
        is_sample: whether there is no further page: the authority looks at data, it does not read them through.
        can_drop_order: whether rows can be shown in the order of loading instead.
        has_origins: whether it is told which sources each row came from.
        has_objections: whether each row leads to where it is objected to.
        problem: why a filter or an order could not be used. Without the order rows are still those that were asked
            for, without the filter they are not: there are none then.
    """

    heads: list[Head]
    rows: list[Row]
    filters: list[Column]
    masked: list[str]
    next_query: str
    is_sample: bool
    item: str
    operator: str
    value: str
    order: str
    can_drop_order: bool
    problem: str = ""
    has_origins: bool = False
    has_objections: bool = False

    @property
    def operators(self) -> list[tuple[str, Any]]:
        return [(one.value, label) for one, label in OPERATORS.items()]

    @property
    def conditions(self) -> list[Condition]:
        """What the rows were filtered by."""
        return [Condition(self.item, Operator(self.operator), (self.value,))] if self.item and self.value else []

    @property
    def ordered_by(self) -> str:
        """Name of the item that the rows are ordered by; "" for the order of loading."""
        return next((one.column.name for one in self.heads if one.direction != "none"), "")


def preview_of(
    entitlement: Entitlement,
    version: DatasetVersion,
    query: QueryDict,
    stays: str = "",
    *,
    most: int = ROWS,
    origins_of: Callable[[Sequence[int]], Origins | None] = lambda numbers: None,
    objection_url: Callable[[int], str] | None = None,
) -> Preview:
    """Return a page of rows, filtered and ordered as the address asks.

    Args:
        stays: a query that every address of the page carries on.
        most: rows on the page.
        origins_of: returns number of a row → the sources it came from; None where they are not told.
        objection_url: returns where a row, by its number, is objected to; None for those who object to none.
    """
    pinned = pinned_version(version)
    columns = entitlement.columns(pinned.columns)
    item, operator, value, order = (
        query.get(name, "").replace("\x00", "")[:200] for name in ("item", "op", "v", "sort")
    )
    operator = operator if operator in {one.value for one in OPERATORS} else Operator.EQUAL.value
    conditions = [Condition(item, Operator(operator), (value,))] if item and value else []
    after = query.get("after", "")
    start = int(after) if after.isdecimal() and after.isascii() and len(after) < 19 else 0
    if entitlement.is_sample:
        start = 0
    problem = ""
    try:
        found = _page(entitlement, pinned, conditions, order, start, most)
    except RuleViolation as refused:
        problem = " ".join(filter(None, (str(refused.errors[0].message), _advice(refused, columns, item))))
    except tables.TooSlow:
        problem = _("That takes too long: ask the provider to declare the item as a filter item.")
        if entitlement.hides_loading and not conditions:
            problem = _("There are too many rows to show some. Look for single ones by a filter.")
    if problem:
        order = ""
        found = Page("[]", 0, None)
        if not conditions and not entitlement.hides_loading:
            try:
                found = page(entitlement, pinned, limit=most, numbered=True)
            except RuleViolation as refused:  # no row can be shown, in whatever order
                problem = str(refused.errors[0].message)
    asked = dict(parse_qsl(stays)) | ({"item": item, "op": operator, "v": value} if conditions and not problem else {})
    origins = origins_of(found.numbers)
    rows = _rows(version, pinned, columns, found)
    if origins is not None:
        rows = [replace(row, origins=origins.get(at, ())) for at, row in zip(found.numbers, rows, strict=True)]
    if objection_url is not None:
        rows = [replace(row, objection_url=objection_url(at)) for at, row in zip(found.numbers, rows, strict=True)]
    return Preview(
        heads=[_head(entitlement, one, order, asked) for one in columns],
        rows=rows,
        filters=[one for one in columns if entitlement.may_filter(one.item)],
        masked=[one.name for one in columns if entitlement.mask_of(one.item) != "none"],
        next_query=urlencode(asked | ({"sort": order} if order else {}) | {"after": found.next_after})
        if found.next_after and not entitlement.is_sample
        else "",
        is_sample=entitlement.is_sample,
        item=item,
        operator=operator,
        value=value,
        order=order,
        can_drop_order=bool(order) and not entitlement.hides_loading,
        problem=problem,
        has_origins=origins is not None,
        has_objections=objection_url is not None,
    )


def _advice(refused: RuleViolation, columns: Sequence[Column], item: str) -> str:
    """Say how a value of the item is written, where it was the value that did not fit."""
    kind = next((one.pg_type for one in columns if one.item == item), "")
    return how_to_write(kind) if refused.errors[0].code == "bad_value" else ""


def _page(
    entitlement: Entitlement, version: PinnedVersion, conditions: list[Condition], order: str, after: int, most: int
) -> Page:
    """Return the rows, or end when people have waited long enough.

    Raises:
        RuleViolation: the filter or the order cannot be used. TooSlow: no index helps, and there are many rows.
    """
    by = Order(order.removeprefix("-"), is_descending=order.startswith("-")) if order else None
    with tables.bounded(MOST_MILLISECONDS) as run:
        if entitlement.hides_loading:
            return settled_page(run, entitlement, version, by, limit=most, conditions=conditions)
        if by is None:
            return page(entitlement, version, limit=most, after=after, conditions=conditions, numbered=True)
        return ordered_page(run, entitlement, version, by, limit=most, after=after, conditions=conditions)


def _rows(version: DatasetVersion, pinned: PinnedVersion, columns: list[Column], found: Page) -> list[Row]:
    """Return the rows of a page, with what is doubted of them in this version or was in an earlier one."""
    doubts = rows_doubted(version.dataset_id) if found.numbers else []
    if not doubts:
        return [
            Row([Cell(text, is_number=one.is_number) for one, text in zip(columns, texts, strict=True)])
            for texts in cell_texts(found.rows, columns)
        ]
    # A number names a row within one table: doubts of a version that lay in another are told of the data as a whole.
    kept = versions_of(version.dataset).filter(
        generation=version.generation, number__in=[one.version for one in doubts]
    )
    known = set(kept.values_list("number", flat=True))
    items: dict[int, set[str]] = defaultdict(set)
    for one in doubts:
        if one.version in known:
            items[one.row].add(one.item)
    same = rows_known_again(pinned, found.numbers, list(items)) if items else {}
    rows = []
    for number, texts in zip(found.numbers, cell_texts(found.rows, columns), strict=True):
        doubted = {item for sought in same.get(number, ()) for item in items[sought]}
        cells = [Cell(text, one.item in doubted, one.is_number) for one, text in zip(columns, texts, strict=True)]
        rows.append(Row(cells, "" in doubted))
    return rows


def _head(entitlement: Entitlement, column: Column, order: str, asked: dict[str, str]) -> Head:
    if not entitlement.may_sort(column.item):
        return Head(column, "none", "")
    direction = {column.item: "ascending", f"-{column.item}": "descending"}.get(order, "none")
    following = f"-{column.item}" if direction == "ascending" else column.item
    return Head(column, direction, urlencode(asked | {"sort": following}))


def cell_texts(rows: str, columns: Sequence[Column]) -> list[list[str | None]]:
    """Return the cells of a reader's JSON as people read them, in their order: two items may bear the same name."""
    found: list[list[tuple[str, Any]]] = json.loads(rows, object_pairs_hook=list)
    return [[cell_text(one, _text(cell)) for one, (_name, cell) in zip(columns, row, strict=True)] for row in found]


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "✓" if cell else "✗"
    return str(cell)
