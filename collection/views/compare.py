"""Two versions of a dataset beside each other."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import selectors
from collection.comparison import comparison_of
from collection.services.export import preview_record


@require_GET
def compare(request: PageRequest, pk: int) -> HttpResponse:
    """The rows that were added, changed and removed between two versions."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    page = comparison_of(request.actor, dataset, request.GET)
    preview_record(actor=request.actor, dataset=dataset, version=page.until)
    context = {
        "dataset": dataset,
        "page": page,
        "choices": [one for one in selectors.versions_of(dataset)[:50] if one.is_readable],
        "crumbs": [
            {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
            {"label": dataset.name, "url": reverse("collection:dataset_detail", args=[pk]) + "?tab=versions"},
        ],
    }
    return render(request, "collection/dataset_compare.html", context)
