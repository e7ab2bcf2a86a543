"""The work page: what waits for the actor, by when, and the figures beside it."""

from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import figures, policies
from core import clock
from core.clock import WorkdayCalendar
from workflow.selectors import calendar, inbox_for
from workflow.selectors.task import GROUPS, Inbox


@require_GET
def home(request: PageRequest) -> HttpResponse:
    """Show the inbox in groups by due time; htmx gets the inbox alone."""
    require_signed_in(request.actor)
    chosen = request.GET.get("group", "")
    inbox = inbox_for(request.actor, group=chosen if chosen in GROUPS else "")
    context: dict[str, Any] = {"inbox": inbox, "tabs": _tabs(inbox, chosen), "chosen": chosen}
    if request.htmx and not request.htmx.boosted:
        response = render(request, "catalog/partials/_inbox.html", context)
    else:
        days = calendar()
        context |= {
            "board": figures.board_for(
                request.actor, lambda start, count: list(islice(days.working_days_after(start), count))
            ),
            "today": clock.today(),
            "working_day": _working_day_of_month(days, clock.today()),
            "calendar_ends": _calendar_ends(days),
            "can_create": policies.can_create_entry(request.actor),
        }
        response = render(request, "catalog/home.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _tabs(inbox: Inbox, chosen: str) -> list[dict[str, Any]]:
    """Return the filter over the inbox; the far ends only where they hold something."""
    counts = inbox.counts
    tabs = [
        {"key": "", "label": _("All"), "count": counts["all"]},
        {
            "key": "overdue",
            "label": pgettext("inbox", "Overdue"),
            "count": counts["overdue"],
            "is_hot": counts["overdue"] > 0,
        },
        {"key": "today", "label": _("Today"), "count": counts["today"]},
        {"key": "soon", "label": _("5 working days"), "count": counts["soon"]},
    ]
    if chosen in ("later", "undated"):
        tabs.append({"key": chosen, "label": GROUPS[chosen], "count": counts[chosen]})  # type: ignore[literal-required]
    for tab in tabs:
        tab["is_current"] = tab["key"] == (chosen if chosen in GROUPS else "")
    return tabs


def _working_day_of_month(days: WorkdayCalendar, today: date) -> int | None:
    """Return which working day of its month today is; None on a day off."""
    if not days.is_working_day(today):
        return None
    return days.working_days_between(today.replace(day=1) - timedelta(days=1), today)


def _calendar_ends(days: WorkdayCalendar) -> date:
    """Return the last day up to which due days are certain."""
    year = clock.today().year
    while days.is_published(year):
        year += 1
    return date(year - 1, 12, 31)
