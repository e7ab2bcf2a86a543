"""A list of entries as a page shows it: rows with their marks and hits, facets, chips, columns, paging.

Reads through ``selectors``; knows nothing of requests beyond their query parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from catalog import highlight, search, selectors
from catalog.choices import WORKING_STATUSES, RevisionStatus
from catalog.facet_tree import category_tree_options, plain_options, region_options
from catalog.models import Entry, Revision
from catalog.row_marks import marks_for
from catalog.selectors import EntryFilters, reading
from core import clock
from core.actors import Actor
from core.components.figures import day as day_text
from core.components.marks import Mark
from core.exceptions import FieldError, RuleViolation
from workflow.clock_view import ClockView, clock_view
from workflow.selectors import calendar

PAGE_SIZES = (20, 50, 100)

FACET_LABELS: dict[str, Any] = {
    "sharing": gettext_lazy("Sharing attribute"),
    "region": gettext_lazy("Region"),
    "department": gettext_lazy("Provider"),
    "category": gettext_lazy("Category"),
    "opening": gettext_lazy("Opening attribute"),
    "cycle": gettext_lazy("Update cycle"),
    "format": gettext_lazy("Format"),
    "library": gettext_lazy("Library"),
    "status": gettext_lazy("State"),
}

ORDERING_LABELS: dict[str, Any] = {
    "relevance": gettext_lazy("By relevance"),
    "-published_at": gettext_lazy("Latest published"),
    "published_at": gettext_lazy("Earliest published"),
    "-updated_at": gettext_lazy("Latest changed"),
    "updated_at": gettext_lazy("Earliest changed"),
    "name": gettext_lazy("By name"),
    "-name": gettext_lazy("By name, from the end"),
    "code": gettext_lazy("By code"),
    "-code": gettext_lazy("By code, from the end"),
}
USUAL_ORDERINGS = ("relevance", "-published_at", "-updated_at", "name", "code")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.

    Attributes:
        css: class of the ``<col>``, which sets the width.
        sort: name of the ordering behind its head.
        first: direction of the first click on the head.
    """

    key: str
    label: Any
    css: str
    sort: str = ""
    first: str = "asc"


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("status", gettext_lazy("State"), "c-state"),
        Column("sharing", pgettext_lazy("column", "Sharing"), "c-attr"),
        Column("opening", pgettext_lazy("column", "Opening"), "c-open"),
        Column("cycle", pgettext_lazy("column", "Cycle"), "c-cyc"),
        Column("format", gettext_lazy("Format"), "c-format"),
        Column("category", gettext_lazy("Category"), "c-category"),
        Column("library", gettext_lazy("Library"), "c-category"),
        Column("level", gettext_lazy("Data grade"), "c-level"),
        Column("items", pgettext_lazy("column", "Items"), "c-count"),
        Column("revision", gettext_lazy("Revision"), "c-count"),
        Column("due", gettext_lazy("Time limit"), "c-due"),
        Column("published", pgettext_lazy("column", "Published"), "c-date", "published_at", "desc"),
        Column("updated", pgettext_lazy("column", "Changed"), "c-date", "updated_at", "desc"),
    )
}


ANY = "any"


@dataclass(frozen=True, slots=True)
class Span:
    """What a list shows besides the filters of the API: one due day, one month of publication, what is in work."""

    due: date | None = None
    published: date | None = None
    work: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Span":
        """Read ``due=2026-11-26``, ``published=2026-11`` and ``work=any`` or the state of the revision in work.

        Raises:
            RuleViolation: it is no day, month or state.
        """
        work = query.get("work", "")
        if work and work != ANY and work not in WORKING_STATUSES:
            raise _unknown("work", work)
        return cls(_day(query, "due", ""), _day(query, "published", "-01"), work)

    def apply(self, entries: QuerySet[Entry], actor: Actor) -> QuerySet[Entry]:
        if self.due:
            entries = reading.due_on(entries, self.due, actor)
        if self.published:
            entries = reading.published_between(entries, self.published, _next_month(self.published))
        if self.work:
            entries = reading.in_work(entries, actor, "" if self.work == ANY else self.work)
        return entries

    def __bool__(self) -> bool:
        return bool(self.due or self.published or self.work)


