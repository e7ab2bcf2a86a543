from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workflow import selectors, services
from workflow.views.requests import page_of, person, render_part

PAGE_SIZE = 30
PAGE = "workflow/notification_list.html"
PART = "workflow/partials/_notifications.html"


@require_GET
def notification_list(request: HttpRequest) -> HttpResponse:
    """The actor's notifications, latest first."""
    return _list(request)


@require_GET
def notification_open(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Lead to what a notification is about; to follow it is to have read it."""
    actor = person(request)
    notification = selectors.notification_get_for(actor, notification_id)
    services.notification_mark_read(actor=actor, notification_id=notification_id)
    return redirect(notification.url or "workflow:notification_list")


@require_POST
def notification_read(request: HttpRequest, notification_id: int) -> HttpResponse:
    services.notification_mark_read(actor=person(request), notification_id=notification_id)
    return _after_change(request)


@require_POST
def notification_read_all(request: HttpRequest) -> HttpResponse:
    services.notification_mark_all_read(actor=person(request))
    return _after_change(request)


@require_http_methods(["GET", "POST"])
def notification_preferences(request: HttpRequest) -> HttpResponse:
    """Where the actor wants which kind of news."""
    actor = person(request)
    preferences = selectors.notification_preferences_for(actor)
    if request.method == "POST":
        chosen = {
            row.kind: (f"app:{row.kind}" in request.POST, f"mail:{row.kind}" in request.POST) for row in preferences
        }
        services.notification_preferences_set(actor=actor, preferences=chosen)
        messages.success(request, _("Saved. This holds from the next message on."))
        return redirect("workflow:notification_preferences")
    context = {"preferences": preferences, "address": selectors.email_of(actor)}
    return render(request, "workflow/notification_preferences.html", context)


def _after_change(request: HttpRequest) -> HttpResponse:
    return _list(request) if request.htmx else redirect("workflow:notification_list")  # type: ignore[attr-defined]


def _list(request: HttpRequest) -> HttpResponse:
    actor = person(request)
    unread_only = request.GET.get("unread") == "1"
    page = page_of(request, selectors.notification_list_for(actor, unread_only=unread_only), PAGE_SIZE)
    context = {
        "page": page,
        "rows": selectors.notification_rows(page.object_list),
        "unread_only": unread_only,
        "unread": selectors.notification_unread_count(actor),
    }
    return render_part(request, PAGE, PART, context)
