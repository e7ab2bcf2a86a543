"""Counting what a list holds: its total and the entries per value of each facet, in one pass over the rows."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum
from redis import RedisError

from accounts.models import Department, Region
from catalog import search
from catalog.models import Category, EntrySearch, Library, ListingChange
from catalog.selectors.listing import CHOICES, FACETS, FILTERS, EntryFilters, rows_found
from core.actors import Actor

log = structlog.get_logger(__name__)

KEPT_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries a list holds, and how many of each value."""

    total: int
    facets: dict[str, list[FacetValue]]


@dataclass(slots=True)
class _Tally:
    """Entries per value as the rows keep it: a key of another table, or the value itself."""

    total: int = 0
    counts: dict[str, Counter[Any]] = field(default_factory=dict)


_COLUMNS = {
    "sharing": "sharing",
    "opening": "opening",
    "cycle": "cycle",
    "format": "format_class",
    "status": "status",
    "library": "library_id",
    "department": "department_id",
    "region": "department_id",
    "category": "category_id",
}
_LARGE = ("department_id", "category_id")
"""Columns of many values, counted one by one; the few values of the others are counted as they occur together."""


def entries_counted(actor: Actor, filters: EntryFilters, names: Sequence[str] = FACETS) -> Counted:
    """Count the visible entries that pass the filters, in all and per value of each facet.

    A facet ignores its own choice, so that the other values stay countable; chosen values are always listed. One
    query counts all facets in which nothing is chosen, one more each of the others, three tell the names.
    """
    plain = [name for name in names if not getattr(filters, name)]
    whole = _tally_of(actor, filters, plain)
    counts = dict(whole.counts)
    for name in names:
        if name not in plain:
            counts[name] = _tally_of(actor, filters.without(name), [name]).counts[name]
    named = _named(counts, filters)
    result = {}
    for name in names:
        chosen = getattr(filters, name)
        values: dict[str, tuple[str, int]] = {}
        for key, count in counts[name].items():
            value, label = named[name].get(key, (str(key), str(key)))
            values[value] = (label, values.get(value, ("", 0))[1] + count)
        labels = dict(named[name].values())
        for value in chosen:
            values.setdefault(value, (labels.get(value, value), 0))
        result[name] = sorted(
            (FacetValue(value, label, count, value in chosen) for value, (label, count) in values.items()),
            key=lambda one: (-one.count, one.label),
        )
    return Counted(whole.total, result)


def facets_for(actor: Actor, filters: EntryFilters, names: Sequence[str] = FACETS) -> dict[str, list[FacetValue]]:
    """Count the visible entries per value of each facet."""
    return entries_counted(actor, filters, names).facets


def label_of(name: str, value: str) -> str:
    """Return the text shown for one filter value."""
    if name in CHOICES:
        return str(dict(CHOICES[name].choices).get(value, value))
    models: dict[str, Any] = {"region": Region, "department": Department, "category": Category, "library": Library}
    return models[name].objects.filter(code=value).values_list("name", flat=True).first() or value


# --- Counting -------------------------------------------------------------------------------------------------------


def _tally_of(actor: Actor, filters: EntryFilters, names: Sequence[str]) -> _Tally:
    """Count the rows found; of the whole catalog, as the actor sees it, once for each state of the catalog."""
    rows = rows_found(actor, filters)
    if filters.q or filters.active:
        with search.by_index(filters.q):
            return _tally(rows, names)
    try:
        sql, parameters = rows.values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return _tally(rows, names)
    # The rule of visibility itself is the key: who sees the same shares what was counted, and nobody else does.
    digest = hashlib.sha256(repr((sql, parameters, _state_of_catalog())).encode()).hexdigest()
    key = f"catalog.facets.{digest}"
    tally = _kept(key)
    if tally is None:
        tally = _tally(rows, FILTERS)
        _keep(key, tally)
    return _Tally(tally.total, {name: tally.counts[name] for name in names})


