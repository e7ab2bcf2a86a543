"""Lists of entries: the whole catalog, the own department's in every state, and their export."""

import tempfile
from dataclasses import replace

from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import exports, policies, selectors
from catalog.choices import EntryStatus
from catalog.result_list import COLUMNS, ResultList, Span
from catalog.selectors import FACETS, EntryFilters, reading
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation

LIST_COLUMNS = ("sharing", "opening", "cycle", "format", "published")
OWN_COLUMNS = ("status", "sharing", "cycle", "due", "updated")
OWN = "own"
"""How the export's address names the own list."""

OWN_FACETS = ("sharing", "opening", "cycle", "category", "format", "library")


@require_GET
def entry_list(request: PageRequest) -> HttpResponse:
    """The catalog: search, facets, sorting, paging; the address holds all of it."""
    require_signed_in(request.actor)
    return _respond(request, "catalog/entry_list.html", {"results": _results(request)})


@require_GET
def entry_own_list(request: PageRequest) -> HttpResponse:
    """The own department's entries in every state, with a tab for each state."""
    require_signed_in(request.actor)
    results = _own_results(request)
    context = {"results": results, "tabs": status_tabs(request, results.filters), "list_name": OWN}
    return _respond(request, "catalog/entry_own_list.html", context)


@require_GET
def entry_export(request: PageRequest) -> FileResponse:
    """Give what a list shows, or the entries picked from it, as a file: ``as=csv`` or ``as=xlsx``."""
    require_signed_in(request.actor)
    form = request.GET.get("as", "csv")
    if form not in ("csv", "xlsx"):
        raise RuleViolation([FieldError("as", "unknown", _("Choose CSV or XLSX."))])
    results = _own_results(request) if request.GET.get("list") == OWN else _results(request)
    refs = request.GET.getlist("pick")
    entries = reading.picked(results.entries, refs) if refs else results.entries
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    exports.write_list(request.actor, entries, [(one.key, str(one.label)) for one in results.columns], form, file)
    file.seek(0)
    name = _("entries-%(day)s.%(form)s") % {"day": clock.today().isoformat(), "form": form}
    return FileResponse(file, as_attachment=True, filename=name, content_type=exports.CONTENT_TYPES[form])


def _results(request: PageRequest) -> ResultList:
    return ResultList(
        request.actor,
        request.GET,
        filters=EntryFilters.from_query(request.GET),
        facets=FACETS,
        columns=LIST_COLUMNS,
        choosable=[key for key in COLUMNS if key != "due"],
        span=Span.from_query(request.GET),
    )


def _own_results(request: PageRequest) -> ResultList:
    return ResultList(
        request.actor,
        request.GET,
        filters=own_filters(request.actor, request.GET),
        facets=OWN_FACETS,
        columns=OWN_COLUMNS,
        choosable=list(COLUMNS),
        fixed=("region", "department", "status"),
        span=Span.from_query(request.GET),
    )


def own_filters(actor: Actor, query: QueryDict) -> EntryFilters:
    """Return the filters of the address, held to the actor's department.

    Whoever has no department gets none: a code that no department can have.
    """
    filters = EntryFilters.from_query(query)
    ordering = filters.ordering or ("" if filters.q else "-updated_at")
    return replace(filters, department=(actor.department_code or "-",), region=(), ordering=ordering)


def status_tabs(request: PageRequest, filters: EntryFilters) -> list[dict[str, object]]:
    """Return the tabs over the own list: all states, and each that occurs or is chosen."""
    counts = {one.value: one.count for one in selectors.facets_for(request.actor, filters, ("status",))["status"]}
    chosen = filters.status[0] if filters.status else ""

    def link(status: str) -> str:
        query = request.GET.copy()
        query.pop("page", None)
        query.pop("status", None)
        if status:
            query["status"] = status
        return f"?{query.urlencode()}" if query else "."

    tabs: list[dict[str, object]] = [
        {"url": link(""), "label": _("All"), "count": sum(counts.values()), "is_current": not chosen}
    ]
    for status in EntryStatus:
        if counts.get(status.value) or status.value == chosen:
            tabs.append(
                {
                    "url": link(status.value),
                    "label": status.label,
                    "count": counts.get(status.value, 0),
                    "is_current": status.value == chosen,
                }
            )
    return tabs


def _respond(request: PageRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Render the page, or for htmx the part of it that changes."""
    partial = request.htmx and not request.htmx.boosted
    context |= {
        "export_url": reverse("catalog:entry_export"),
        "can_create": policies.can_create_entry(request.actor),
        "partial": partial,
    }
    response = render(request, "catalog/partials/_browse.html" if partial else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