def _day(query: QueryDict, name: str, rest: str) -> date | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text + rest)
    except ValueError:
        raise _unknown(name, text) from None


def _unknown(name: str, value: str) -> RuleViolation:
    message = _("“%(value)s” is not a value of this filter.") % {"value": value}
    return RuleViolation([FieldError(name, "unknown", message)])


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Note:
    """Where a hit is that the row does not show by itself."""

    label: str
    parts: list[highlight.Part]


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the list."""

    entry: Entry
    revision: Revision
    name: list[highlight.Part]
    code: list[highlight.Part]
    department: list[highlight.Part]
    notes: list[Note] = field(default_factory=list)
    region: str = ""
    items: int | None = None
    clock: ClockView | None = None
    marks: Sequence[Mark] = ()
    shows_state: bool = False
    """Whether the state has to be said beside the name: it is not in force, and no column says so."""
    open_revision: Revision | None = None
    """The revision in work beside a published one, for those who may see it."""


class LimitedPaginator(Paginator):
    """Goes as deep as ``selectors.MAX_ROWS_DEEP``; ``total`` is the true number."""

    def __init__(self, entries: selectors.EntryPages, size: int, total: int) -> None:
        super().__init__(cast(Any, entries), size)  # slices are all it takes
        self.total = total

    @cached_property
    def count(self) -> int:
        return min(self.total, selectors.MAX_ROWS_DEEP)


class ResultList:
    """Everything a page of results shows.

    Args:
        facets: names of the facets shown, in order; those in ``fixed`` are neither shown nor chips.
        columns: keys of the columns shown where the address names none.
        choosable: keys of the columns that may be chosen.
    """

    def __init__(
        self,
        actor: Actor,
        query: QueryDict,
        *,
        filters: EntryFilters,
        facets: Sequence[str],
        columns: Sequence[str],
        choosable: Sequence[str] = (),
        fixed: Sequence[str] = (),
        span: Span | None = None,
    ) -> None:
        self.actor = actor
        self.query = query
        self.filters = filters
        self.span = span or Span()
        self.facet_names = [name for name in facets if name not in fixed]
        self.fixed = tuple(fixed)
        self.terms = search.query_terms(filters.q)
        wanted = [key for key in query.getlist("columns") if key in choosable]
        self.columns = [COLUMNS[key] for key in choosable if key in wanted] or [COLUMNS[key] for key in columns]
        self.choosable = [(COLUMNS[key], COLUMNS[key] in self.columns) for key in choosable]
        self.is_dense = query.get("rows") == "one"
        self.ordering = filters.effective_ordering
        size = query.get("page_size", "")
        self.page_size = int(size) if size in map(str, PAGE_SIZES) else PAGE_SIZES[0]

    @property
    def entries(self) -> QuerySet[Entry]:
        """All entries found, in order, for an export."""
        return self.span.apply(selectors.entries_ordered(self.actor, self.filters), self.actor)

    @cached_property
    def total(self) -> int:
        if self.span:
            return self.span.apply(selectors.entries_filtered(self.actor, self.filters), self.actor).count()
        return self._counted.total

    @cached_property
    def page(self) -> Page:
        within = self.span.apply(Entry.objects.all(), self.actor) if self.span else None
        pages = selectors.EntryPages(self.actor, self.filters, self.total, within)
        return LimitedPaginator(pages, self.page_size, self.total).get_page(self.query.get("page"))

    @property
    def is_cut(self) -> bool:
        """Whether there is more than paging reaches."""
        return self.total > selectors.MAX_ROWS_DEEP

    @cached_property
    def rows(self) -> list[Row]:
        """The entries of this page; the number of queries depends on the columns, never on the rows."""
        entries = list(self.page.object_list)
        shown = {column.key for column in self.columns}
        revision_ids = [entry.current_revision_id for entry in entries if entry.current_revision_id]
        names = reading.item_names_by_revision(revision_ids, public_only=self.actor.is_public) if self.terms else {}
        counts = reading.item_counts_by_revision(revision_ids) if "items" in shown else {}
        faces = self._faces(entries) if "due" in shown else {}
        marks = marks_for(self.actor, entries)
        return [
            self._row(entry, entry.current_revision, names, counts, faces, marks)
            for entry in entries
            if entry.current_revision
        ]

    def _faces(self, entries: Sequence[Entry]) -> dict[int, ClockView]:
        days, moment = calendar(), clock.now()
        clocks = reading.clocks_open_by_entry(self.actor, entries)
        return {pk: clock_view(one, days, moment) for pk, one in clocks.items()}

    def _row(
        self,
        entry: Entry,
        revision: Revision,
        names: Mapping[int, list[reading.ItemName]],
        counts: Mapping[int, int],
        faces: Mapping[int, ClockView],
        marks: Mapping[int, Sequence[Mark]],
    ) -> Row:
        working = entry.working_revision
        return Row(
            entry=entry,
            revision=revision,
            name=highlight.parts(revision.name, self.terms),
            code=highlight.parts(entry.code or "", self.terms),
            department=[] if "department" in self.fixed else highlight.parts(entry.department.name, self.terms),
            notes=self._notes(entry, revision, names.get(revision.pk, ())) if self.terms else [],
            region=self._region_of(entry),
            items=counts.get(revision.pk, 0),
            clock=faces.get(entry.pk),
            marks=marks.get(entry.pk, ()),
            shows_state=entry.status not in selectors.LIVE_STATUSES
            and all(column.key != "status" for column in self.columns),
            open_revision=working
            if working is not None
            and working.pk != entry.current_revision_id
            and selectors.can_see_working(self.actor, entry)
            else None,
        )

    def _region_of(self, entry: Entry) -> str:
        """Name the region of what comes from elsewhere; the public is at home everywhere."""
        if self.actor.is_public or entry.department.region_id == self.actor.region_id:
            return ""
        return entry.department.region.name

    def _notes(self, entry: Entry, revision: Revision, names: Sequence[reading.ItemName]) -> list[Note]:
        """Say where the terms are that neither name, code nor provider contain."""
        left = highlight.missing(f"{revision.name}\n{entry.code or ''}\n{entry.department.name}", self.terms)
        notes: list[Note] = []
        for label, found in (
            (_("Keywords"), revision.keywords),
            *((_("Item"), item.name) for item in names),
            (_("Summary"), revision.summary),
            *((_("Field name"), item.field_name) for item in names),
            (_("Format"), revision.format_type),
        ):
            if left and found and (parts := highlight.excerpt(found, left)):
                notes.append(Note(label, parts))
                left = highlight.missing(found, left)
        return notes

    # Facets, chips, links ---------------------------------------------------------------------------------------

    @cached_property
    def _counted(self) -> selectors.Counted:
        return selectors.entries_counted(self.actor, self.filters, tuple(self.facet_names))

    @cached_property
    def facets(self) -> list[dict[str, Any]]:
        """The facets as ``partials/_facets.html`` takes them; none beside a due day or month, which they ignore."""
        if self.span:
            return []
        full = self.query.get("more", "")
        result = []
        for name in self.facet_names:
            values = self._counted.facets[name]
            if name == "category":
                options = category_tree_options(values, self.filters.category, whole=full == name)
            elif name == "region":
                options = region_options(values)
            else:
                options = plain_options(name, values)
            if not options:
                continue
            shown = options if full == name or name == "category" else _first(options)
            rest = len({one.value for one in values} - {one["value"] for one in shown})
            chosen = len(getattr(self.filters, name))
            result.append(
                {
                    "name": name,
                    "label": FACET_LABELS[name],
                    "options": shown,
                    "chosen": chosen,
                    "find": _("Find a provider") if name == "department" and len(options) > FACET_LENGTH else "",
                    "more_url": self._link(more=name) if rest else "",
                    "more_label": ngettext("%(count)s more", "%(count)s more", rest) % {"count": rest},
                    "closed": name in LATE_FACETS and not chosen,
                }
            )
        return result

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        """The chosen filters, each with the address without it."""
        chosen = [(name, value) for name, value in self.filters.active if name not in self.fixed]
        counted = {} if self.span else self._counted.facets
        labels = {(name, one.value): one.label for name, values in counted.items() for one in values}
        result = [
            {
                "key": str(FACET_LABELS[name]),
                "value": labels.get((name, value)) or selectors.label_of(name, value),
                "remove_url": self._link(**{name: [one for one in getattr(self.filters, name) if one != value]}),
            }
            for name, value in chosen
        ]
        if self.span.due:
            result.append({"key": _("Due"), "value": day_text(self.span.due), "remove_url": self._link(due=None)})
        if self.span.published:
            month = f"{self.span.published:%Y-%m}"
            result.append(
                {"key": pgettext("column", "Published"), "value": month, "remove_url": self._link(published=None)}
            )
        if self.span.work:
            state = _("any state") if self.span.work == ANY else RevisionStatus(self.span.work).label
            result.append({"key": _("In work"), "value": str(state), "remove_url": self._link(work=None)})
        return result

    @property
    def clear_url(self) -> str:
        kept = ("q", "columns", "rows", "page_size", "ordering")
        return _address((name, value) for name in kept for value in self.query.getlist(name))

    @property
    def chosen_count(self) -> int:
        return len(self.chips)

    @cached_property
    def nearest(self) -> dict[str, Any] | None:
        """Where nothing is found: the one filter whose removal brings back most, with the number of entries."""
        best: dict[str, Any] | None = None
        for name in (*self.facet_names, "status"):
            if name in self.fixed or not getattr(self.filters, name):
                continue
            loosened = self.filters.without(name)
            count = selectors.entries_counted(self.actor, loosened, ()).total
            if count and (best is None or count > best["count"]):
                best = {"label": FACET_LABELS[name], "count": count, "url": self._link(**{name: None})}
        return best

    @property
    def orderings(self) -> list[tuple[str, Any]]:
        names = [name for name in USUAL_ORDERINGS if name != "relevance" or self.terms]
        if self.actor.is_public:
            names = [name for name in names if name in selectors.PUBLIC_ORDERINGS]
        if self.ordering not in names:
            names.append(self.ordering)
        return [(name, ORDERING_LABELS[name]) for name in names]

    @property
    def page_sizes(self) -> tuple[int, ...]:
        return PAGE_SIZES

    @cached_property
    def filter_query(self) -> str:
        """The address without what only concerns the look of the list, for exporting what is found."""
        kept = [
            (name, value)
            for name, values in self.query.lists()
            if name not in ("page", "page_size", "rows", "more", "pick")
            for value in values
        ]
        return urlencode(kept)

    def _link(self, **changes: Any) -> str:
        query = self.query.copy()
        for name in ("page", "more"):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query.setlist(name, list(value) if isinstance(value, list | tuple) else [str(value)])
        return _address((name, value) for name, values in query.lists() for value in values)


FACET_LENGTH = 8
"""Values a facet shows before the rest is asked for; chosen ones are always shown."""

LATE_FACETS = ("opening", "library")
"""Facets that start folded."""


def _first(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(options) <= FACET_LENGTH + 1:
        return options
    return [option for at, option in enumerate(options) if at < FACET_LENGTH or option["selected"]]


def _address(pairs: Any) -> str:
    encoded = urlencode(list(pairs))
    return f"?{encoded}" if encoded else "."
