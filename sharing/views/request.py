"""Lists of requests, the page of one, and its printable file."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import list_answer
from catalog.choices import Sharing
from core import clock
from sharing.choices import RequestStatus
from sharing.forms import RequestFilterForm
from sharing.models import ShareRequest
from sharing.policies import require_see_requests
from sharing.selectors import lists
from sharing.selectors import request as selectors
from sharing.services.many import requests_pass_many
from sharing.views.request_page import RequestPage
from sharing.wording import state_of
from workflow.clock_view import clock_view
from workflow.selectors import calendar
from workflow.selectors.of_subject import clocks_open_by_subject

LEFT_KEY = "sharing_left_alone"
"""Where the session keeps what a decision on many left undone, until the list has shown it."""

VIEW_LABELS: dict[str, Any] = {
    lists.WAITING: gettext_lazy("To decide"),
    lists.MINE: gettext_lazy("Our requests"),
    lists.INCOMING: gettext_lazy("For our data"),
    lists.ALL: gettext_lazy("All requests"),
}
COLUMNS = [
    Column("number", gettext_lazy("Receipt"), lambda row: row.number or "", ("number",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.entry), ("entry__current_revision__name",)),
    Column("code", gettext_lazy("Resource code"), lambda row: row.entry.code or ""),
    Column("department", gettext_lazy("Requester"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("provider", gettext_lazy("Provider"), lambda row: row.entry.department.name,
           ("entry__department__name_pinyin",)),
    Column("kind", gettext_lazy("Kind"), lambda row: row.get_kind_display(), ("kind",)),
    Column("attribute", gettext_lazy("Sharing attribute"), lambda row: row.get_attribute_display(), ("attribute",)),
    Column("until", gettext_lazy("Last day of use"), lambda row: row.valid_until, ("valid_until",)),
    Column("submitted", pgettext_lazy("time", "Submitted"), lambda row: row.submitted_at, ("submitted_at",)),
    Column("updated", gettext_lazy("Updated"), lambda row: row.updated_at, ("updated_at",)),
    Column("status", gettext_lazy("State"), state_of, ("status",)),
    Column("due", gettext_lazy("Time limit"), lambda row: row.due_at, ("due_at",)),
]  # fmt: skip


def _goes_together(request: ShareRequest) -> bool:
    """Say whether a request may be decided together with others: the form check, and the own head's agreement to ask
    for what is shared unconditionally."""
    is_free = request.status == RequestStatus.AWAITING_HEAD and request.attribute == Sharing.UNCONDITIONAL
    return is_free or request.status == RequestStatus.AWAITING_CHECK


@require_GET
def request_list(request: PageRequest) -> HttpResponse:
    """Requests: to decide, of the own department, for its data, or all; also as CSV."""
    require_signed_in(request.actor)
    require_see_requests(request.actor)
    views = lists.request_views_of(request.actor)
    view = request.GET.get("view", "")
    view = view if view in views else views[0]
    form = RequestFilterForm(request.GET)
    chosen = form.chosen()
    found = lists.requests_filtered(request.actor, view, **chosen)
    listing = Listing(request, found, COLUMNS, default="due" if view == lists.WAITING else "-updated")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "share-requests"))
    page = listing.page()
    counts = lists.request_view_counts(request.actor, views)
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": request_rows(page.object_list, view),
        "pickable": view == lists.WAITING and any(_goes_together(row) for row in page.object_list),
        "view": view,
        "is_filtered": any(chosen.values()),
        "tabs": [
            {
                "url": f"{reverse('sharing:request_list')}?view={one}",
                "label": VIEW_LABELS[one],
                "count": counts[one],
                "is_current": one == view,
            }
            for one in views
        ],
    }
    if not request.htmx or request.htmx.boosted:  # shown once, by the page itself
        context["left"] = request.session.pop(LEFT_KEY, [])
    return list_answer(request, "sharing/request_list.html", "sharing/partials/_requests.html", context)


def request_rows(requests: Any, view: str = "") -> list[dict[str, Any]]:
    """Return requests with their clocks, ready for a list."""
    found = list(requests)
    clocks = clocks_open_by_subject(ShareRequest._meta.label_lower, [one.pk for one in found])
    days, moment = calendar(), clock.now()
    return [
        {
            "request": one,
            "state": state_of(one),
            "clock": clock_view(clocks[one.pk], days, moment) if one.pk in clocks else None,
            "can_pick": view == lists.WAITING and _goes_together(one),
        }
        for one in found
    ]


@require_POST
def request_pass_many(request: PageRequest) -> HttpResponse:
    """Agree to what was picked, or pass its form check; without scripts, ask first on a page of its own."""
    require_signed_in(request.actor)
    require_see_requests(request.actor)
    picked: dict[int, int | None] = {}
    for value in request.POST.getlist("pick"):
        pk, _at, version = value.partition("@")
        if pk.isdecimal() and len(pk) < 19:
            picked[int(pk)] = int(version) if version.isdecimal() and len(version) < 10 else None
    back = f"{reverse('sharing:request_list')}?view={lists.WAITING}"
    opinion = request.POST.get("opinion", "")
    if not picked:
        messages.warning(request, _("Choose at least one request."))
        return redirect(back)
    if not request.POST.get("confirmed"):
        waiting = selectors.requests_waiting(request.actor).filter(pk__in=picked)
        context = {"requests": waiting, "picked": picked, "opinion": opinion, "back": back}
        return render(request, "sharing/request_confirm.html", context)
    done = requests_pass_many(actor=request.actor, picked=picked, opinion=opinion)
    if done.passed:
        words = ngettext("%(count)d request went on", "%(count)d requests went on", len(done.passed))
        messages.success(request, words % {"count": len(done.passed)})
    request.session[LEFT_KEY] = [{"pk": one.pk, "name": one.name, "reasons": one.reasons} for one in done.left]
    return redirect(back)


@require_GET
def request_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One request: what is asked, its way so far, what the reader may do."""
    require_signed_in(request.actor)
    return request_answer(request, pk)


def request_answer(
    request: PageRequest, pk: int, status: int = 200, *, data: QueryDict | None = None, **forms: Any
) -> HttpResponse:
    """Show a request; forms that were refused are shown again with what was typed."""
    page = RequestPage(request.actor, selectors.request_get_for(request.actor, pk), data, **forms)
    request.nav_current = "sharing.requests"  # type: ignore[attr-defined]
    return render(request, "sharing/request_detail.html", {"page": page, "crumbs": page.crumbs}, status=status)


@require_GET
def request_print(request: PageRequest, pk: int) -> HttpResponse:
    """The file of a request as it is kept on paper."""
    require_signed_in(request.actor)
    page = RequestPage(request.actor, selectors.request_get_for(request.actor, pk))
    request.nav_current = "sharing.requests"  # type: ignore[attr-defined]
    crumbs = [*page.crumbs, {"label": str(page.request), "url": reverse("sharing:request_detail", args=[pk])}]
    return render(request, "sharing/request_print.html", {"page": page, "crumbs": crumbs})
