"""Rows on a page and as a download, for those who may see them without a grant."""

from urllib.parse import quote

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import policies, selectors
from collection.readers import FORMATS, stream
from collection.readers.stream import XLSX_MOST_ROWS, sheet_too_small
from collection.selectors.dataset import pinned_version, version_named
from collection.services.export import export_record
from collection.views.dataset_page import DatasetPage
from core.exceptions import FieldError, RuleViolation


@require_GET
def rows(request: PageRequest, pk: int) -> HttpResponse:
    """A page of rows, for htmx."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    page = DatasetPage(request.actor, dataset, request.GET)
    return render(request, "collection/partials/_rows.html", {"page": page})


@require_GET
def export(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Download the published version, or a kept one that the address names.

    Texts that look like formulas are made harmless in CSV.
    """
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_export(request.actor, dataset, [])
    version = version_named(dataset, request.GET.get("version", ""))
    pinned = pinned_version(version)
    entitlement = policies.require_export(request.actor, dataset, list(pinned.columns))
    format = request.GET.get("format", "csv")
    if format not in FORMATS:
        message = _("Choose one of: %(formats)s.") % {"formats": ", ".join(FORMATS)}
        raise RuleViolation([FieldError("format", "unknown", message)])
    if format == "xlsx" and version.row_count > XLSX_MOST_ROWS:
        raise RuleViolation([sheet_too_small()])
    with transaction.atomic():
        export_record(actor=request.actor, dataset=dataset, version=version, format=format)
    pieces = stream(entitlement, pinned, format, escape_formulas=True)
    response = StreamingHttpResponse(pieces, content_type=FORMATS[format])
    name = quote(f"{dataset.name}-v{version.number}.{format}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response