def _kept(key: str) -> _Tally | None:
    """Return what was counted; nothing where the cache cannot be reached, which a list can do without."""
    try:
        found = cache.get(key)
    except (RedisError, OSError) as error:
        log.warning("facet_cache_unreachable", error=str(error))
        return None
    return _Tally(*found) if found else None


def _keep(key: str, tally: _Tally) -> None:
    with suppress(RedisError, OSError):
        cache.set(key, (tally.total, tally.counts), KEPT_SECONDS)


def _state_of_catalog() -> tuple[int, int]:
    """Return the numbers that name what lists count from; they change with every change (``ListingChange``)."""
    marks = ListingChange.objects.aggregate(weight=Sum("weight"), last=Max("pk"))
    return marks["weight"] or 0, marks["last"] or 0


def _tally(rows: QuerySet[EntrySearch], names: Sequence[str]) -> _Tally:
    columns = list(dict.fromkeys(_COLUMNS[name] for name in names))
    few = [column for column in columns if column not in _LARGE]
    groups = [few] if few else []
    groups += [[column] for column in columns if column in _LARGE]
    tally = _Tally(counts={name: Counter() for name in names})
    by_column: dict[str, Counter[Any]] = {column: Counter() for column in columns}
    if not columns:
        tally.total = rows.count()
        return tally
    for group, values, count in _grouped(rows, columns, groups):
        if group == groups[0]:
            tally.total += count
        for column, value in zip(group, values, strict=True):
            if value not in (None, ""):
                by_column[column][value] += count
    for name in names:
        tally.counts[name] = by_column[_COLUMNS[name]]
    return tally


def _grouped(
    rows: QuerySet[EntrySearch], columns: list[str], groups: list[list[str]]
) -> Iterable[tuple[list[str], list[Any], int]]:
    """Yield (columns, their values, number of rows), for each group of columns, in one pass over the rows."""
    try:
        found, parameters = rows.order_by().values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return
    names = ", ".join(columns)
    sets = ", ".join(f"({', '.join(group)})" for group in groups)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT GROUPING({names}), {names}, count(*) FROM ({found}) AS found GROUP BY GROUPING SETS ({sets})",  # noqa: S608  names of columns
            parameters,
        )
        masks = {_mask(columns, group): group for group in groups}
        for mask, *values, count in cursor.fetchall():
            group = masks[mask]
            yield group, [values[columns.index(column)] for column in group], count


def _mask(columns: list[str], group: list[str]) -> int:
    """Return what GROUPING says of a group: a bit for each column that is not part of it, the last column lowest."""
    return sum(1 << at for at, column in enumerate(reversed(columns)) if column not in group)


# --- Names ----------------------------------------------------------------------------------------------------------


def _named(counts: dict[str, Counter[Any]], filters: EntryFilters) -> dict[str, dict[Any, tuple[str, str]]]:
    """Return, for each facet, (value, label) by the key that rows keep, for what was counted or chosen."""
    named: dict[str, dict[Any, tuple[str, str]]] = {}
    for name in counts:
        if name in CHOICES:
            named[name] = {value: (value, str(label)) for value, label in CHOICES[name].choices}
    if {"department", "region"} & counts.keys():
        keys = {*counts.get("department", ()), *counts.get("region", ())}
        wanted = Q(pk__in=keys) | Q(code__in=filters.department) | Q(region__code__in=filters.region)
        found = list(
            Department.objects.filter(wanted)
            .order_by()
            .values_list("pk", "code", "name", "region__code", "region__name")
        )
        named["department"] = {pk: (code, name) for pk, code, name, _code, _name in found}
        named["region"] = {pk: (code, name) for pk, _code, _name, code, name in found}
    models: dict[str, Any] = {"category": Category, "library": Library}
    for name, model in models.items():
        if name in counts:
            wanted = Q(pk__in=list(counts[name])) | Q(code__in=getattr(filters, name))
            rows = model.objects.filter(wanted).order_by().values_list("pk", "code", "name")
            named[name] = {pk: (code, label) for pk, code, label in rows}
    return named
