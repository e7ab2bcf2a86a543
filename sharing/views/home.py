"""The way into sharing: what waits, what runs, what ends soon."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from core.actors import Actor
from sharing import policies
from sharing.models import ShareRequest
from sharing.selectors import lists
from sharing.selectors.basket import basket_of
from sharing.views.request import VIEW_LABELS, request_rows

SHOWN = 8
_BY_DUE = ("due_at", "pk")


def _first_open(actor: Actor, view: str) -> QuerySet[ShareRequest]:
    """Return the first requests of a list that are under way: what waits for the reader by its time limit."""
    found = lists.requests_filtered(actor, view, status="open")
    return (found.order_by(*_BY_DUE) if view == lists.WAITING else found)[:SHOWN]


@require_GET
def home(request: PageRequest) -> HttpResponse:
    """What of sharing concerns the reader."""
    require_signed_in(request.actor)
    policies.require_see_sharing(request.actor)
    actor = request.actor
    views = lists.request_views_of(actor) if policies.can_see_requests(actor) else []
    counts = lists.request_view_counts(actor, views)
    grants = lists.grant_counts(actor)
    requests, held = reverse("sharing:request_list"), reverse("sharing:grant_list")
    figures: list[dict[str, Any]] = [
        {"url": f"{requests}?view={one}&status=open", "label": VIEW_LABELS[one], "count": counts[one]} for one in views
    ]
    figures += [
        {"url": f"{held}?status=active", "label": _("Grants in force"), "count": grants.get("active", 0)},
        {"url": f"{held}?status=suspended", "label": _("Suspended"), "count": grants.get("suspended", 0)},
    ]
    view = views[0] if views else ""
    context = {
        "figures": figures,
        "rows": request_rows(_first_open(actor, view)) if view else [],
        "view": view,
        "view_label": VIEW_LABELS.get(view, ""),
        "ending": lists.grants_filtered(actor, lists.grant_views_of(actor)[0], status="ending").order_by("valid_to")[
            :SHOWN
        ],
        "basket_count": basket_of(actor).count(),
    }
    return render(request, "sharing/home.html", context)
