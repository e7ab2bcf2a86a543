"""Facet values in the order people look for them: counted ones by number, trees as trees, scales as scales."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from catalog.choices import Cycle, Opening, Sharing
from catalog.selectors import FacetValue
from catalog.selectors.reading import category_names

Option = dict[str, Any]
"""``value``, ``label``, ``count``, ``selected``, ``depth``, as ``partials/_facets.html`` takes it."""

SCALES: dict[str, list[str]] = {"sharing": Sharing.values, "opening": Opening.values, "cycle": Cycle.values}
"""Values with an order of their own."""

BRANCHES_SHOWN = 6
"""Groups or orders listed below a class; chosen ones are always listed."""


def option(value: FacetValue, depth: int = 0) -> Option:
    return {
        "value": value.value,
        "label": value.label,
        "count": value.count,
        "selected": value.is_chosen,
        "depth": depth,
    }


def plain_options(name: str, values: Sequence[FacetValue]) -> list[Option]:
    """Return values by count, those of a scale in its order."""
    if name in SCALES:
        scale = SCALES[name]
        values = sorted(values, key=lambda one: scale.index(one.value) if one.value in scale else len(scale))
    return [option(value) for value in values]


def region_options(values: Sequence[FacetValue]) -> list[Option]:
    """Return regions with those below them, told by their codes: AA0000, AABB00, AABBCC."""
    present = {value.value for value in values}

    def above(code: str) -> list[str]:
        return [one for one in (f"{code[:2]}0000", f"{code[:4]}00") if one != code and one in present]

    return [option(value, min(len(above(value.value)), 1)) for value in sorted(values, key=lambda one: one.value)]


def category_tree_options(values: Sequence[FacetValue], chosen: Sequence[str], *, whole: bool = False) -> list[Option]:
    """Return the classification as a tree with the counts summed upwards.

    Below a class stand its groups by count, or, where only one of them holds anything, the orders of that one;
    below a chosen group its orders. A chosen code takes everything below it along.

    Args:
        whole: list every group and order instead of the first few.
    """
    counts: Counter[str] = Counter()
    for value in values:
        for code in {value.value[:1], value.value[:3], value.value[:6], value.value}:
            counts[code] += value.count
    for code in chosen:
        counts.setdefault(code, 0)
    names = category_names(counts) if counts else {}

    def line(code: str, depth: int) -> Option:
        return {
            "value": code,
            "label": names.get(code, code),
            "count": counts[code],
            "selected": code in chosen,
            "depth": depth,
        }

    def below(code: str, length: int) -> list[str]:
        found = [one for one in counts if len(one) == length and one.startswith(code)]
        return sorted(found, key=lambda one: (-counts[one], one))

    def shown(code: str) -> bool:
        return any(one.startswith(code) for one in chosen)

    options: list[Option] = []
    for top in below("", 1):
        options.append(line(top, 0))
        groups = below(top, 3)
        is_single = len(groups) == 1 and groups[0] not in chosen
        for at, branch in enumerate(below(top, 6) if is_single else groups):
            if not whole and at >= BRANCHES_SHOWN and not shown(branch):
                continue
            options.append(line(branch, 1))
            if not is_single and (whole or shown(branch)):
                options += [line(order, 2) for order in below(branch, 6) if whole or branch in chosen or shown(order)]
            options += [line(code, 2) for code in chosen if len(code) > 6 and code.startswith(branch)]
    return options
