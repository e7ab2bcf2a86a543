"""The rows of a dataset on a page: one page of them, filtered, always through the readers."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import pgettext_lazy

from collection import policies
from collection.models import Dataset
from collection.readers import Condition, Operator, page
from collection.selectors.dataset import pinned_version
from collection.store.columns import Column
from core.actors import Actor
from core.exceptions import RuleViolation

ROWS = 50

OPERATORS = {
    Operator.EQUAL: pgettext_lazy("comparison", "is"),
    Operator.STARTS: pgettext_lazy("comparison", "begins with"),
    Operator.GTE: pgettext_lazy("comparison", "from"),
    Operator.LTE: pgettext_lazy("comparison", "up to"),
    Operator.NULL: pgettext_lazy("comparison", "is empty (yes or no)"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of rows as the actor may see them.

    Attributes:
        rows: texts in the order of ``columns``; None for an empty cell.
        masked: names of the items that are shown masked.
        problem: why a filter could not be used; the rows are then those without it.
    """

    columns: list[Column]
    rows: list[list[str | None]]
    masked: list[str]
    next_after: int | None
    item: str
    operator: str
    value: str
    problem: str = ""

    @property
    def operators(self) -> list[tuple[str, Any]]:
        return [(one.value, label) for one, label in OPERATORS.items()]


def preview_of(actor: Actor, dataset: Dataset, query: QueryDict) -> Preview | None:
    """Return a page of rows; None where the actor reads them under a grant only, or nothing is published."""
    if dataset.published_version is None:
        return None
    version = pinned_version(dataset.published_version)
    entitlement = policies.preview_entitlement(actor, dataset, list(version.columns))
    if entitlement is None:
        return None
    columns = entitlement.columns(version.columns)
    item, operator, value = (query.get(name, "").replace("\x00", "")[:200] for name in ("item", "op", "v"))
    operator = operator if operator in {one.value for one in OPERATORS} else Operator.EQUAL.value
    conditions = [Condition(item, Operator(operator), (value,))] if item and value else []
    after = query.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 19 else 0
    problem = ""
    try:
        found = page(entitlement, version, limit=ROWS, after=start, conditions=conditions)
    except RuleViolation as refused:
        problem = str(refused.errors[0].message)
        found = page(entitlement, version, limit=ROWS)
    rows = cell_texts(found.rows)
    masked = [one.name for one in columns if entitlement.mask_of(one.item) != "none"]
    return Preview(columns, rows, masked, found.next_after, item, operator, value, problem)


def cell_texts(rows: str) -> list[list[str | None]]:
    """Return the cells of a reader's JSON as texts, in their order: two items may bear the same name."""
    found: list[list[tuple[str, Any]]] = json.loads(rows, object_pairs_hook=list)
    return [[_text(cell) for _name, cell in row] for row in found]


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "✓" if cell else "✗"
    return str(cell)
