"""Importing a file: upload, look, correct, import, undo. The work itself is done by a worker."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies
from catalog.choices import UploadState
from catalog.exports import CONTENT_TYPES, write_blank_template
from catalog.forms.imports import MappingForm, UploadForm
from catalog.models import ImportUpload
from catalog.selectors import import_upload as selectors
from catalog.services import import_upload as services
from catalog.views import import_page as page
from core.exceptions import DomainError, NotVisible, RuleViolation
from workflow.stored_files import stored_file

PER_PAGE = 20
TEMPLATE_NAME = "政务数据目录填报模板.xlsx"


@require_http_methods(["GET", "POST"])
def import_page(request: PageRequest) -> HttpResponse:
    """Upload a file; see what was uploaded before."""
    require_signed_in(request.actor)
    policies.require_create_entry(request.actor)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            upload = services.upload_add(
                actor=request.actor, file=form.cleaned_data["file"], updates=form.cleaned_data["updates"]
            )
        except RuleViolation as refused:
            for error in refused.errors:
                form.add_error("file", str(error.message))
        else:
            return redirect("catalog:import_detail", upload.pk)
    uploads = Paginator(selectors.upload_list_for(request.actor), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": uploads, "rows": [page.row(one) for one in uploads], "crumbs": page.crumbs()}
    return render(request, "catalog/import_page.html", context, status=422 if form.errors else 200)


@require_GET
def import_template(request: PageRequest) -> FileResponse:
    """Give the empty template of the guide."""
    require_signed_in(request.actor)
    policies.require_create_entry(request.actor)
    stream = BytesIO()
    write_blank_template(stream)
    stream.seek(0)
    return FileResponse(stream, as_attachment=True, filename=TEMPLATE_NAME, content_type=CONTENT_TYPES["xlsx"])


@require_GET
def import_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show an upload: how far it is, what was found, what became of it; htmx asks again while it is worked on."""
    require_signed_in(request.actor)
    upload = selectors.upload_get_for(request.actor, pk)
    form = _mapping_form(upload) if upload.result.get("columns") else None
    return _show(request, upload, form)


def _mapping_form(upload: ImportUpload, data: Any = None) -> MappingForm:
    form = MappingForm(data, result=upload.result, given=upload.mapping)
    form.initial["updates"] = upload.updates
    return form


def _show(request: PageRequest, upload: ImportUpload, form: MappingForm | None, status: int = 200) -> HttpResponse:
    is_part = bool(request.htmx) and not request.htmx.boosted
    template = "catalog/partials/_import_body.html" if is_part else "catalog/import_detail.html"
    response = render(request, template, page.context(request, upload, form), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def import_check(request: PageRequest, pk: int) -> HttpResponse:
    """Check a file again with the corrected mapping."""
    require_signed_in(request.actor)
    upload = selectors.upload_get_for(request.actor, pk)
    form = _mapping_form(upload, request.POST)
    if form.is_valid():
        try:
            services.upload_check(
                actor=request.actor, upload_id=pk, mapping=form.mapping(), updates=form.cleaned_data["updates"]
            )
        except DomainError as refused:
            if refused.code != "bad_mapping":
                raise
            form.add_error(None, str(refused.message))
        else:
            return redirect("catalog:import_detail", pk)
    return _show(request, upload, form, status=422)


@require_POST
def import_start(request: PageRequest, pk: int) -> HttpResponse:
    """Import a checked file."""
    require_signed_in(request.actor)
    services.upload_start(actor=request.actor, upload_id=pk)
    return redirect("catalog:import_detail", pk)


@require_POST
def import_continue(request: PageRequest, pk: int) -> HttpResponse:
    """Take up work that has come to a standstill."""
    require_signed_in(request.actor)
    services.upload_continue(actor=request.actor, upload_id=pk)
    return redirect("catalog:import_detail", pk)


@require_http_methods(["GET", "POST"])
def import_undo(request: PageRequest, pk: int) -> HttpResponse:
    """Undo an import, once confirmed."""
    require_signed_in(request.actor)
    upload = selectors.upload_get_for(request.actor, pk)
    policies.require_create_entry(request.actor)
    if request.method == "GET" or request.POST.get("confirmed") != "1":
        if upload.state != UploadState.DONE:
            return redirect("catalog:import_detail", pk)
        context = {"upload": upload, "crumbs": page.crumbs(upload)}
        return render(request, "catalog/import_undo.html", context)
    services.upload_undo(actor=request.actor, upload_id=pk)
    return redirect("catalog:import_detail", pk)


@require_POST
def import_discard(request: PageRequest, pk: int) -> HttpResponse:
    """Throw away a file that was not imported."""
    require_signed_in(request.actor)
    upload = selectors.upload_get_for(request.actor, pk)
    services.upload_discard(actor=request.actor, upload_id=pk)
    messages.success(request, _("“%(name)s” was removed; nothing of it is in the catalog.") % {"name": upload})
    return redirect(reverse("catalog:import_page"))


@require_GET
def import_report(request: PageRequest, pk: int) -> FileResponse:
    """Give the report: every problem with its row, column, cell, value, reason and remedy."""
    require_signed_in(request.actor)
    upload = selectors.upload_get_for(request.actor, pk)
    if not upload.report:
        raise NotVisible(_("There is no report yet."))
    name = _("Report %(name)s.xlsx") % {"name": upload.file_name.rpartition(".")[0] or upload.file_name}
    return FileResponse(
        stored_file(upload.report), as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"]
    )
