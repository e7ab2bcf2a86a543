"""What departments hold, in figures."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import list_answer
from collection import policies
from collection.blind_loading import columns_told
from collection.face import freshness_rows
from collection.forms import DatasetFilterForm
from collection.selectors import pool as reading
from collection.selectors.dataset import freshness_shown

COLUMNS = [
    Column("name", gettext_lazy("Dataset"), lambda row: row.name, ("name",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.entry), ("entry__current_revision__name",)),
    Column("rows", gettext_lazy("Rows"), lambda row: row.published_version.row_count if row.published_version else "",
           ("rows_held",)),
    Column("updated", gettext_lazy("Updated"), lambda row: row.changed_at or "", ("changed_at",)),
    Column("freshness", gettext_lazy("Freshness"), freshness_shown, ("freshness",)),
    Column("quality", gettext_lazy("Quality"), lambda row: row.quality_score or "", ("quality_score",)),
]  # fmt: skip


@require_GET
def pool_list(request: PageRequest) -> HttpResponse:
    """The pools that the actor answers for, with their figures."""
    require_signed_in(request.actor)
    pools = reading.pools_for(request.actor)
    context = {
        "pools": pools,
        "is_told": policies.can_see_changes(request.actor),
        "total": {
            "datasets": sum(one.datasets for one in pools),
            "rows": sum(one.rows or 0 for one in pools),
            "size": sum(one.size_bytes or 0 for one in pools),
            "late": sum(one.late for one in pools),
        },
    }
    return render(request, "collection/pool_list.html", context)


@require_GET
def pool_detail(request: PageRequest, code: str) -> HttpResponse:
    """One department's pool: its datasets, the largest first; also as CSV."""
    require_signed_in(request.actor)
    pool = reading.pool_get_for(request.actor, code)
    form = DatasetFilterForm(request.GET)
    chosen = form.chosen()
    found = reading.pool_datasets(request.actor, code, **chosen)
    columns, is_told = columns_told(request.actor, COLUMNS), policies.can_see_changes(request.actor)
    listing = Listing(request, found, columns, default="-rows" if is_told else "name")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "pool"))
    page = listing.page()
    rows = freshness_rows(request.actor, page.object_list)
    sizes = reading.sizes_of(row["dataset"] for row in rows) if is_told else {}
    context = {
        "pool": pool,
        "is_told": is_told,
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": [row | {"size": sizes.get(row["dataset"].pk, 0)} for row in rows],
        "ordering": listing.ordering,
        "crumbs": [{"label": _("Pools"), "url": reverse("collection:pool_list")}],
    }
    return list_answer(request, "collection/pool_detail.html", "collection/partials/_pool_datasets.html", context)
