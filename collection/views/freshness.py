"""How current the data are."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import policies
from collection.choices import FRESHNESS_SHOWN, IN_GRACE
from collection.face import freshness_rows
from collection.forms import FreshnessCalendarForm
from collection.measured import measured_by
from collection.selectors import freshness as reading
from collection.views.freshness_month import FreshnessMonth

PAGE_SIZE = 50


def tabs(current: str) -> list[dict[str, Any]]:
    """Return the two ways of looking at what is due."""
    shown = (("list", _("List"), "freshness_list"), ("calendar", _("Calendar"), "freshness_calendar"))
    return [
        {"url": reverse(f"collection:{name}"), "label": label, "count": None, "is_current": key == current}
        for key, label, name in shown
    ]


@require_GET
def freshness_list(request: PageRequest) -> HttpResponse:
    """What is due when, the most urgent first, and how the departments keep their cycles."""
    require_signed_in(request.actor)
    page = Paginator(reading.freshness_list_for(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = reading.freshness_counts(request.actor)
    # As on a dataset's own page: what a load has changed is not for people of a contractor.
    is_told = policies.can_see_changes(request.actor)
    measured = measured_by(page.object_list) if is_told else {}
    context = {
        "page": page,
        "is_told": is_told,
        "rows": [
            row | {"measured": measured.get(row["dataset"].pk)}
            for row in freshness_rows(request.actor, page.object_list)
        ],
        "figures": [
            {
                "value": state,
                "label": label,
                "count": counts.get(state, 0),
                "is_bad": state in (IN_GRACE, *reading.LATE),
            }
            for state, label in FRESHNESS_SHOWN
        ],
        "tabs": tabs("list"),
        "departments": reading.overdue_by_department(request.actor),
    }
    return render(request, "collection/freshness_list.html", context)


@require_GET
def freshness_calendar(request: PageRequest) -> HttpResponse:
    """What is due on which day of a month; a day with much on it is shown whole below."""
    require_signed_in(request.actor)
    asked = FreshnessCalendarForm(request.GET).chosen()
    month = FreshnessMonth(request.actor, **asked)
    context = {"month": month, "tabs": tabs("calendar")}
    if month.day is not None:
        page = Paginator(month.of_day, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": freshness_rows(request.actor, page.object_list)}
    return render(request, "collection/freshness_calendar.html", context)
