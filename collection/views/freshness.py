"""How current the data are."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.choices import FreshnessState
from collection.face import freshness_rows
from collection.selectors import freshness as reading

PAGE_SIZE = 50


@require_GET
def freshness_list(request: PageRequest) -> HttpResponse:
    """What is due when, the most urgent first, and how the departments keep their cycles."""
    require_signed_in(request.actor)
    page = Paginator(reading.freshness_list_for(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = reading.freshness_counts(request.actor)
    context = {
        "page": page,
        "rows": freshness_rows(page.object_list),
        "figures": [
            {"value": one.value, "label": one.label, "count": counts.get(one.value, 0)} for one in FreshnessState
        ],
        "departments": reading.overdue_by_department(request.actor),
    }
    return render(request, "collection/freshness_list.html", context)
