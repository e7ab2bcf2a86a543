from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from core import clock as time
from workflow import selectors
from workflow.choices import ClockKey
from workflow.clock_view import clock_views
from workflow.selectors.clock import STATES, ClockFilter
from workflow.views.requests import page_of, person, render_part

PAGE_SIZE = 50

STATE_LABELS = {
    "": _("Running"),
    "overdue": _("Overdue"),
    "soon": _("Within 5 working days"),
    "paused": _("Paused"),
    "late": _("Finished late"),
    "done": _("Finished"),
}


@require_GET
def clock_list(request: HttpRequest) -> HttpResponse:
    """The time limits the actor is answerable for, or watches over."""
    actor = person(request)
    chosen = _filter(request)
    page = page_of(request, selectors.clock_list_for(actor, chosen), PAGE_SIZE)
    faces = clock_views(page.object_list, selectors.calendar(), time.now())
    keys = selectors.clock_keys_for(actor)
    context = {
        "page": page,
        "rows": [(clock, faces[clock.pk]) for clock in page.object_list],
        "chosen": chosen,
        "states": STATE_LABELS.items(),
        "keys": [(key, ClockKey(key).label if key in ClockKey.values else key) for key in keys],
        "published_until": selectors.published_until(),
    }
    return render_part(request, "workflow/clock_list.html", "workflow/partials/_clocks.html", context)


def _filter(request: HttpRequest) -> ClockFilter:
    values: dict[str, Any] = request.GET.dict()
    department = str(values.get("department", ""))
    state = str(values.get("state", ""))
    return ClockFilter(
        state=state if state in STATES else "",
        policy_key=str(values.get("limit", "")),
        department_id=int(department) if department.isdecimal() and len(department) < 18 else None,
        text=str(values.get("q", "")).strip(),
    )
