"""The catalog as a list: filters, facets and order, the same for the page, the API and the exports."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, OrderBy, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Department
from catalog import search
from catalog.choices import Cycle, EntryStatus, FormatClass, Opening, Sharing
from catalog.models import Category, Entry, EntrySearch, Library
from catalog.selectors.entry import LISTED, entry_list_for, visible
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation

FACETS = ("sharing", "region", "department", "category", "opening", "cycle", "format", "library")
"""Facets in the order in which the page shows them."""

FILTERS = (*FACETS, "status")

CHOICES: dict[str, Any] = {
    "sharing": Sharing, "opening": Opening, "cycle": Cycle, "format": FormatClass, "status": EntryStatus,
}  # fmt: skip

ORDERINGS = (
    "relevance", "name", "-name", "published_at", "-published_at", "updated_at", "-updated_at", "code", "-code",
)  # fmt: skip

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
        for name in FILTERS:
            chosen = [part.strip() for text in query.getlist(name) for part in text.replace("\x00", "").split(",")]
            values[name] = tuple(dict.fromkeys(part for part in chosen if part))
            allowed = CHOICES.get(name)
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
        dropped: dict[str, Any] = {name: () for name in FILTERS if name not in names}
        return replace(self, **dropped, ordering=self.ordering if self.ordering in PUBLIC_ORDERINGS else "")

    @property
    def effective_ordering(self) -> str:
        return self.ordering or ("relevance" if self.q else "-published_at")

    @property
    def active(self) -> list[tuple[str, str]]:
        """The chosen (filter, value) pairs, for chips."""
        names = [one.name for one in fields(self) if one.name in FILTERS]
        return [(name, value) for name in names for value in getattr(self, name)]


RANKED_HITS = 2_000
"""Up to so many hits the words of each count for the order; of more, only how the name holds the query."""


def rows_found(actor: Actor, filters: EntryFilters) -> QuerySet[EntrySearch]:
    """Return the rows of the visible entries that pass the filters, unordered."""
    rows = search.matching(actor, EntrySearch.objects.filter(visible(actor, LISTED)), filters.q)
    for name in FILTERS:
        chosen = getattr(filters, name)
        if chosen:
            rows = rows.filter(_condition(name, chosen))
    return rows


def _condition(name: str, chosen: tuple[str, ...]) -> Q:
    if name == "category":
        below = reduce(or_, (Q(code__startswith=code) for code in chosen))
        return Q(category__in=Category.objects.filter(below).order_by().values("pk"))
    if name == "format":
        return Q(format_class__in=chosen) | Q(format_type__in=[value.lower() for value in chosen])
    if name == "region":
        return Q(department__in=Department.objects.filter(region__code__in=chosen).order_by().values("pk"))
    if name == "department":
        return Q(department__in=Department.objects.filter(code__in=chosen).order_by().values("pk"))
    if name == "library":
        return Q(library__in=Library.objects.filter(code__in=chosen).order_by().values("pk"))
    return Q(**{f"{name}__in": chosen})


def _order(actor: Actor, filters: EntryFilters, *, ranks_words: bool, at: str = "") -> list[OrderBy]:
    """Return what the rows are sorted by; entries are sorted alike by the path to their row."""
    name = filters.effective_ordering
    field, is_descending = name.removeprefix("-"), name.startswith("-")
    latest = [F(f"{at}published_at").desc(nulls_last=True), F(f"{at}entry").desc()]
    if field == "relevance" and not search.query_terms(filters.q):
        return latest
    if field == "relevance":
        return [OrderBy(search.relevance(actor, filters.q, ranks_words=ranks_words, at=at), descending=True), *latest]
    if field == "published_at":
        return latest if is_descending else [F(f"{at}published_at").asc(nulls_first=True), F(f"{at}entry").asc()]
    if field == "code":
        first = F(f"{at}code").desc(nulls_last=True) if is_descending else F(f"{at}code").asc(nulls_last=True)
        return [first, OrderBy(F(f"{at}entry"), descending=is_descending)]
    column = "name_pinyin" if field == "name" else field
    return [OrderBy(F(f"{at}{column}"), descending=is_descending), OrderBy(F(f"{at}entry"), descending=is_descending)]


def entries_filtered(actor: Actor, filters: EntryFilters) -> QuerySet[Entry]:
    """Return the visible entries that pass the filters, unordered."""
    return entry_list_for(actor).filter(pk__in=rows_found(actor, filters).values("pk"))


def entries_ordered(actor: Actor, filters: EntryFilters) -> QuerySet[Entry]:
    """Return the visible entries that pass the filters, in the order asked for, all of them: for exports."""
    return entries_filtered(actor, filters).order_by(*_order(actor, filters, ranks_words=True, at="search__"))


class EntryPages:
    """The entries found, in order, read a slice at a time: first their rows, then what a list shows of them.

    Args:
        total: how many there are.
        within: keeps only those among these.
    """

    def __init__(self, actor: Actor, filters: EntryFilters, total: int, within: QuerySet[Entry] | None = None) -> None:
        self.actor = actor
        self.total = total
        self.query = filters.q
        rows = rows_found(actor, filters)
        if within is not None:
            rows = rows.filter(entry__in=within.order_by().values("pk"))
        self.rows = rows.order_by(*_order(actor, filters, ranks_words=total <= RANKED_HITS))

    def count(self) -> int:
        return self.total

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[Entry]:
        return iter(self[:])

    def __getitem__(self, part: slice) -> list[Entry]:
        with search.by_index(self.query):
            keys = list(self.rows.values_list("pk", flat=True)[part])
        entries = entry_list_for(self.actor).in_bulk(keys)
        return [entries[key] for key in keys if key in entries]
