"""What departments hold, in figures."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.face import freshness_rows
from collection.selectors import pool as reading

PAGE_SIZE = 50


@require_GET
def pool_list(request: PageRequest) -> HttpResponse:
    """The pools that the actor answers for, with their figures."""
    require_signed_in(request.actor)
    pools = reading.pools_for(request.actor)
    context = {
        "pools": pools,
        "total": {
            "datasets": sum(one.datasets for one in pools),
            "rows": sum(one.rows for one in pools),
            "size": sum(one.size_bytes for one in pools),
            "late": sum(one.late for one in pools),
        },
    }
    return render(request, "collection/pool_list.html", context)


@require_GET
def pool_detail(request: PageRequest, code: str) -> HttpResponse:
    """One department's pool: its datasets, the largest first."""
    require_signed_in(request.actor)
    pool = reading.pool_get_for(request.actor, code)
    page = Paginator(reading.pool_datasets(request.actor, code), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = freshness_rows(page.object_list)
    sizes = reading.sizes_of(row["dataset"] for row in rows)
    context = {
        "pool": pool,
        "page": page,
        "rows": [row | {"size": sizes.get(row["dataset"].pk, 0)} for row in rows],
        "crumbs": [{"label": _("Pools"), "url": reverse("collection:pool_list")}],
    }
    return render(request, "collection/pool_detail.html", context)
