"""The catalog as a list: filters, facets and order, the same for the page, the API and the exports."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Department, Region
from catalog import search
from catalog.choices import Cycle, EntryStatus, FormatClass, Opening, Sharing
from catalog.models import Category, Entry, Library
from catalog.selectors.entry import entry_list_for
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation

FACETS = ("sharing", "region", "department", "category", "opening", "cycle", "format", "library")
"""Facets in the order in which the page shows them."""

_COLUMNS = {
    "sharing": "current_revision__sharing",
    "region": "department__region__code",
    "department": "department__code",
    "category": "current_revision__category__code",
    "opening": "current_revision__opening",
    "cycle": "current_revision__cycle",
    "format": "current_revision__format_class",
    "library": "current_revision__library__code",
    "status": "status",
}

_CHOICES: dict[str, Any] = {
    "sharing": Sharing, "opening": Opening, "cycle": Cycle, "format": FormatClass, "status": EntryStatus,
}  # fmt: skip

ORDERINGS = {
    "relevance": ("-relevance", "-current_revision__published_at", "pk"),
    "name": ("search__name_pinyin", "pk"),
    "-name": ("-search__name_pinyin", "-pk"),
    "published_at": (F("current_revision__published_at").asc(nulls_first=True), "pk"),
    "-published_at": (F("current_revision__published_at").desc(nulls_last=True), "-pk"),
    "updated_at": ("updated_at", "pk"),
    "-updated_at": ("-updated_at", "-pk"),
    "code": (F("code").asc(nulls_last=True), "pk"),
    "-code": (F("code").desc(nulls_last=True), "-pk"),
}

PUBLIC_ORDERINGS = ("relevance", "name", "-name", "published_at", "-published_at", "code", "-code")
"""Orders for the public; when somebody last worked on an entry is not told to it."""

MAX_ROWS_DEEP = 10_000
"""How far paging goes; beyond that a filter serves the reader better than another page."""


@dataclass(frozen=True, slots=True)
class EntryFilters:
    """What somebody asked the catalog for. Several values of one filter are alternatives; filters add up."""

    q: str = ""
    sharing: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    cycle: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    ordering: str = ""

    @classmethod
    def from_query(cls, query: Any) -> "EntryFilters":
        """Read filters from a ``QueryDict``: repeated keys and comma lists both give alternatives.

        Raises:
            RuleViolation: an ordering or a value of a closed list does not exist.
        """
        values: dict[str, Any] = {"q": query.get("q", "").replace("\x00", "").strip()}
        errors = []
        for name in (*FACETS, "status"):
            chosen = [part.strip() for text in query.getlist(name) for part in text.replace("\x00", "").split(",")]
            values[name] = tuple(dict.fromkeys(part for part in chosen if part))
            allowed = _CHOICES.get(name)
            if allowed is not None and name != "format":
                errors += [
                    FieldError(name, "unknown", _("“%(value)s” is not a value of this filter.") % {"value": one})
                    for one in values[name]
                    if one not in allowed.values
                ]
        ordering = query.get("ordering", "")
        if ordering and ordering not in ORDERINGS:
            message = _("Order by one of: %(names)s.") % {"names": ", ".join(ORDERINGS)}
            errors.append(FieldError("ordering", "unknown", message))
        if errors:
            raise RuleViolation(errors)
        return cls(**values, ordering=ordering)

    def without(self, name: str) -> "EntryFilters":
        changed: dict[str, Any] = {name: ()}
        return replace(self, **changed)

    def for_public(self, names: Collection[str]) -> "EntryFilters":
        """Return the filters without those, and the order, that would tell the public more than its pages show."""
        dropped: dict[str, Any] = {name: () for name in (*FACETS, "status") if name not in names}
        return replace(self, **dropped, ordering=self.ordering if self.ordering in PUBLIC_ORDERINGS else "")

    @property
    def effective_ordering(self) -> str:
        return self.ordering or ("relevance" if self.q else "-published_at")

    @property
    def active(self) -> list[tuple[str, str]]:
        """The chosen (filter, value) pairs, for chips."""
        names = [one.name for one in fields(self) if one.name in (*FACETS, "status")]
        return [(name, value) for name in names for value in getattr(self, name)]


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    is_chosen: bool = False


def entries_filtered(actor: Actor, filters: EntryFilters) -> QuerySet[Entry]:
    """Return the visible entries that pass the filters, unordered, with ``relevance``."""
    entries = search.matching(actor, entry_list_for(actor), filters.q)
    for name in (*FACETS, "status"):
        chosen = getattr(filters, name)
        if chosen:
            entries = entries.filter(_condition(name, chosen))
    return entries


def _condition(name: str, chosen: tuple[str, ...]) -> Q:
    if name == "category":
        condition = Q(pk__in=[])
        for code in chosen:
            condition |= Q(current_revision__category__code__startswith=code)
        return condition
    if name == "format":
        types = [value.lower() for value in chosen]
        return Q(current_revision__format_class__in=chosen) | Q(current_revision__format_type__in=types)
    return Q(**{f"{_COLUMNS[name]}__in": chosen})


def entries_ordered(actor: Actor, filters: EntryFilters) -> QuerySet[Entry]:
    """Return the visible entries that pass the filters, in the order asked for."""
    return entries_filtered(actor, filters).order_by(*ORDERINGS[filters.effective_ordering])


def facets_for(actor: Actor, filters: EntryFilters, names: tuple[str, ...] = FACETS) -> dict[str, list[FacetValue]]:
    """Count the visible entries per value of each facet, one query a facet and one for the names of each kind.

    A facet ignores its own choice, so that the other values stay countable; chosen values are always listed.
    """
    result = {}
    for name in names:
        column = _COLUMNS[name]
        rows = (
            entries_filtered(actor, filters.without(name))
            .order_by()
            .values(column)
            .annotate(count=Count("pk"))
            .values_list(column, "count")
        )
        counts = {str(value): count for value, count in rows if value not in (None, "")}
        chosen = getattr(filters, name)
        for value in chosen:
            counts.setdefault(value, 0)
        labels = _labels(name, list(counts))
        result[name] = sorted(
            (FacetValue(value, labels.get(value, value), count, value in chosen) for value, count in counts.items()),
            key=lambda one: (-one.count, one.label),
        )
    return result


def _labels(name: str, values: list[str]) -> dict[str, str]:
    if name in _CHOICES:
        return {value: str(label) for value, label in _CHOICES[name].choices}
    models: dict[str, Any] = {"region": Region, "department": Department, "category": Category, "library": Library}
    return dict(models[name].objects.filter(code__in=values).values_list("code", "name"))


def label_of(name: str, value: str) -> str:
    """Return the text shown for one filter value."""
    return _labels(name, [value]).get(value, value)
