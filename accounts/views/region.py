"""Regions, to look up."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from accounts import policies, selectors
from accounts.forms import RegionFilterForm
from accounts.listing import Column, Listing
from accounts.requests import PageRequest
from accounts.views.answers import list_answer

COLUMNS = [
    Column("code", gettext_lazy("Code"), lambda row: row.code, ("code",)),
    Column("name", gettext_lazy("Name"), lambda row: row.name, ("name_pinyin",)),
    Column("level", gettext_lazy("Level"), lambda row: row.get_level_display(), ("level", "path")),
    Column("parent", gettext_lazy("Region above"), lambda row: row.parent.name if row.parent else "", ("path",)),
    Column("departments", gettext_lazy("Departments"), lambda row: row.department_count, ("department_count",)),
]


@require_GET
def region_list(request: PageRequest) -> HttpResponse:
    """Provinces, cities and counties with their codes; also as CSV."""
    policies.require_signed_in(request.actor)
    form = RegionFilterForm(request.GET)
    chosen = form.chosen()
    rows = selectors.region_list_for(
        request.actor, text=chosen["q"], level=chosen["level"], with_ended=bool(chosen["ended"])
    )
    listing = Listing(request, rows, COLUMNS, default="code")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "regions"))
    context = {
        "form": form,
        "page": listing.page(),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/region_list.html", "accounts/partials/_regions.html", context)


@require_GET
def region_detail(request: PageRequest, code: str) -> HttpResponse:
    """One region: those above and below it, its authority and departments."""
    region = selectors.region_get_for(request.actor, code)
    above = [row for row in selectors.regions_above(region.path) if row.pk != region.pk]
    context = {
        "region": region,
        "below": selectors.region_list_for(request.actor, within=region.path).filter(parent=region),
        "departments": selectors.department_list_for(request.actor).filter(region=region),
        "authority": selectors.authority_of(region.pk),
        "crumbs": [
            {"label": _("Regions"), "url": reverse("accounts:region_list")},
            *({"label": row.name, "url": reverse("accounts:region_detail", args=[row.code])} for row in above),
        ],
    }
    return render(request, "accounts/region_detail.html", context)
