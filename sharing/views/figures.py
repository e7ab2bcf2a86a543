"""Figures of sharing: times kept, and data used."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog.selectors import entry_get_for
from sharing import figures_policies, policies
from sharing.charts import months_chart, use_chart
from sharing.selectors import figures as reading


@require_GET
def figures(request: PageRequest) -> HttpResponse:
    """How times are kept and data are used: of one's own data, or of the region; ``?entry=`` narrows the use to one."""
    require_signed_in(request.actor)
    policies.require_see_sharing(request.actor)
    actor, ref = request.actor, request.GET.get("entry", "")
    entry = entry_get_for(actor, ref) if ref else None
    grants = reading.grants_supervised(actor)
    if entry is not None:
        grants = grants.filter(dataset__entry=entry)
    shows_times = entry is None and figures_policies.can_see_times(actor)
    departments = reading.in_time_by_department(actor) if shows_times else []
    context = {
        "entry": entry,
        "departments": departments,
        "overdue": sum(one.overdue for one in departments),
        "months": months_chart(reading.in_time_by_month(actor)) if shows_times else None,
        "use": use_chart(reading.use_by_day(grants)),
        "entries": reading.use_by_entry(grants) if entry is None else [],
        "crumbs": [{"label": _("Data sharing"), "url": reverse("sharing:home")}],
    }
    return render(request, "sharing/figures.html", context)
