"""Files of a dataset: adding, removing, returning to an earlier version, looking at one, downloading it."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import policies, selectors, services
from collection.byte_ranges import byte_range
from collection.face import marks_by_dataset
from collection.forms import FilesForm, refusal_add
from collection.models import DatasetFile, DatasetVersion
from collection.selectors.file import file_get_for
from collection.services.file import file_pieces
from collection.services.file_text import file_text_read
from collection.views.dataset import dataset_answer
from core.exceptions import NotVisible, RuleViolation

LOOK_SECONDS = 600
"""A browser asks for a film in many parts: within this time they are one look."""


@require_POST
def files_add(request: PageRequest, pk: int) -> HttpResponse:
    """Add files to a dataset, or replace some."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_load_dataset(request.actor, dataset.entry)
    form = FilesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            version = services.files_add(actor=request.actor, dataset_id=pk, files=form.cleaned_data["file"])
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            files_told(request, version)
            return redirect("collection:dataset_detail", pk)
    return dataset_answer(request, pk, status=422, files_form=form)


def files_told(request: PageRequest, version: DatasetVersion | None) -> None:
    """Say on the next page what became of files that were sent."""
    if version is None:
        messages.info(request, _("These files are all there already. The data count as up to date."))
    else:
        messages.success(request, _("Version %(number)s is published.") % {"number": version.number})


@require_POST
def files_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Take the ticked files out of the set."""
    require_signed_in(request.actor)
    ticked = [int(one) for one in request.POST.getlist("file") if one.isascii() and one.isdecimal() and len(one) < 19]
    version = services.files_remove(actor=request.actor, dataset_id=pk, file_ids=ticked)
    words = ngettext("%(count)d file removed.", "%(count)d files removed.", version.removed)
    messages.success(request, words % {"count": version.removed})
    return redirect("collection:dataset_detail", pk)


@require_POST
def files_return(request: PageRequest, pk: int) -> HttpResponse:
    """Publish the files of an earlier version again."""
    require_signed_in(request.actor)
    text = request.POST.get("version", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    version = services.files_return(actor=request.actor, dataset_id=pk, number=number)
    words = _("The files of version %(earlier)s are published again, as version %(number)s.")
    messages.success(request, words % {"earlier": number, "number": version.number})
    return redirect("collection:dataset_detail", pk)


@require_GET
def file_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One file: what it is, and its content where a browser shows it safely."""
    require_signed_in(request.actor)
    file = file_get_for(request.actor, pk)
    dataset = file.dataset
    crumbs = [
        {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
        {"label": dataset.name, "url": reverse("collection:dataset_detail", args=[dataset.pk])},
    ]
    context: dict[str, Any] = {"file": file, "crumbs": crumbs, "marks": marks_by_dataset(request.actor, [dataset.pk])}
    if file.kind is not None and file.kind.shown_as == "text":
        context["text"] = file_text_read(actor=request.actor, file_id=pk)
    return render(request, "collection/file_detail.html", context)


@require_GET
def file_show(request: PageRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Hand a picture, a PDF, sound or film to the browser, whole or the part it asks for."""
    require_signed_in(request.actor)
    file = file_get_for(request.actor, pk)
    if file.kind is None or file.kind.shown_as in ("", "text"):
        raise NotVisible
    # A viewer of PDF is switched off by a sandbox; it runs apart from our pages anyway.
    sandbox = "" if file.kind.shown_as == "pdf" else "; sandbox"
    policy = (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline';"
        f" frame-ancestors 'none'{sandbox}"
    )
    return _handed_out(request, file, "inline", policy)


@require_GET
def file_download(request: PageRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Download a file, byte by byte as it was sent; one that broke off goes on where it stopped."""
    require_signed_in(request.actor)
    file = file_get_for(request.actor, pk)
    return _handed_out(request, file, "attachment", "default-src 'none'; sandbox")


def _handed_out(
    request: PageRequest, file: DatasetFile, disposition: str, policy: str
) -> HttpResponse | StreamingHttpResponse:
    """Return the file, or the part that is asked for."""
    size, etag = file.size_bytes, f'"{file.sha256}"'
    asked = request.headers.get("Range", "") if request.headers.get("If-Range", etag) == etag else ""
    wanted = byte_range(asked, size)
    if wanted is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = wanted
    file = _looked_at(request, file.pk, is_part=wanted != (0, size - 1))
    response = _content(file, first, last)
    response["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(file.name)}"
    response["Accept-Ranges"], response["ETag"] = "bytes", etag
    if (first, last) != (0, size - 1):
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Security-Policy"] = policy
    return response


def _content(file: DatasetFile, first: int, last: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(file_pieces(file, first, last), content_type=file.content_type)
    response["Content-Length"] = str(last - first + 1)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _looked_at(request: PageRequest, pk: int, *, is_part: bool) -> DatasetFile:
    """Read a file; where nobody can tell whether a part belongs to a look that is noted, it is one of its own."""
    key = f"collection.look.{request.actor.id}.{pk}"
    is_noted = False
    if is_part:
        with suppress(RedisError, OSError):
            is_noted = cache.get(key) is not None
    file = services.file_read(actor=request.actor, file_id=pk, is_noted=is_noted)
    if not is_noted:
        # Not before: a look that was refused, or was not noted, must not hide the next.
        with suppress(RedisError, OSError):
            cache.set(key, 1, LOOK_SECONDS)
    return file
