"""What is open to the public: a list and a page, without sign-in, the same for whoever looks."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.requests import PageRequest
from catalog import selectors
from catalog.result_list import ResultList
from catalog.selectors import EntryFilters, reading
from core.actors import PUBLIC
from core.exceptions import FieldError, RuleViolation

FACETS = ("department", "category", "format", "cycle", "opening", "region", "library")
COLUMNS = ("opening", "cycle", "format", "published")
MOST_CHOSEN = 6
"""Filter values at once. People stay below; robots that walk every combination stop here."""


@require_GET
def open_list(request: PageRequest) -> HttpResponse:
    """Show what is open. Only the bare list may be indexed; every filtered one points to it."""
    filters = EntryFilters.from_query(request.GET).for_public(FACETS)
    if len(filters.active) > MOST_CHOSEN:
        message = _("Choose at most %(count)d filter values at once.") % {"count": MOST_CHOSEN}
        raise RuleViolation([FieldError("filters", "too_many", message)])
    results = ResultList(PUBLIC, request.GET, filters=filters, facets=FACETS, columns=COLUMNS)
    is_bare = not set(request.GET) - {"page"}
    page = request.GET.get("page", "") if is_bare and results.page.number > 1 else ""
    canonical = request.build_absolute_uri(reverse("catalog:open_list")) + (
        f"?page={results.page.number}" if page else ""
    )
    partial = request.htmx and not request.htmx.boosted
    response = render(
        request,
        "catalog/partials/_browse.html" if partial else "catalog/open_list.html",
        {"results": results, "canonical": canonical, "may_index": is_bare, "partial": partial},
    )
    if not is_bare:
        response.headers["X-Robots-Tag"] = "noindex, follow"
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def open_detail(request: PageRequest, ref: str) -> HttpResponse:
    """Show an open entry with its open items, under its one address."""
    entry = selectors.entry_get_for(PUBLIC, ref)
    if ref != entry.ref:
        return redirect("catalog:open_detail", entry.ref, permanent=True)
    revision = selectors.shown_revision(PUBLIC, entry)
    return render(
        request,
        "catalog/open_detail.html",
        {
            "entry": entry,
            "revision": revision,
            "items": reading.public_items_of(revision),
            "related": reading.related_for(PUBLIC, revision),
            "canonical": request.build_absolute_uri(reverse("catalog:open_detail", args=[entry.ref])),
            "crumbs": [{"label": _("Open data"), "url": reverse("catalog:open_list")}],
        },
    )
