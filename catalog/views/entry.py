"""Reading one entry: its page in any revision, and two revisions side by side."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog.entry_page import ComparisonPage, EntryPage


@require_GET
def entry_detail(request: PageRequest, ref: str) -> HttpResponse:
    """Show an entry; htmx gets the tabs with the one that was opened."""
    require_signed_in(request.actor)
    compared = request.GET.getlist("compare")
    if len(compared) == 2 and all(number.isdecimal() for number in compared):
        return redirect("catalog:revision_diff", ref, *sorted(compared, key=int))
    page = EntryPage(request.actor, ref, request.GET.get("revision", ""), request.GET.get("tab", ""))
    partial = request.htmx and not request.htmx.boosted
    template = "catalog/partials/_entry_tabs.html" if partial else "catalog/entry_detail.html"
    response = render(
        request,
        template,
        {"page": page, "crumbs": page.crumbs, "compared": compared, "query": request.GET.get("q", "")},
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def revision_diff(request: PageRequest, ref: str, before: str, after: str) -> HttpResponse:
    """Show what two revisions differ in, field by field and item by item."""
    require_signed_in(request.actor)
    page = ComparisonPage(request.actor, ref, before, after)
    return render(request, "catalog/revision_diff.html", {"page": page})
